import type { Stretch } from './checkpoint-json.ts';

/** Numbers of a tensor that are written at once. It is a multiple of three, because base64 turns three bytes into four characters. */
const PIECE = 3 * 4096;

/** Characters of base64 that are read at once. It is a multiple of four, for the same reason. */
const READ_PIECE = 1 << 20;

/** The text of a tensor's numbers: a string, or a stretch of the file. */
export type TensorText = string | { readonly bytes: Buffer; readonly stretch: Stretch };

/**
 * The numbers as base64 of little-endian float32, in pieces. The bytes are in the order of this machine, which is little-endian: in practice,
 * every machine that runs V8 is, and WebAssembly memory is by definition.
 */
export function* encodeTensor(values: Float32Array): Generator<string> {
  for (let start = 0; start < values.length; start += PIECE) {
    const copy = values.slice(start, start + PIECE); // base64 needs memory that no other thread shares
    yield Buffer.from(copy.buffer).toString('base64');
  }
}

/** How many bytes the text encodes, if it is base64. */
export function encodedBytes(text: TensorText): number {
  if (typeof text === 'string') return Buffer.byteLength(text, 'base64');
  const { bytes, stretch } = text;
  const { start, end } = stretch;
  const padding = [end - 1, end - 2].filter((at) => bytes[at] === 0x3d).length;
  return Math.floor(((end - start) * 3) / 4) - padding;
}

/** Writes the bytes that the text encodes to `values`, which has as many bytes as `encodedBytes` returned. False where the text is not base64. */
export function decodeTensor(text: TensorText, values: Float32Array): boolean {
  const target = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  if (typeof text === 'string') return target.write(text, 'base64') === target.length;
  const { bytes, stretch } = text;
  let written = 0;
  for (let start = stretch.start; start < stretch.end; start += READ_PIECE) {
    const piece = bytes.toString('latin1', start, Math.min(start + READ_PIECE, stretch.end));
    const expected = Math.min((READ_PIECE / 4) * 3, target.length - written);
    if (target.write(piece, written, 'base64') !== expected) return false;
    written += expected;
  }
  return true;
}

/** The place of the first number that is infinite or NaN; −1 where there is none. */
export function findNotFinite(values: Float32Array): number {
  // A plain loop, because calling a function for each of millions of numbers takes as long as reading the file.
  for (let j = 0; j < values.length; j++) if (!Number.isFinite(values[j])) return j;
  return -1;
}
