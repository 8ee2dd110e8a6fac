import { counted } from '../counts.ts';
import { message, option, UserError } from '../errors.ts';
import type { Corpus } from '../text/corpus.ts';
import type { PairCorpus } from '../text/pairs.ts';
import { HELD_OUT } from '../text/parts.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { type PairFileOptions, readPairs } from '../text/read-pairs.ts';
import type { Recipe } from '../training/complete-recipe.ts';
import { isTextOf, type RunRecord } from '../training/record.ts';
import { type Material, type PairMaterial, pairOptionsOf } from './material.ts';
import type { SavedModel } from './saved-model.ts';

/** Reads pairs to train on, and the files that the recipe holds out, which have no symbols of their own. */
export async function readPairMaterial(
  sources: readonly string[],
  options: PairFileOptions,
  { validation, test }: Pick<Recipe, 'validation' | 'test'>,
): Promise<PairMaterial> {
  const corpus = await readPairs(sources, options);
  const vocabularies = { source: corpus.source.vocabulary, target: corpus.target.vocabulary };
  const read = async (part: number | string): Promise<PairCorpus | undefined> =>
    typeof part === 'string' ? await readPairs([part], { ...options, vocabularies, extend: false }) : undefined;
  return { kind: 'pairs', corpus, heldOut: { validation: await read(validation), test: await read(test) } };
}

/** How what a model was trained on is read once more. */
export type ReadingAgain = Pick<PairFileOptions, 'maxBytes' | 'onProblem'>;

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
    for (const part of HELD_OUT) {
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
