import { inFile, UserError } from '../errors.ts';
import { type Checkpoint, type Json, savedModelSchema } from '../nn/checkpoint.ts';
import { migrateParts } from '../nn/checkpoint-versions.ts';
import type { ModelConfig } from '../nn/config.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { resolveRecipe } from '../training/complete-recipe.ts';
import { readRun, toJson } from '../training/record.ts';
import { refusal } from './refusal.ts';

/** The keys of what this program writes into other formats beside the tensors. Each value is JSON. */
const KEYS = { model: 'charnn.model', vocabulary: 'charnn.vocabulary', run: 'charnn.run' } as const;

/** What this program has written beside the tensors of a file. */
export interface Metadata {
  readonly model: ModelConfig;
  readonly vocabulary: Json;
  readonly run: Json;
}

/** A checkpoint's configuration, vocabulary and run as texts, by their keys. */
export function writeMetadata({ model, vocabulary, run }: Metadata): ReadonlyMap<string, string> {
  return new Map(
    Object.entries({ model, vocabulary, run }).map(([key, value]) => [
      KEYS[key as keyof typeof KEYS],
      JSON.stringify(value),
    ]),
  );
}

/** What `writeMetadata` gave; undefined in a file of another program. UserError where it is damaged. */
export function readMetadata(texts: ReadonlyMap<string, string>, name: string): Metadata | undefined {
  if (!Object.values(KEYS).some((key) => texts.has(key))) return undefined;
  const part = (key: keyof typeof KEYS): unknown => {
    const text = texts.get(KEYS[key]);
    if (text === undefined) throw refusal(name, `its metadata has no ${KEYS[key]}; export the model again`);
    try {
      return JSON.parse(text);
    } catch {
      throw refusal(name, `its metadata ${KEYS[key]} is no JSON; export the model again`);
    }
  };
  // Exports don't tell their version.
  const written = migrateParts({ model: part('model'), run: part('run') }, name);
  const model = savedModelSchema.safeParse(written.model);
  if (!model.success) {
    const { path, message } = model.error.issues[0]!;
    throw refusal(name, `its metadata ${[KEYS.model, ...path].join('.')}: ${message}; export the model again`);
  }
  const metadata = { model: model.data, vocabulary: part('vocabulary') as Json, run: written.run as Json };
  requireSound(metadata, name);
  return metadata;
}

/** The run's record of a model that this program has not trained: it knows the configuration and nothing else. */
export function unknownRun(model: ModelConfig, vocabulary: Vocabulary): Json {
  const { symbols: _, ...options } = model;
  const none = { characters: 0, trainSymbols: 0, validationSymbols: 0, testSymbols: 0 };
  const corpus = { hash: '', files: null, mode: vocabulary.stop === undefined ? 'stream' : 'lines', ...none };
  return toJson({
    recipe: resolveRecipe({ model: options }),
    corpus,
    origin: null,
    step: 0,
    epoch: 0,
    finishSteps: 0,
    history: [],
  });
}

function requireSound({ model, vocabulary, run }: Metadata, name: string): void {
  if (model.pairs) {
    const { source, target } = (vocabulary ?? {}) as { readonly source?: unknown; readonly target?: unknown };
    requireVocabulary(source, model.sourceSymbols ?? 0, name);
    requireVocabulary(target, model.symbols, name);
  } else {
    requireVocabulary(vocabulary, model.symbols, name);
  }
  readRun({ run } as Checkpoint, name);
}

function requireVocabulary(vocabulary: unknown, symbols: number, name: string): void {
  const { size } = inFile(name, () => Vocabulary.fromJSON(vocabulary));
  if (size === symbols) return;
  throw new UserError(`${name}: its vocabulary has ${size} symbols, its model ${symbols}; export the model again`);
}
