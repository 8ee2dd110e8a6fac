import { halved } from '../exchange/page-model.ts';
import { writeText } from '../insight/model-view.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { type Part, wholeCorpus } from '../text/split.ts';
import { evaluateModel } from '../training/evaluate-model.ts';
import { evaluatePairs } from './evaluate-pairs.ts';
import { ownParts } from './held-out.ts';
import { runOf, shortName } from './inspect.ts';
import type { LanguageModel } from './language-model.ts';
import { PairModel } from './pair-model.ts';
import { savedPair } from './saved-model.ts';

/** Symbols that a model writes to be measured on, where no text is named. */
const WRITTEN = 5000;

/**
 * Says by how much the mean loss changes when the parameters are rounded to float16: on a text; of the run's own text on the part that was held out. Without
 * a text, a model of texts is measured on one that it writes itself, and of a model of pairs nothing is known.
 *
 * UserError for a text that can't be read, or that has nothing to predict.
 */
export async function halfChange(model: LanguageModel | PairModel, text?: readonly string[]): Promise<string> {
  if (model instanceof PairModel) return text ? await changeOnPairs(model, text) : UNKNOWN;
  const { part, name } = text ? await readPart(model, text) : written(model);
  const lossOf = async (checkpoint: Checkpoint) => (await evaluateModel(checkpoint, part, { kernel: 'auto' })).loss;
  return sentence(name, await lossOf(model.checkpoint), await lossOf(halved(model.checkpoint)));
}

const UNKNOWN = 'the parameters were rounded to float16; name a text of pairs to know by how much the loss changes';

async function changeOnPairs(model: PairModel, text: readonly string[]): Promise<string> {
  const saved = savedPair(model);
  const lossOf = async (checkpoint: Checkpoint) => (await evaluatePairs({ ...saved, checkpoint }, text)).loss;
  return sentence(text.join(', '), await lossOf(saved.checkpoint), await lossOf(halved(saved.checkpoint)));
}

async function readPart(model: LanguageModel, text: readonly string[]): Promise<{ part: Part; name: string }> {
  const corpus = await readCorpus(text, { vocabulary: model.vocabulary, leaveOutUnknown: true });
  const name = text.join(', ');
  const validation = ownParts(runOf(model), corpus)?.validation;
  return validation && validation.targets > 0
    ? { part: validation, name: `the validation part of ${name}` }
    : { part: wholeCorpus(corpus), name };
}

function written(model: LanguageModel): { part: Part; name: string } {
  const { model: config, parameters } = model.checkpoint;
  const subject = { name: shortName(model), config, parameters, vocabulary: model.vocabulary };
  const part = writeText(subject, { choice: model.choice, length: WRITTEN, seed: '1' });
  return { part, name: 'a text that the model has written itself' };
}

function sentence(name: string, before: number, after: number): string {
  const change = after - before;
  const signed = `${change < 0 ? '−' : '+'}${Math.abs(change).toPrecision(2)}`;
  return `float16 changes the loss on ${name} by ${signed} nats a symbol, from ${before.toFixed(4)} to ${after.toFixed(4)}`;
}
