import { inFile, UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { PairVocabularies } from '../text/pairs.ts';
import { Vocabulary } from '../text/vocabulary.ts';

/**
 * The vocabulary of a checkpoint. UserError, beginning with `name`, where the vocabulary is damaged or has another size than the
 * model.
 */
export function vocabularyOf({ vocabulary, model }: Checkpoint, name: string): Vocabulary {
  return readVocabulary(vocabulary, model.symbols, name);
}

/** The vocabularies of a checkpoint of pairs. UserError likewise. */
export function pairVocabulariesOf({ vocabulary, model }: Checkpoint, name: string): PairVocabularies {
  const { source, target } = (vocabulary ?? {}) as { readonly source?: unknown; readonly target?: unknown };
  return {
    source: readVocabulary(source, model.sourceSymbols ?? 0, name),
    target: readVocabulary(target, model.symbols, name),
  };
}

function readVocabulary(json: unknown, size: number, name: string): Vocabulary {
  const vocabulary = inFile(name, () => Vocabulary.fromJSON(json));
  if (vocabulary.size === size) return vocabulary;
  throw new UserError(
    `${name}: the checkpoint is damaged: its vocabulary has ${vocabulary.size} symbols, its model ${size}; use another, or train again`,
  );
}
