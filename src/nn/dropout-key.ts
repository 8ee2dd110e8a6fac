/** Decides which numbers are dropped in one update: 32 bits. Nothing is dropped without one. */
export type DropoutKey = number | undefined;

/** The key of an update. What is drawn for one update is independent of what is drawn for another. */
export function updateKey(seed: number, update: number): number {
  return keyOf(seed, update);
}

/** The key that a number has under another key: of a place in the model under the key of an update. */
export function keyOf(key: DropoutKey, of: number): number {
  let bits = Math.imul((key ?? 0) ^ Math.imul(of + 1, 0x9e3779b1), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return bits ^ (bits >>> 15);
}
