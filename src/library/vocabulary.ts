import { message, UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { Vocabulary } from '../text/vocabulary.ts';

/**
 * The vocabulary of a checkpoint. UserError, beginning with `name`, where the vocabulary is damaged or has another size than the
 * model.
 */
export function vocabularyOf(checkpoint: Checkpoint, name: string): Vocabulary {
  const vocabulary = readVocabulary(checkpoint, name);
  const { model } = checkpoint;
  if (vocabulary.size === model.symbols) return vocabulary;
  throw new UserError(
    `${name}: the checkpoint is damaged: its vocabulary has ${vocabulary.size} symbols, its model ${model.symbols}; use another, or train again`,
  );
}

function readVocabulary({ vocabulary }: Checkpoint, name: string): Vocabulary {
  try {
    return Vocabulary.fromJSON(vocabulary);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(message`${name}: ${error.inner}`, { cause: error });
    throw error;
  }
}
