import type { KernelFunctions, Memory } from '../contract.ts';

/** Softmax. */
export function softmax({ floats: x, ints }: Memory) {
  return {
    softmaxCrossEntropy(logits, losses, targets, rows, symbols, scale) {
      for (let r = 0; r < rows; r++) {
        const from = logits + r * symbols;
        const target = ints[targets + r]!;
        if (target < 0) {
          x.fill(0, from, from + symbols);
          x[losses + r] = 0;
          continue;
        }
        let max = -Infinity;
        for (let j = from; j < from + symbols; j++) if (!(x[j]! <= max)) max = x[j]!;
        const targetLogit = x[from + target]!;
        let sum = 0;
        for (let j = from; j < from + symbols; j++) {
          x[j] = Math.exp(x[j]! - max);
          sum += x[j]!;
        }
        x[losses + r] = Math.log(sum) - (targetLogit - max);
        for (let j = from; j < from + symbols; j++) x[j]! *= scale / sum;
        x[from + target]! -= scale;
      }
    },

    softmaxForward(a, rows, n, stride) {
      for (let r = 0; r < rows; r++) {
        const row = x.subarray(a + r * stride, a + r * stride + n);
        let max = -Infinity;
        for (let j = 0; j < n; j++) if (!(row[j]! <= max)) max = row[j]!;
        let sum = 0;
        for (let j = 0; j < n; j++) {
          row[j] = Math.exp(row[j]! - max);
          sum += row[j]!;
        }
        for (let j = 0; j < n; j++) row[j]! /= sum;
      }
    },

    softmaxBackward(d, p, rows, n, stride) {
      for (let r = 0; r < rows; r++) {
        const [at, of] = [d + r * stride, p + r * stride];
        let sum = 0;
        for (let j = 0; j < n; j++) sum += x[of + j]! * x[at + j]!;
        for (let j = 0; j < n; j++) x[at + j] = x[of + j]! * (x[at + j]! - sum);
      }
    },
  } satisfies Partial<KernelFunctions>;
}
