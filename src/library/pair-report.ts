import { basename } from 'node:path';
import { groupTargets } from '../decoding/accuracy.ts';
import type { UserError } from '../errors.ts';
import { attentionMap } from '../insight/attention-map.ts';
import { firstMember } from '../insight/first-member.ts';
import type { HeatMap } from '../insight/heat-map.ts';
import { measurePairFlow } from '../insight/pair-flow.ts';
import { pairFlowCharts } from '../insight/pair-flow-tables.ts';
import type { PairExample, PairReportContent } from '../insight/pair-report.ts';
import { type PairPart, wholePairs } from '../text/pair-split.ts';
import { readPairs } from '../text/read-pairs.ts';
import { sourceName } from '../text/source-name.ts';
import { ownPairParts } from './held-out.ts';
import { runOf, shortName } from './inspect.ts';
import { pairOptionsOf } from './material.ts';
import type { PairModel } from './pair-model.ts';
import { curvesOf } from './report.ts';
import { oneLine } from './words.ts';

/** Pairs whose predictions are shown, and those whose attention is. */
const SHOWN = { examples: 30, attention: 8 };

/** Target symbols whose gradients are averaged over. */
const FLOW_POSITIONS = 128;

/**
 * Looks into a model of pairs, and gives what a report shows, but for the facts in words.
 *
 * @param text a file of pairs, whose columns are those of the model's run; of the run's own file the part that was held out is shown
 * @param reading is told the name of the pairs
 * @param onProblem is told of each line that can't be read, which is then left out; if it is not given, the first such line is an error
 */
export async function examinePairModel(
  model: PairModel,
  text: string | undefined,
  reading: (name: string) => void = () => {},
  onProblem?: (problem: UserError) => void,
): Promise<Omit<PairReportContent, 'facts'>> {
  const shown = { name: shortName(model), curves: curvesOf(model) };
  if (text === undefined) return shown;
  const { part, name } = await readPart(text, model, onProblem);
  reading(name);
  const examples = await examplesOf(model, part);
  const { model: config, parameters } = model.checkpoint;
  const member = firstMember({ name: shortName(model), config, parameters });
  const options = { arithmetic: model.choice, positions: FLOW_POSITIONS };
  const flow = measurePairFlow(member.name, member.config, member.parameters, part, options);
  const inside =
    config.members > 1
      ? `The gradients are those of the first of the ensemble’s ${config.members} members.`
      : undefined;
  const attention = await attentionOf(model, examples);
  return { ...shown, pairs: { name, examples, attention, flow: pairFlowCharts(flow), inside } };
}

async function readPart(
  path: string,
  model: PairModel,
  onProblem: ((problem: UserError) => void) | undefined,
): Promise<{ readonly part: PairPart; readonly name: string }> {
  const run = runOf(model);
  const [source = 1, target = 2] = run.corpus.columns ?? [];
  const reading = { ...pairOptionsOf(model), columns: [source, target] as const, onProblem };
  const corpus = await readPairs([path], reading);
  const name = path === '-' ? sourceName(path) : oneLine(basename(path));
  const validation = ownPairParts(run, corpus)?.validation;
  if (validation && validation.targets > 0) return { part: validation, name: `the validation part of ${name}` };
  return { part: wholePairs(corpus), name: `the pairs of ${name}` };
}

/** Predictions for sources that are spread evenly over the part. */
async function examplesOf(model: PairModel, { corpus, pairs }: PairPart): Promise<PairExample[]> {
  const textOf = (side: 'source' | 'target', pair: number) => {
    const { ids, starts, vocabulary } = corpus[side];
    return vocabulary.decode(ids.subarray(starts[pair], starts[pair + 1]));
  };
  const texts = Array.from(pairs, (pair) => ({ source: textOf('source', pair), target: textOf('target', pair) }));
  // A source with `<unk>`, or with bytes that are no text, can't be given as a text.
  const all = groupTargets(texts, (source) => source).filter(({ source }) => !source.includes('\ufffd'));
  const count = Math.min(SHOWN.examples, all.length);
  const chosen = Array.from({ length: count }, (_, at) => all[Math.floor(((at + 0.5) * all.length) / count)]!);
  const examples: PairExample[] = [];
  let at = 0;
  for await (const [best] of model.beams(chosen.map(({ source }) => source))) {
    const { source, targets } = chosen[at++]!;
    const { text = '', logProbability = Number.NEGATIVE_INFINITY } = best ?? {};
    const right = [...new Set(targets)];
    examples.push({ source, targets: right, predicted: text, probability: Math.exp(logProbability) });
  }
  return examples;
}

/** What the model attends to in the first examples; none, where it has no attention. */
async function attentionOf(model: PairModel, examples: readonly PairExample[]): Promise<HeatMap[]> {
  const { pairs } = model.checkpoint.model;
  if (pairs?.task !== 'transduce' || pairs.attention === 'none') return [];
  const maps: HeatMap[] = [];
  for (const { source, predicted } of examples.slice(0, SHOWN.attention)) {
    maps.push(attentionMap(await model.attention(source, predicted)));
  }
  return maps;
}
