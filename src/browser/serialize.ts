import { type Checkpoint, serializeCheckpoint } from '../nn/checkpoint.ts';

/** A checkpoint as the text of a file that `rnn` reads. */
export function serialize(checkpoint: Checkpoint): string {
  return [...serializeCheckpoint(checkpoint)].join('');
}
