import type { ModelConfig } from '../../src/nn/config.ts';

/**
 * Recurrences written a second time, from the formulas and on plain arrays: one sequence at a time, one-hot vectors multiplied out, each gate
 * with matrices of its own. They share nothing with src/nn but the names and shapes of the parameters.
 */
export type Vector = number[];
export type Matrix = Vector[];

export const plus = (a: Vector, b: Vector): Vector => a.map((value, j) => value + b[j]!);
const times = (a: Vector, b: Vector): Vector => a.map((value, j) => value * b[j]!);
const minus = (a: Vector, b: Vector): Vector => a.map((value, j) => value - b[j]!);
const ones = (n: number): Vector => Array<number>(n).fill(1);
export const zeros = (n: number): Vector => Array<number>(n).fill(0);
export const oneHot = (symbol: number, n: number): Vector => zeros(n).with(symbol, 1);
const tanh = (a: Vector): Vector => a.map(Math.tanh);
const logistic = (a: Vector): Vector => a.map((value) => 1 / (1 + Math.exp(-value)));
const relu = (a: Vector): Vector => a.map((value) => Math.max(value, 0));
const linear = (a: Vector): Vector => a;

/** a · M for a row vector a. */
export function product(a: Vector, matrix: Matrix): Vector {
  const columns = matrix[0]?.length ?? 0;
  return Array.from({ length: columns }, (_, j) => a.reduce((sum, value, i) => sum + value * matrix[i]![j]!, 0));
}

/** −log softmax(logits)_target. */
export function crossEntropy(logits: Vector, target: number): number {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return -Math.log(Math.exp(logits[target]!) / total);
}

/** Reads tensors by name. A bias is one vector. */
export interface NaiveTensors {
  readonly matrix: (name: string) => Matrix;
  readonly vector: (name: string) => Vector;
}

/** Tensors that lie in one buffer. */
export function naiveTensors(
  floats: ArrayLike<number>,
  values: number,
  views: readonly { readonly name: string; readonly shape: readonly number[]; readonly offset: number }[],
): NaiveTensors {
  const matrix = (name: string): Matrix => {
    const { shape, offset } = views.find((view) => view.name === name)!;
    const [rows, columns] = shape.length === 2 ? [shape[0]!, shape[1]!] : [1, shape[0]!];
    return Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => floats[values + offset + row * columns + column]!),
    );
  };
  return { matrix, vector: (name) => matrix(name)[0]! };
}

/** h, and c of an LSTM. */
export interface NaiveState {
  readonly h: Vector;
  readonly c: Vector;
}

export type NaiveStep = (x: Vector, state: NaiveState) => NaiveState;

/** One step of the layer whose tensors' names begin with `prefix`: (x, state) → state. */
export function naiveStep(
  { cell, activation, reset, hidden }: Pick<ModelConfig, 'cell' | 'activation' | 'reset' | 'hidden'>,
  { matrix, vector }: NaiveTensors,
  prefix: string,
): NaiveStep {
  const ofGate = (row: Vector, gate: number): Vector => row.slice(gate * hidden, (gate + 1) * hidden);
  const U = matrix(`${prefix}input`);
  const W = matrix(`${prefix}recurrent`);
  const b = vector(`${prefix}bias`);
  const Ux = (gate: number, x: Vector): Vector =>
    product(
      x,
      U.map((row) => ofGate(row, gate)),
    );
  const Wh = (gate: number, h: Vector): Vector =>
    product(
      h,
      W.map((row) => ofGate(row, gate)),
    );
  const affine = (gate: number, x: Vector, h: Vector): Vector => plus(plus(Ux(gate, x), Wh(gate, h)), ofGate(b, gate));

  if (cell === 'rnn') {
    const squash = { tanh, logistic, relu, linear }[activation];
    return (x, { h, c }) => ({ h: squash(affine(0, x, h)), c });
  }
  if (cell === 'lstm') {
    return (x, state) => {
      const i = logistic(affine(0, x, state.h));
      const f = logistic(affine(1, x, state.h));
      const g = tanh(affine(2, x, state.h));
      const o = logistic(affine(3, x, state.h));
      const c = plus(times(f, state.c), times(i, g));
      return { h: times(o, tanh(c)), c };
    };
  }
  return (x, { h, c }) => {
    const r = logistic(affine(0, x, h));
    const z = logistic(affine(1, x, h));
    const candidate =
      reset === 'before'
        ? affine(2, x, times(r, h))
        : plus(plus(Ux(2, x), ofGate(b, 2)), times(r, plus(Wh(2, h), vector(`${prefix}recurrent_bias`))));
    return { h: plus(times(minus(ones(hidden), z), h), times(z, tanh(candidate))), c };
  };
}

/**
 * The states after each step of one sequence x_0 … x_{T−1}, in the order of time, of a recurrence that reads it forwards or backwards.
 * Where keep[t] is 0, the state is 0 before the step at t.
 */
export function naiveLayer(
  step: NaiveStep,
  xs: readonly Vector[],
  initial: NaiveState,
  keep: readonly number[],
  direction: 'forwards' | 'backwards' = 'forwards',
): NaiveState[] {
  const times = xs.map((_, time) => time);
  const states: NaiveState[] = [];
  let state = initial;
  for (const time of direction === 'forwards' ? times : times.toReversed()) {
    if (keep[time] === 0) state = { h: zeros(state.h.length), c: zeros(state.c.length) };
    state = step(xs[time]!, state);
    states[time] = state;
  }
  return states;
}
