import type { KernelFunctions, Memory } from '../contract.ts';

/** Activations, and the gates of the LSTM and the GRU. */
export function gates({ floats: x }: Memory) {
  return {
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

    lstmForward(h, cell, gates, cellPrevious, rows, hidden) {
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
        x[h + unit] = o * Math.tanh(c);
      });
    },

    lstmBackward(gates, dCell, dh, cell, cellPrevious, rows, hidden) {
      eachUnit(rows, hidden, (unit, column) => {
        const at = gates + 4 * unit - 3 * column;
        const i = x[at]!;
        const f = x[at + hidden]!;
        const g = x[at + 2 * hidden]!;
        const o = x[at + 3 * hidden]!;
        const tanh = Math.tanh(x[cell + unit]!);
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
  } satisfies Partial<KernelFunctions>;
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
