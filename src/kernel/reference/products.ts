import type { Address, KernelFunctions, Memory } from '../contract.ts';

/** Products, and the packed layout of their right-hand matrix. */
export function products({ floats: x }: Memory) {
  function copyPacked(packed: Address, k: number, n: number, at: (row: number, column: number) => Address): void {
    for (let row = 0; row < k; row++) {
      for (let column = 0; column < n; column++) x[packed + row * n + column] = x[at(row, column)]!;
    }
  }

  return {
    pack(packed, b, k, n, stride) {
      copyPacked(packed, k, n, (row, column) => b + row * stride + column);
    },

    packTransposed(packed, b, k, n, stride) {
      copyPacked(packed, k, n, (row, column) => b + column * stride + row);
    },

    multiply(c, start, a, packed, m, n, k, strideC, strideStart, strideA) {
      if (k === 0) return;
      for (let i = 0; i < m; i++) {
        x.copyWithin(c + i * strideC, start + i * strideStart, start + i * strideStart + n);
        for (let p = 0; p < k; p++) {
          const factor = x[a + i * strideA + p]!;
          const from = packed + p * n;
          const to = c + i * strideC;
          for (let j = 0; j < n; j++) x[to + j]! += factor * x[from + j]!;
        }
      }
    },

    multiplyTransposed(c, a, b, m, n, k, strideC, strideA, strideB) {
      for (let p = 0; p < k; p++) {
        for (let i = 0; i < m; i++) {
          const factor = x[a + p * strideA + i]!;
          const from = b + p * strideB;
          const to = c + i * strideC;
          for (let j = 0; j < n; j++) x[to + j]! += factor * x[from + j]!;
        }
      }
    },
  } satisfies Partial<KernelFunctions>;
}
