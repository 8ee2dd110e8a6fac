import { message, option, UserError } from '../errors.ts';
import type { PairTask } from '../pair-task.ts';
import { type Corpus, readCorpus } from '../text/corpus.ts';
import type { PairReading } from '../text/options.ts';
import { type PairCorpus, type PairOptions, readPairs } from '../text/pairs.ts';
import type { HeldOutPairs } from '../training/data.ts';
import type { TrainEvent } from '../training/events.ts';
import type { Recipe } from '../training/recipe.ts';
import { isTextOf, type RunRecord } from '../training/record.ts';
import { type TrainOptions, train, trainPairs } from '../training/trainer.ts';
import type { SavedModel, SavedPairModel } from './saved-model.ts';
import { counted } from './words.ts';

/** What a run learns from: a text, or pairs with the parts that are held out as files of their own. */
export type Material = TextMaterial | PairMaterial;

export interface TextMaterial {
  readonly kind: 'text';
  readonly corpus: Corpus;
}

export interface PairMaterial {
  readonly kind: 'pairs';
  readonly corpus: PairCorpus;
  readonly heldOut: HeldOutPairs;
}

/** Trains a model on the material. */
export function trainOn(material: Material, options: TrainOptions): AsyncGenerator<TrainEvent, void, void> {
  return material.kind === 'text'
    ? train(material.corpus, options)
    : trainPairs(material.corpus, options, material.heldOut);
}

/** How pairs are read for a new model: a label is a whole column. */
export function newPairOptions(
  task: PairTask,
  { sourceUnit = 'codepoint', targetUnit = task === 'classify' ? 'field' : 'codepoint', ...rest }: PairReading,
  { minCount, maxBytes, onProblem }: Pick<PairOptions, 'minCount' | 'maxBytes' | 'onProblem'>,
): PairOptions {
  return { ...rest, task, sourceUnit, targetUnit, minCount, maxBytes, onProblem };
}

/** Reads pairs to train on, and the files that the recipe holds out, which have no symbols of their own. */
export async function readPairMaterial(
  sources: readonly string[],
  options: PairOptions,
  { validation, test }: Pick<Recipe, 'validation' | 'test'>,
): Promise<PairMaterial> {
  const corpus = await readPairs(sources, options);
  const vocabularies = { source: corpus.source.vocabulary, target: corpus.target.vocabulary };
  const read = async (part: number | string): Promise<PairCorpus | undefined> =>
    typeof part === 'string' ? await readPairs([part], { ...options, vocabularies, extend: false }) : undefined;
  return { kind: 'pairs', corpus, heldOut: { validation: await read(validation), test: await read(test) } };
}

/** How what a model was trained on is read once more. */
export type ReadingAgain = Pick<PairOptions, 'maxBytes' | 'onProblem'>;

/** Reads what a model was trained on once more, as its run did. UserError where it is something else. */
export async function readAgain(
  sources: readonly string[],
  model: SavedModel,
  run: RunRecord,
  reading: ReadingAgain = {},
): Promise<Material> {
  const material = await readWith(sources, model, run, reading);
  const { corpus } = material;
  const isSame = material.kind === 'text' ? isTextOf(run, material.corpus) : corpus.hash === run.corpus.hash;
  if (!isSame) {
    throw new UserError(
      message`${model.name}: ${otherText(run, corpus)}; give the same text, or take it as a new one with ${option('fineTune')}`,
    );
  }
  if (material.kind === 'pairs') {
    for (const part of ['validation', 'test'] as const) {
      const held = material.heldOut[part];
      if (held && held.hash !== run.corpus[`${part}Hash`]) {
        throw new UserError(
          `${model.name}: ${held.sources.join(', ')} has changed since the run held it out for ${part}; bring back the file as it was`,
        );
      }
    }
  }
  return material;
}

async function readWith(
  sources: readonly string[],
  model: SavedModel,
  run: RunRecord,
  reading: ReadingAgain,
): Promise<Material> {
  if (model.kind === 'text') {
    const { maxBytes } = reading;
    return { kind: 'text', corpus: await readCorpus(sources, { vocabulary: model.vocabulary, maxBytes }) };
  }
  const { columns: [source = 1, target = 2] = [], maxLength } = run.corpus;
  const options = { ...pairOptionsOf(model), ...reading, columns: [source, target] as const, maxLength };
  return await readPairMaterial(sources, options, run.recipe);
}

/** How pairs are read for a model of pairs. */
export function pairOptionsOf({ vocabularies, task }: Pick<SavedPairModel, 'vocabularies' | 'task'>): PairOptions {
  return { task, sourceUnit: vocabularies.source.unit, targetUnit: vocabularies.target.unit, vocabularies };
}

/** How a text or pairs differ from those that a run was trained on. */
function otherText(run: RunRecord, corpus: Pick<Corpus, 'characters' | 'hash'>): string {
  const [had, has] = [run.corpus, corpus].map(({ characters, hash }) => ({
    characters: counted(characters, 'character'),
    hash: hash.slice(0, 12),
  })) as [{ characters: string; hash: string }, { characters: string; hash: string }];
  if (run.corpus.hash === corpus.hash) return 'it was trained on the same bytes in other files, which end elsewhere';
  const same = had.characters === has.characters;
  return same
    ? `it was trained on another text than this one of as many characters (SHA-256 ${had.hash}…, not ${has.hash}…)`
    : `it was trained on another text than this one (${had.characters}, not ${has.characters})`;
}
