import { counted } from '../counts.ts';
import { message, option, UsageError, UserError } from '../errors.ts';
import { firstMember } from '../insight/first-member.ts';
import { measurePairFlow, type PairFlow } from '../insight/pair-flow.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { parseOptions } from '../schema.ts';
import { wholePairs } from '../text/pair-split.ts';
import { readPairs } from '../text/read-pairs.ts';
import { type PairFlowRequest, pairFlowSchema } from './gradient-flow-options.ts';
import { shortName } from './inspect.ts';
import { pairOptionsOf } from './material.ts';
import { readSaved } from './saved-model.ts';

/**
 * Measures how the gradient of the loss reaches the encoder of models of pairs, on a file of pairs (`-` is standard input). UserError for a file or a checkpoint that can't be read, and for a model of texts.
 */
export async function pairGradientFlow(
  pairs: string,
  checkpoints: readonly string[],
  request: PairFlowRequest = {},
  say: (note: ReturnType<typeof message>) => void = () => {},
): Promise<PairFlow[]> {
  const { positions, double, kernel, columns } = parseOptions(pairFlowSchema, request);
  if (pairs === '-' && checkpoints.length > 1)
    throw new UsageError(message`standard input is read only once; name a file to ${option('compare')} on`);
  const flows: PairFlow[] = [];
  for (const model of checkpoints.map(readSaved)) {
    if (model.kind === 'text') throw new UserError(`${model.name}: a model of texts; a model of pairs is needed here`);
    const corpus = await readPairs([pairs], { ...pairOptionsOf(model), columns });
    const { model: config, parameters } = model.checkpoint;
    const member = firstMember({ name: shortName(model), config, parameters });
    say(message`${member.name}: ${counted(corpus.count, 'pair')}`);
    const options = { arithmetic: double ? ('double' as const) : chooseKernel(kernel), positions };
    flows.push(measurePairFlow(member.name, member.config, member.parameters, wholePairs(corpus), options));
  }
  return flows;
}
