import { describe, expect, test } from 'vitest';
import type { Initializer, ModelConfig } from '../../src/nn/config.ts';
import { initialize } from '../../src/nn/initializers.ts';
import { Manifest } from '../../src/nn/manifest.ts';
import { Random } from '../../src/random.ts';
import { SMALL, VARIANTS } from '../helpers/network.ts';

type Tensors = ReadonlyMap<string, readonly number[]>;

function tensors(config: ModelConfig, seed: number, initializer?: Initializer): Tensors {
  const manifest = new Manifest(config);
  const values = new Float64Array(manifest.size).fill(Number.NaN);
  initialize(values, manifest, config, new Random(seed), initializer);
  return new Map(manifest.views.map(({ name, offset, size }) => [name, [...values.slice(offset, offset + size)]]));
}

function named(all: Tensors, pattern: RegExp): [string, readonly number[]][] {
  const found = [...all].filter(([name]) => pattern.test(name));
  expect(found.length, `tensors called ${pattern}`).toBeGreaterThan(0);
  return found;
}

/** √n · sup |F_n − F|, Kolmogorov and Smirnov's statistic; above 1.95 once in a thousand samples of F. */
function kolmogorovSmirnov(sample: readonly number[], distribution: (x: number) => number): number {
  const n = sample.length;
  const distances = sample
    .toSorted((a, b) => a - b)
    .map((x, i) => Math.max(distribution(x) - i / n, (i + 1) / n - distribution(x)));
  return Math.sqrt(n) * Math.max(...distances);
}

/** Standard normal distribution, by the error function of Abramowitz & Stegun 7.1.26 (error < 1.5e-7). */
function normalDistribution(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - series * Math.exp(-z * z);
  return x < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}

describe('uniform initializer', () => {
  const BOUND = 1 / Math.sqrt(40);
  const uniformDistribution = (x: number) => (x + BOUND) / (2 * BOUND);

  describe.each(VARIANTS)('of the $label', (variant) => {
    const config: ModelConfig = { ...SMALL, ...variant, hidden: 40, layers: 2, embedding: 30, symbols: 50 };
    const all = tensors(config, 91);

    test('draws every matrix and the output’s bias uniformly from ±1/√H', () => {
      for (const [name, values] of named(all, /input|recurrent$|output/)) {
        expect(Math.max(...values.map(Math.abs)), name).toBeLessThanOrEqual(BOUND);
        expect(kolmogorovSmirnov(values, uniformDistribution), name).toBeLessThan(1.95);
      }
    });

    test('draws the layers’ biases uniformly from ±1/√H, but sets the forget gate’s of an LSTM to 1', () => {
      for (const [name, values] of named(all, /layers.*bias$/)) {
        const isForget = (j: number) => config.cell === 'lstm' && j >= 40 && j < 80;
        for (const [j, value] of values.entries()) if (isForget(j)) expect(value, `${name}[${j}]`).toBe(1);
        const rest = values.filter((_, j) => !isForget(j));
        expect(Math.max(...rest.map(Math.abs)), name).toBeLessThanOrEqual(BOUND);
        expect(kolmogorovSmirnov(rest, uniformDistribution), name).toBeLessThan(1.95);
      }
    });
  });

  test.each([
    ['embeddings', { embedding: 100, symbols: 200 }, /^embedding$/],
    ['the rows that one-hot symbols pick', { embedding: 0, symbols: 1000 }, /^layers\.0\.input$/],
  ] as const)('draws %s from the standard normal distribution', (_, sizes, name) => {
    const [[, values]] = named(tensors({ ...SMALL, ...sizes }, 92), name) as [[string, number[]]];
    expect(kolmogorovSmirnov(values, normalDistribution)).toBeLessThan(1.95);
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(6);
  });
});

describe.each(VARIANTS)('identity initializer of the $label', (variant) => {
  const H = 6;
  const config: ModelConfig = { ...SMALL, ...variant, hidden: H, layers: 2, embedding: 3 };
  const all = tensors(config, 93, 'identity');

  test('makes every square block of the recurrent matrices the identity', () => {
    for (const [name, values] of named(all, /recurrent$/)) {
      const columns = values.length / H;
      for (const [j, value] of values.entries()) {
        const [row, unit] = [Math.floor(j / columns), (j % columns) % H];
        expect(value, `${name}[${j}]`).toBe(row === unit ? 1 : 0);
      }
    }
  });

  test('sets the layers’ biases to 0, but the forget gate’s of an LSTM to 1', () => {
    for (const [name, values] of named(all, /layers.*bias$/)) {
      for (const [j, value] of values.entries()) {
        expect(value, `${name}[${j}]`).toBe(config.cell === 'lstm' && j >= H && j < 2 * H ? 1 : 0);
      }
    }
  });

  test('leaves the rest random', () => {
    for (const [name, values] of named(all, /embedding|input|output/)) {
      expect(new Set(values).size, name).toBe(values.length);
    }
  });
});

describe('seeds', () => {
  const config: ModelConfig = { ...SMALL, layers: 2, embedding: 3 };

  test('the same seed gives the same values, another seed others', () => {
    expect(tensors(config, 94)).toEqual(tensors(config, 94));
    const others = tensors(config, 95);
    for (const [name, values] of named(tensors(config, 94), /input|recurrent|output|embedding/)) {
      for (const [j, value] of values.entries()) expect(value, `${name}[${j}]`).not.toBe(others.get(name)?.[j]);
    }
  });

  test('no two random numbers of a model are the same', () => {
    const values = [...tensors({ ...config, cell: 'gru' }, 96).values()].flat();
    expect(new Set(values).size).toBe(values.length);
  });
});
