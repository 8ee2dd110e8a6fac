import { type KernelFunctions, type Memory, NONE } from '../contract.ts';

/** Rows of matrices, and dropout. */
export function rows({ floats: x, ints }: Memory) {
  return {
    gatherRows(out, table, ids, bias, rows, n) {
      for (let r = 0; r < rows; r++) {
        const from = table + ints[ids + r]! * n;
        for (let j = 0; j < n; j++) x[out + r * n + j] = x[from + j]! + (bias === NONE ? 0 : x[bias + j]!);
      }
    },

    scatterRows(table, d, ids, rows, n, strideTable, strideD) {
      for (let r = 0; r < rows; r++) {
        const to = table + ints[ids + r]! * strideTable;
        for (let j = 0; j < n; j++) x[to + j]! += x[d + r * strideD + j]!;
      }
    },

    sumRows(out, d, rows, n, strideD) {
      for (let r = 0; r < rows; r++) {
        for (let j = 0; j < n; j++) x[out + j]! += x[d + r * strideD + j]!;
      }
    },

    keepRows(out, a, keep, rows, n) {
      for (let r = 0; r < rows; r++) {
        const to = out + r * n;
        if (ints[keep + r] === 0) x.fill(0, to, to + n);
        else if (out !== a) x.copyWithin(to, a + r * n, a + r * n + n);
      }
    },

    addKeptRows(out, a, keep, rows, n) {
      for (let r = 0; r < rows; r++) {
        if (ints[keep + r] === 0) continue;
        for (let j = r * n; j < r * n + n; j++) x[out + j]! += x[a + j]!;
      }
    },

    restoreRows(out, a, mask, rows, n) {
      for (let r = 0; r < rows; r++) {
        if (ints[mask + r] === 0) x.copyWithin(out + r * n, a + r * n, a + r * n + n);
      }
    },

    moveRows(out, a, mask, rows, n) {
      for (let r = 0; r < rows; r++) {
        const [to, from] = [out + r * n, a + r * n];
        if (ints[mask + r] === 0) {
          x.copyWithin(to, from, from + n);
          x.fill(0, from, from + n);
        } else {
          x.fill(0, to, to + n);
        }
      }
    },

    fill(out, value, n) {
      x.fill(value, out, out + n);
    },

    dropout(out, a, n, place, key, p) {
      const threshold = p * 2 ** 32;
      for (let j = 0; j < n; j++) x[out + j] = hash(key, place + j) >= threshold ? x[a + j]! / (1 - p) : 0;
    },
  } satisfies Partial<KernelFunctions>;
}

/** 32 bits that look random and depend only on the key and the place: a counter-based generator. */
function hash(key: number, place: number): number {
  let bits = Math.imul(place, 0x9e3779b1) ^ key;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad) + key;
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
}
