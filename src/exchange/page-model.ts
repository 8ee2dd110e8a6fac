import { message, option, UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { Manifest } from '../nn/manifest.ts';
import { FLOAT_BYTES, floatBytes, halfBytes, readFloats } from './numbers.ts';

/** The kinds of numbers in which a page may hold its parameters. */
export type PageFloats = 'float32' | 'float16';

/** What a page says of its model in words: its name, and facts as name and value. */
export interface PageWords {
  readonly name: string;
  readonly facts: readonly (readonly [string, string])[];
}

/** A model as a page holds it. */
export interface PageModel extends PageWords {
  readonly floats: PageFloats;
  readonly checkpoint: Checkpoint;
}

/** All of it besides the parameters. */
type Head = Omit<PageModel, 'checkpoint'> & Pick<Checkpoint, 'model' | 'vocabulary' | 'run'>;

/** From here on, a number is rounded to infinity. */
const LARGEST_HALF = 65520;

/** The bytes before the head that say how long it is. */
const LENGTH_BYTES = 4;

/**
 * A model as the bytes that a page holds: the length of the head (uint32, little-endian), the head as JSON, and all parameters in one row. What resuming needs is left
 * out.
 */
export function packModel({ checkpoint, ...about }: PageModel): Uint8Array {
  const { model, vocabulary, run, parameters } = checkpoint;
  const head = new TextEncoder().encode(JSON.stringify({ ...about, model, vocabulary, run } satisfies Head));
  const numbers = about.floats === 'float16' ? halfBytes(parameters) : floatBytes(parameters);
  const bytes = new Uint8Array(LENGTH_BYTES + head.length + numbers.length);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, LENGTH_BYTES);
  bytes.set(numbers, LENGTH_BYTES + head.length);
  return bytes;
}

/** The model as a page has it whose numbers are float16. */
export function halved(checkpoint: Checkpoint): Checkpoint {
  return { ...checkpoint, parameters: readFloats(halfBytes(checkpoint.parameters), 'float16') };
}

/** UserError for a model with a parameter beyond the range of float16. */
export function requireHalf({ parameters }: Checkpoint): void {
  const large = parameters.find((value) => Math.abs(value) >= LARGEST_HALF);
  if (large === undefined) return;
  throw new UserError(message`a parameter is ${large}, and float16 ends at ±65504; leave out ${option('half')}`);
}

/** The model of such bytes. UserError where they are not as long as they say. */
export function unpackModel(bytes: Uint8Array): PageModel {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const numbers = bytes.subarray(LENGTH_BYTES + length);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length))) as Head;
  const { name, facts, floats, ...rest } = head;
  if (numbers.length !== FLOAT_BYTES[floats] * new Manifest(rest.model).size)
    throw new UserError(
      'the model in this page is damaged: its parameters are not as many as it says; get the page again',
    );
  return { name, facts, floats, checkpoint: { ...rest, parameters: readFloats(numbers, floats), resume: undefined } };
}
