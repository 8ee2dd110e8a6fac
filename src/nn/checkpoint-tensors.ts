import { base64Of, latin1Of, writeBase64 } from '#host/bytes';
import type { Stretch } from './checkpoint-json.ts';

/** Numbers of a tensor that are written at once. It is a multiple of three, because base64 turns three bytes into four characters. */
const PIECE = 3 * 1024;

/** Characters of base64 that are read at once. It is a multiple of four, for the same reason. */
const READ_PIECE = 1 << 20;

/** The text of a tensor's numbers: a string, or a stretch of the file. */
export type TensorText = string | { readonly bytes: Uint8Array; readonly stretch: Stretch };

/**
 * The numbers as base64 of little-endian float32, in pieces. The bytes are in the order of this machine, which is little-endian: in practice,
 * every machine that runs V8 is, and WebAssembly memory is by definition.
 */
export function* encodeTensor(values: Float32Array): Generator<string> {
  // Base64 needs memory that no other thread shares. A fresh copy for each piece would stay until the next collection of garbage, and the
  // memory of the process would grow with every file.
  const copy = new Float32Array(Math.min(PIECE, values.length));
  const bytes = new Uint8Array(copy.buffer);
  for (let start = 0; start < values.length; start += PIECE) {
    const piece = values.subarray(start, start + PIECE);
    copy.set(piece);
    yield base64Of(bytes.subarray(0, piece.byteLength));
  }
}

/** How many bytes the text encodes, if it is base64. */
export function encodedBytes(text: TensorText): number {
  if (typeof text === 'string') return bytesIn(text.length, text.endsWith('==') ? 2 : Number(text.endsWith('=')));
  const { bytes, stretch } = text;
  const { start, end } = stretch;
  return bytesIn(end - start, [end - 1, end - 2].filter((at) => bytes[at] === 0x3d).length);
}

function bytesIn(characters: number, padding: number): number {
  return Math.floor((characters * 3) / 4) - padding;
}

/** Writes the bytes that the text encodes to `values`, which has as many bytes as `encodedBytes` returned. False where the text is not base64. */
export function decodeTensor(text: TensorText, values: Float32Array): boolean {
  const target = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (typeof text === 'string') return writeBase64(text, target) === target.length;
  const { bytes, stretch } = text;
  let written = 0;
  for (let start = stretch.start; start < stretch.end; start += READ_PIECE) {
    const piece = latin1Of(bytes.subarray(start, Math.min(start + READ_PIECE, stretch.end)));
    const expected = Math.min((READ_PIECE / 4) * 3, target.length - written);
    if (writeBase64(piece, target.subarray(written)) !== expected) return false;
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
