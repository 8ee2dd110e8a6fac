import { UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { Vocabulary } from '../text/vocabulary.ts';

/** The vocabulary in a checkpoint. UserError where it is damaged, or has another size than the model; `name` names the checkpoint there. */
export function modelVocabulary({ vocabulary: json, model }: Checkpoint, name: string): Vocabulary {
  const vocabulary = named(name, () => Vocabulary.fromJSON(json));
  if (vocabulary.size === model.symbols) return vocabulary;
  throw new UserError(
    `${name}: the checkpoint is damaged: its vocabulary has ${vocabulary.size} symbols, its model ${model.symbols}; use another, or train again`,
  );
}

function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}
