import type { ModelConfig } from '../../src/nn/config.ts';
import { Manifest } from '../../src/nn/manifest.ts';

/** Something added to one number of the state, as if the step had come out so. */
export interface Nudge {
  readonly of: 'h' | 'c';
  readonly layer: number;
  readonly step: number;
  readonly unit: number;
  readonly by: number;
}

type Vector = number[];

/** −log p(target) after reading `inputs` from a state of zero. */
export type NaiveLoss = (inputs: readonly number[], target: number, nudge?: Nudge) => number;

/**
 * The network on plain arrays and from the formulas. The state's number that a nudge names is changed when its step has made it; what
 * follows, in that step too, is with the changed number.
 */
export function naiveNetwork(config: ModelConfig, parameters: ArrayLike<number>): NaiveLoss {
  const part = partReader(config, parameters);
  return (inputs, target, nudge) => naiveLoss(config, part, inputs, target, nudge);
}

/** A tensor's columns of one gate; of a bias, as one row. */
type PartReader = (name: string, gate?: number) => readonly Vector[];

function naiveLoss(
  config: ModelConfig,
  part: PartReader,
  inputs: readonly number[],
  target: number,
  nudge: Nudge | undefined,
): number {
  const { layers, hidden, symbols } = config;
  const h = Array.from({ length: layers }, () => Array<number>(hidden).fill(0));
  const c = Array.from({ length: layers }, () => Array<number>(hidden).fill(0));
  for (const [step, symbol] of inputs.entries()) {
    let x: Vector = Array<number>(symbols).fill(0).with(symbol, 1);
    for (let layer = 0; layer < layers; layer++) {
      const nudged = (of: 'h' | 'c', values: Vector): Vector =>
        nudge?.of === of && nudge.layer === layer && nudge.step === step
          ? values.with(nudge.unit, values[nudge.unit]! + nudge.by)
          : values;
      h[layer] = nudged('h', nextHidden(config, part, layer, x, h[layer]!, c, nudged));
      x = h[layer]!;
    }
  }
  const logits = plus(product(h[layers - 1]!, part('output.weight')), part('output.bias')[0]!);
  return Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[target]!;
}

function nextHidden(
  { cell, activation, reset }: ModelConfig,
  part: PartReader,
  layer: number,
  x: Vector,
  h: Vector,
  c: Vector[],
  nudged: (of: 'h' | 'c', values: Vector) => Vector,
): Vector {
  const its = (name: string, gate: number): readonly Vector[] => part(`layers.${layer}.${name}`, gate);
  const inputs = (gate: number): Vector => plus(product(x, its('input', gate)), its('bias', gate)[0]!);
  const affine = (gate: number, from: Vector): Vector => plus(inputs(gate), product(from, its('recurrent', gate)));
  if (cell === 'rnn') return affine(0, h).map(ACTIVATIONS[activation]);
  if (cell === 'lstm') {
    const [i, f, o] = [0, 1, 3].map((gate) => affine(gate, h).map(logistic)) as [Vector, Vector, Vector];
    const g = affine(2, h).map(Math.tanh);
    c[layer] = nudged('c', plus(times(f, c[layer]!), times(i, g)));
    return times(o, c[layer]!.map(Math.tanh));
  }
  const [r, z] = [0, 1].map((gate) => affine(gate, h).map(logistic)) as [Vector, Vector];
  const n =
    reset === 'before'
      ? affine(2, times(r, h)).map(Math.tanh)
      : plus(inputs(2), times(r, plus(product(h, its('recurrent', 2)), its('recurrent_bias', 0)[0]!))).map(Math.tanh);
  return h.map((value, j) => (1 - z[j]!) * value + z[j]! * n[j]!);
}

function partReader(config: ModelConfig, parameters: ArrayLike<number>): PartReader {
  const manifest = new Manifest(config);
  const known = new Map<string, Vector[]>();
  const read = (name: string, gate: number | undefined): Vector[] => {
    const { shape, offset } = manifest.view(name);
    const [rows, columns] = shape.length === 2 ? [shape[0]!, shape[1]!] : [1, shape[0]!];
    const [first, end] = gate === undefined ? [0, columns] : [gate * config.hidden, (gate + 1) * config.hidden];
    return Array.from({ length: rows }, (_, i) =>
      Array.from({ length: end - first }, (__, j) => parameters[offset + i * columns + first + j]!),
    );
  };
  return (name, gate) => {
    const key = `${name} ${gate}`;
    const matrix = known.get(key) ?? read(name, gate);
    known.set(key, matrix);
    return matrix;
  };
}

const logistic = (a: number): number => 1 / (1 + Math.exp(-a));
const ACTIVATIONS = { tanh: Math.tanh, logistic, relu: (a: number) => Math.max(a, 0), linear: (a: number) => a };
const plus = (a: Vector, b: Vector): Vector => a.map((value, j) => value + b[j]!);
const times = (a: Vector, b: Vector): Vector => a.map((value, j) => value * b[j]!);

function product(a: Vector, matrix: readonly Vector[]): Vector {
  return matrix[0]!.map((_, j) => a.reduce((sum, value, i) => sum + value * matrix[i]![j]!, 0));
}
