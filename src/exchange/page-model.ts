import { UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { Manifest } from '../nn/manifest.ts';
import { FLOAT_BYTES, floatBytes, halfBytes, readFloats } from './numbers.ts';

/** The kinds of numbers in which a page may hold its parameters. */
export type PageFloats = 'float32' | 'float16';

/** What a page says of its model besides the parameters. */
interface Head extends Pick<Checkpoint, 'model' | 'vocabulary' | 'run'> {
  readonly name: string;
  readonly floats: PageFloats;
}

/** A model as a page holds it. */
export interface PageModel {
  readonly name: string;
  readonly floats: PageFloats;
  readonly checkpoint: Checkpoint;
}

/** The bytes before the head that say how long it is. */
const LENGTH_BYTES = 4;

/**
 * A model as the bytes that a page holds: the length of the head (uint32, little-endian), the head as JSON, and all parameters in one row. What resuming needs is left
 * out.
 */
export function packModel({ name, floats, checkpoint }: PageModel): Uint8Array {
  const { model, vocabulary, run, parameters } = checkpoint;
  const head = new TextEncoder().encode(JSON.stringify({ name, floats, model, vocabulary, run } satisfies Head));
  const numbers = floats === 'float16' ? halfBytes(parameters) : floatBytes(parameters);
  const bytes = new Uint8Array(LENGTH_BYTES + head.length + numbers.length);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, LENGTH_BYTES);
  bytes.set(numbers, LENGTH_BYTES + head.length);
  return bytes;
}

/** The model of such bytes. UserError where they are not as long as they say. */
export function unpackModel(bytes: Uint8Array): PageModel {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const numbers = bytes.subarray(LENGTH_BYTES + length);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length))) as Head;
  const { name, floats, ...rest } = head;
  if (numbers.length !== FLOAT_BYTES[floats] * new Manifest(rest.model).size)
    throw new UserError(
      'the model in this page is damaged: its parameters are not as many as it says; get the page again',
    );
  return { name, floats, checkpoint: { ...rest, parameters: readFloats(numbers, floats), resume: undefined } };
}
