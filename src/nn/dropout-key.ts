/** 32 bits that decide which numbers are dropped in one update. Without a key, none are. */
export type DropoutKey = number | undefined;

/** The key of an update. What is dropped in one update is independent of what is dropped in another. */
export function updateKey(seed: number, update: number): number {
  return keyOf(seed, update);
}

/** The key of something numbered `of`, such as a place in the model, under another key, such as that of an update. */
export function keyOf(key: DropoutKey, of: number): number {
  let bits = Math.imul((key ?? 0) ^ Math.imul(of + 1, 0x9e3779b1), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return bits ^ (bits >>> 15);
}
