import type { KernelFunctions, Memory } from '../contract.ts';

/** Scores of additive attention. */
export function attention({ floats: x }: Memory) {
  return {
    additiveScores(scores, q, keys, v, steps, length, width, strideScores, stride) {
      for (let t = 0; t < steps; t++) {
        for (let i = 0; i < length; i++) {
          let sum = 0;
          for (let j = 0; j < width; j++)
            sum += x[v + j]! * Math.tanh(x[q + t * stride + j]! + x[keys + i * stride + j]!);
          x[scores + t * strideScores + i] = sum;
        }
      }
    },

    additiveScoresBackward(dq, dKeys, dv, dScores, q, keys, v, steps, length, width, strideScores, stride) {
      for (let t = 0; t < steps; t++) {
        for (let i = 0; i < length; i++) {
          const g = x[dScores + t * strideScores + i]!;
          for (let j = 0; j < width; j++) {
            const u = Math.tanh(x[q + t * stride + j]! + x[keys + i * stride + j]!);
            const d = g * x[v + j]! * (1 - u * u);
            x[dv + j]! += g * u;
            x[dq + t * stride + j]! += d;
            x[dKeys + i * stride + j]! += d;
          }
        }
      }
    },
  } satisfies Partial<KernelFunctions>;
}
