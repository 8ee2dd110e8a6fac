import { Matrix } from 'ml-matrix';
import { expect, test } from 'vitest';
import { examineBptt } from '../../../src/insight/bptt/bptt.ts';
import { bpttJson } from '../../../src/insight/bptt/json.ts';
import { bpttTables } from '../../../src/insight/bptt/tables.ts';
import type { ModelConfig } from '../../../src/nn/config.ts';
import { freshParameters } from '../../../src/nn/initializers.ts';
import { corpusFromText } from '../../../src/text/corpus.ts';
import { SMALL, VARIANTS } from '../../helpers/network.ts';

const { vocabulary } = corpusFromText('deep', { mode: 'lines' });

function examine(part: Partial<ModelConfig>) {
  const config: ModelConfig = { ...SMALL, ...part, symbols: vocabulary.size };
  const subject = { config, parameters: freshParameters(config, 'out'), vocabulary };
  return examineBptt(subject, 'deep', { truncate: 2, copies: true });
}

test('with the parameters of the JSON, the states can be computed by hand: s_t = tanh(x_t U + s_{t−1} W + b)', () => {
  const json = JSON.parse(
    JSON.stringify(bpttJson(examine({ cell: 'rnn', hidden: 2, layers: 1 }), vocabulary)),
  ) as Printed;
  const { layers, output, outputBias } = json.parameters;
  const { input, recurrent, bias } = layers[0]!;
  let state = [0, 0];
  for (const [t, symbol] of json.inputs.entries()) {
    const read = input[json.symbols.indexOf(symbol)]!;
    const before = state;
    state = before.map((_, j) =>
      Math.tanh(read[j]! + before[0]! * recurrent[0]![j]! + before[1]! * recurrent[1]![j]! + bias[j]!),
    );
    for (const [j, value] of state.entries()) expect(json.states[t]![j]).toBeCloseTo(value, 12);
    const scores = outputBias.map((c, k) => Math.exp(state[0]! * output[0]![k]! + state[1]! * output[1]![k]! + c));
    const total = scores.reduce((sum, score) => sum + score, 0);
    for (const [k, score] of scores.entries()) expect(json.distributions[t]![k]).toBeCloseTo(score / total, 12);
  }
});

/** What `--json` prints, as a reader finds it. */
interface Printed {
  readonly inputs: string[];
  readonly symbols: string[];
  readonly parameters: {
    readonly layers: { readonly input: number[][]; readonly recurrent: number[][]; readonly bias: number[] }[];
    readonly output: number[][];
    readonly outputBias: number[];
  };
  readonly distributions: number[][];
  readonly states: number[][];
  readonly lossByState: number[][];
  readonly stateJacobians: number[][][][];
  readonly thirdOrder: number[][][][];
  readonly gradient: number[][];
  readonly norms: number[][];
}

test.each(VARIANTS)('a reader of the JSON can multiply out the sum of the $label', ({ label: _, ...variant }) => {
  const found = examine({ ...variant, hidden: 3, layers: 2 });
  const text = JSON.stringify(bpttJson(found, vocabulary));
  expect(text).not.toContain('null');
  const json = JSON.parse(text) as Printed;
  const total = Matrix.zeros(json.gradient.length, json.gradient[0]!.length);
  for (const [t, jacobians] of json.stateJacobians.entries()) {
    for (const [k, jacobian] of jacobians.entries()) {
      const v = Matrix.rowVector(json.lossByState[t]!).mmul(new Matrix(jacobian)).getRow(0);
      const term = json.thirdOrder[k]!.reduce(
        (sum, matrix, m) => sum.add(Matrix.mul(new Matrix(matrix), v[m]!)),
        Matrix.zeros(total.rows, total.columns),
      );
      expect(term.norm('frobenius')).toBeCloseTo(json.norms[t]![k]!, 12);
      total.add(term);
    }
  }
  for (const [row, values] of json.gradient.entries()) {
    for (const [column, value] of values.entries()) expect(total.get(row, column)).toBeCloseTo(value, 12);
  }
});

test('the tables show each step, a triangle of norms, what is dropped, the copies, and three columns that agree', () => {
  const tables = bpttTables(examine({ cell: 'lstm', hidden: 8 }), vocabulary);
  expect(tables.map(({ title }) => title)).toEqual([
    'h_t of layer 1, the first 6 of 8 units',
    'c_t of layer 1, the first 6 of 8 units',
    'y_t by symbol (* marks the true one) and L_t in nats',
    '‖∂L_t/∂s_t · ∂s_t/∂s_k · ∂⁺s_k/∂W‖, W = layers.0.recurrent; the last row is ∂L/∂W',
    '∂L/∂W_k where every step has a copy of layers.0.recurrent: the copies are one, so ∂L/∂W = Σ_k ∂L/∂W_k',
    '∂L/∂W_ij, W = layers.0.recurrent: explicit sum over k, backpropagation, central differences; the largest 9 of 256',
    '∂L/∂θ of every tensor: the norm, and the greatest difference from the explicit sum',
  ]);
  for (const { header, rows } of tables) for (const row of rows) expect(row).toHaveLength(header.length);
  const [, , distributions, terms, , numbers] = tables;
  expect(distributions!.rows.map((row) => row.slice(0, 3).join(' '))).toEqual([
    '1 d e',
    '2 e e',
    '3 e p',
    '4 p <stop>',
    'Σ  ',
  ]);
  expect(terms!.rows.map((row) => row.slice(1, 5).filter((cell) => cell !== '').length)).toEqual([1, 2, 3, 4, 0]);
  for (const [, ...columns] of numbers!.rows) {
    const [explicit, backward, differences] = columns.map(Number);
    expect(Math.abs(explicit! - backward!)).toBeLessThan(1e-9);
    expect(Math.abs(explicit! - differences!)).toBeLessThan(1e-9);
  }
});
