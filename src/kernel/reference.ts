import type {
  AdagradSettings,
  AdamSettings,
  Address,
  Kernels,
  Memory,
  RmsPropSettings,
  SgdSettings,
} from './contract.ts';
import { NONE } from './contract.ts';
import { power } from './power.ts';

/**
 * The contract in plain loops. Every other back end is tested against these kernels, gradient checks run on them in float64, and the
 * program uses them where there is no WebAssembly. Each function is its formula; speed does not matter here, except that
 * loops run along rows.
 */
export function referenceKernels(memory: Memory): Kernels {
  const { floats: x, ints } = memory;

  function copyPacked(packed: Address, k: number, n: number, at: (row: number, column: number) => Address): void {
    for (let row = 0; row < k; row++) {
      for (let column = 0; column < n; column++) x[packed + row * n + column] = x[at(row, column)]!;
    }
  }

  return {
    name: 'js',
    floats: x,
    ints,

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

    tanhForward(a, n) {
      for (let j = a; j < a + n; j++) x[j] = Math.tanh(x[j]!);
    },

    tanhBackward(h, dh, n) {
      for (let j = 0; j < n; j++) x[h + j] = x[dh + j]! * (1 - x[h + j]! ** 2);
    },

    logisticForward(a, n) {
      for (let j = a; j < a + n; j++) x[j] = logistic(x[j]!);
    },

    logisticBackward(h, dh, n) {
      for (let j = 0; j < n; j++) x[h + j] = x[dh + j]! * x[h + j]! * (1 - x[h + j]!);
    },

    reluForward(a, n) {
      for (let j = a; j < a + n; j++) if (x[j]! < 0) x[j] = 0;
    },

    reluBackward(h, dh, n) {
      for (let j = 0; j < n; j++) x[h + j] = x[h + j]! > 0 ? x[dh + j]! : 0;
    },

    lstmForward(h, cell, cellTanh, gates, cellPrevious, rows, hidden) {
      eachUnit(rows, hidden, (unit, column) => {
        const at = gates + 4 * unit - 3 * column;
        const i = logistic(x[at]!);
        const f = logistic(x[at + hidden]!);
        const g = Math.tanh(x[at + 2 * hidden]!);
        const o = logistic(x[at + 3 * hidden]!);
        x[at] = i;
        x[at + hidden] = f;
        x[at + 2 * hidden] = g;
        x[at + 3 * hidden] = o;
        const c = f * x[cellPrevious + unit]! + i * g;
        x[cell + unit] = c;
        x[cellTanh + unit] = Math.tanh(c);
        x[h + unit] = o * Math.tanh(c);
      });
    },

    lstmBackward(gates, dCell, dh, cellTanh, cellPrevious, rows, hidden) {
      eachUnit(rows, hidden, (unit, column) => {
        const at = gates + 4 * unit - 3 * column;
        const i = x[at]!;
        const f = x[at + hidden]!;
        const g = x[at + 2 * hidden]!;
        const o = x[at + 3 * hidden]!;
        const tanh = x[cellTanh + unit]!;
        const dH = x[dh + unit]!;
        const d = x[dCell + unit]! + dH * o * (1 - tanh * tanh);
        x[at] = d * g * i * (1 - i);
        x[at + hidden] = d * x[cellPrevious + unit]! * f * (1 - f);
        x[at + 2 * hidden] = d * i * (1 - g * g);
        x[at + 3 * hidden] = dH * tanh * o * (1 - o);
        x[dCell + unit] = d * f;
      });
    },

    gruResetForward(resetHidden, gates, hPrevious, rows, hidden) {
      eachUnit(rows, hidden, (unit, column) => {
        const at = gates + 3 * unit - 2 * column;
        const r = logistic(x[at]!);
        x[at] = r;
        x[at + hidden] = logistic(x[at + hidden]!);
        x[resetHidden + unit] = r * x[hPrevious + unit]!;
      });
    },

    gruForward(h, gates, hPrevious, rows, hidden) {
      eachUnit(rows, hidden, (unit, column) => {
        const at = gates + 3 * unit - 2 * column;
        const z = x[at + hidden]!;
        const n = Math.tanh(x[at + 2 * hidden]!);
        x[at + 2 * hidden] = n;
        x[h + unit] = (1 - z) * x[hPrevious + unit]! + z * n;
      });
    },

    gruBackward(gates, dPrevious, dh, hPrevious, rows, hidden) {
      eachUnit(rows, hidden, (unit, column) => {
        const at = gates + 3 * unit - 2 * column;
        const z = x[at + hidden]!;
        const n = x[at + 2 * hidden]!;
        const d = x[dh + unit]!;
        x[at + hidden] = d * (n - x[hPrevious + unit]!) * z * (1 - z);
        x[at + 2 * hidden] = d * z * (1 - n * n);
        x[dPrevious + unit] = d * (1 - z);
      });
    },

    gruResetBackward(gates, dPrevious, dResetHidden, hPrevious, rows, hidden) {
      eachUnit(rows, hidden, (unit, column) => {
        const at = gates + 3 * unit - 2 * column;
        const r = x[at]!;
        const d = x[dResetHidden + unit]!;
        x[at] = d * x[hPrevious + unit]! * r * (1 - r);
        x[dPrevious + unit]! += d * r;
      });
    },

    gruAfterForward(h, gates, inner, hPrevious, rows, hidden) {
      eachUnit(rows, hidden, (unit, column) => {
        const at = gates + 3 * unit - 2 * column;
        const r = logistic(x[at]!);
        const z = logistic(x[at + hidden]!);
        const n = Math.tanh(x[at + 2 * hidden]! + r * x[inner + unit]!);
        x[at] = r;
        x[at + hidden] = z;
        x[at + 2 * hidden] = n;
        x[h + unit] = (1 - z) * x[hPrevious + unit]! + z * n;
      });
    },

    gruAfterBackward(gates, inner, dPrevious, dh, hPrevious, rows, hidden) {
      eachUnit(rows, hidden, (unit, column) => {
        const at = gates + 3 * unit - 2 * column;
        const r = x[at]!;
        const z = x[at + hidden]!;
        const n = x[at + 2 * hidden]!;
        const d = x[dh + unit]!;
        const dN = d * z * (1 - n * n);
        x[at] = dN * x[inner + unit]! * r * (1 - r);
        x[at + hidden] = d * (n - x[hPrevious + unit]!) * z * (1 - z);
        x[at + 2 * hidden] = dN;
        x[inner + unit] = dN * r;
        x[dPrevious + unit] = d * (1 - z);
      });
    },

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

    sumOfSquares(g, n) {
      let sum = 0;
      for (let j = g; j < g + n; j++) sum += x[j]! * x[j]!;
      return sum;
    },

    clamp(g, limit, n) {
      for (let j = g; j < g + n; j++) {
        if (x[j]! > limit) x[j] = limit;
        else if (x[j]! < -limit) x[j] = -limit;
      }
    },

    sgd(p, g, velocity, n, settings: SgdSettings) {
      const { rate, scale, momentum, weightDecay } = settings;
      for (let j = 0; j < n; j++) {
        const gradient = scale * x[g + j]! + weightDecay * x[p + j]!;
        x[velocity + j] = momentum * x[velocity + j]! + gradient;
        x[p + j]! -= rate * x[velocity + j]!;
      }
    },

    rmsProp(p, g, s, n, settings: RmsPropSettings) {
      const { rate, scale, smoothing, epsilon, weightDecay } = settings;
      for (let j = 0; j < n; j++) {
        const gradient = scale * x[g + j]! + weightDecay * x[p + j]!;
        x[s + j] = smoothing * x[s + j]! + (1 - smoothing) * gradient * gradient;
        x[p + j]! -= (rate * gradient) / (Math.sqrt(x[s + j]!) + epsilon);
      }
    },

    adagrad(p, g, s, n, settings: AdagradSettings) {
      const { rate, scale, epsilon, weightDecay } = settings;
      for (let j = 0; j < n; j++) {
        const gradient = scale * x[g + j]! + weightDecay * x[p + j]!;
        x[s + j]! += gradient * gradient;
        x[p + j]! -= (rate * gradient) / (Math.sqrt(x[s + j]!) + epsilon);
      }
    },

    adam(p, g, m, v, n, settings: AdamSettings) {
      const { rate, scale, beta1, beta2, epsilon, weightDecay, step } = settings;
      const correction1 = 1 - power(beta1, step);
      const correction2 = 1 - power(beta2, step);
      for (let j = 0; j < n; j++) {
        const gradient = scale * x[g + j]!;
        x[m + j] = beta1 * x[m + j]! + (1 - beta1) * gradient;
        x[v + j] = beta2 * x[v + j]! + (1 - beta2) * gradient * gradient;
        const update = x[m + j]! / correction1 / (Math.sqrt(x[v + j]! / correction2) + epsilon);
        x[p + j]! -= rate * (update + weightDecay * x[p + j]!);
      }
    },

    average(mean, p, n, share) {
      for (let j = 0; j < n; j++) x[mean + j]! += share * (x[p + j]! - x[mean + j]!);
    },
  };
}

/** 32 bits that look random and depend only on the key and the place: a counter-based generator. */
function hash(key: number, place: number): number {
  let bits = Math.imul(place, 0x9e3779b1) ^ key;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad) + key;
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
}

function logistic(a: number): number {
  return 1 / (1 + Math.exp(-a));
}

/**
 * Visits the units of all rows: `unit` is row · hidden + column. A row of `gates` holds G gates of `hidden` numbers each, so the
 * unit's first gate lies at G · hidden · row + column = G · unit − (G − 1) · column.
 */
function eachUnit(rows: number, hidden: number, visit: (unit: number, column: number) => void): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < hidden; column++) visit(row * hidden + column, column);
  }
}
