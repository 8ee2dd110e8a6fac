import type * as node from './sha256.node.ts';

// Browsers have SHA-256 as `crypto.subtle`, but not on pages that came over plain HTTP, and not in pieces.

const BLOCK = 64;
const LENGTH_BYTES = 8;

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const ROUND = Uint32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));

/** The same of the square roots of the first eight primes. */
const START = Uint32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));

export const createSha256: typeof node.createSha256 = () => {
  const state = START.slice();
  const held = new Uint8Array(BLOCK);
  let length = 0;
  const update = (bytes: Uint8Array): void => {
    let at = 0;
    while (at < bytes.length) {
      const filled = length % BLOCK;
      const piece = bytes.subarray(at, at + BLOCK - filled);
      held.set(piece, filled);
      at += piece.length;
      length += piece.length;
      if (length % BLOCK === 0) addBlock(state, held);
    }
  };
  const digest = (): string => {
    update(padding(length));
    return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('');
  };
  return { update, digest };
};

/** A one bit, zeros up to the end of a block, and at its end the length in bits. */
function padding(length: number): Uint8Array {
  const rest = (length + 1 + LENGTH_BYTES) % BLOCK;
  const bytes = new Uint8Array(1 + LENGTH_BYTES + (rest === 0 ? 0 : BLOCK - rest));
  bytes[0] = 0x80;
  new DataView(bytes.buffer).setBigUint64(bytes.length - LENGTH_BYTES, 8n * BigInt(length));
  return bytes;
}

const words = new Uint32Array(64);

function addBlock(state: Uint32Array, block: Uint8Array): void {
  const view = new DataView(block.buffer);
  for (let i = 0; i < 16; i++) words[i] = view.getUint32(4 * i);
  for (let i = 16; i < 64; i++) {
    const [x, y] = [words[i - 15]!, words[i - 2]!];
    const small = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3);
    const large = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10);
    words[i] = words[i - 16]! + small + words[i - 7]! + large;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i++) {
    const choice = (e & f) ^ (~e & g);
    const one = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + choice + ROUND[i]! + words[i]!) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const two = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i]! += value;
}

function rotated(x: number, bits: number): number {
  return (x >>> bits) | (x << (32 - bits));
}

function fraction(x: number): number {
  return Math.floor((x - Math.floor(x)) * 2 ** 32);
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}
