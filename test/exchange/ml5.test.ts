import { describe, expect, test } from 'vitest';
import type { Files } from '../../src/exchange/files.ts';
import { toMl5 } from '../../src/exchange/ml5.ts';
import type { Checkpoint } from '../../src/nn/checkpoint.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';
import { checkpointOf, joined, logitsOf } from './models.ts';

interface Ml5Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * ml5's charRNN, written from what its reader and TensorFlow's basicLSTMCell do (ml5-library, src/CharRNN/index.js): keys with `cell_` or `lstm_`
 * are cells, numbered by their first digit; a key is a kernel if it has a w, and a bias if not; keys with `softmax` are the output layer.
 */
class CharRnn {
  readonly #model: Record<string, Ml5Tensor> = {};
  readonly #vocabulary: Readonly<Record<string, number>>;
  #cells = 0;

  constructor(files: Files) {
    const json = (name: string) => JSON.parse(joined(files.get(name)!).toString());
    const manifest = json('manifest.json') as Record<string, { filename: string; shape: number[] }>;
    for (const [key, { filename, shape }] of Object.entries(manifest)) {
      const bytes = joined(files.get(filename)!);
      const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      const isWeight = /weights|weight|kernel|kernels|w/i.test(key);
      if (/cell_[0-9]|lstm_[0-9]/i.test(key)) {
        this.#model[`${isWeight ? 'kernel' : 'bias'}${/[0-9]/.exec(key)![0]}`] = { shape, values };
        if (isWeight) this.#cells++;
      } else if (/softmax/i.test(key)) this.#model[isWeight ? 'outputWeights' : 'outputBiases'] = { shape, values };
      else this.#model[key] = { shape, values };
    }
    this.#vocabulary = json('vocab.json') as Record<string, number>;
  }

  get cells(): number {
    return this.#cells;
  }

  get vocabulary(): Readonly<Record<string, number>> {
    return this.#vocabulary;
  }

  /** The likeliest characters after a seed. */
  greedy(seed: string, length: number): string {
    const size = Object.keys(this.#vocabulary).length;
    const units = this.#model.bias0!.shape[0]! / 4;
    const h = Array.from({ length: this.#cells }, () => new Array<number>(units).fill(0));
    const c = h.map((state) => [...state]);
    let text = seed;
    for (let at = 0; at < seed.length + length - 1; at++) {
      const id = this.#vocabulary[[...text][at]!]!;
      const oneHot = Array.from({ length: size }, (_, each) => Number(each === id));
      const { embedding } = this.#model;
      let x = embedding ? product(oneHot, embedding) : oneHot;
      for (let cell = 0; cell < this.#cells; cell++) {
        const bias = this.#model[`bias${cell}`]!.values;
        const gates = product([...x, ...h[cell]!], this.#model[`kernel${cell}`]!).map((a, j) => a + bias[j]!);
        const part = (block: number, unit: number) => gates[block * units + unit]!;
        for (let unit = 0; unit < units; unit++) {
          const [i, j, f, o] = [0, 1, 2, 3].map((block) => part(block, unit)) as [number, number, number, number];
          c[cell]![unit] = c[cell]![unit]! * logistic(f + 1) + logistic(i) * Math.tanh(j);
          h[cell]![unit] = Math.tanh(c[cell]![unit]!) * logistic(o);
        }
        x = [...h[cell]!];
      }
      if (at < seed.length - 1) continue;
      // Its output reads the second cell, whatever their number.
      const scores = product(h[1]!, this.#model.outputWeights!).map((a, j) => a + this.#model.outputBiases!.values[j]!);
      const likeliest = scores.indexOf(Math.max(...scores));
      text += Object.keys(this.#vocabulary).find((key) => this.#vocabulary[key] === likeliest)!;
    }
    return text;
  }
}

function product(row: readonly number[], { shape, values }: Ml5Tensor): number[] {
  const columns = shape[1]!;
  expect(row).toHaveLength(shape[0]!);
  return Array.from({ length: columns }, (_, j) => row.reduce((sum, x, i) => sum + x * values[i * columns + j]!, 0));
}

function logistic(a: number): number {
  return 1 / (1 + Math.exp(-a));
}

function ourGreedy(checkpoint: Checkpoint, seed: string, length: number): string {
  const vocabulary = Vocabulary.fromJSON(checkpoint.vocabulary);
  const ids = [...vocabulary.encode(seed)];
  for (let count = 0; count < length; count++) {
    const scores = logitsOf(checkpoint, ids).at(-1)!;
    ids.push(scores.indexOf(Math.max(...scores)));
  }
  return vocabulary.decode(ids);
}

describe("ml5's charRNN", () => {
  test.each([
    { label: 'one-hot', config: { hidden: 8, symbols: 12 } },
    { label: 'embedding', config: { hidden: 8, embedding: 5, symbols: 12 } },
    { label: 'tied', config: { hidden: 8, embedding: 8, tied: true, symbols: 12 } },
  ])('$label: has two cells, and its greedy text is ours', ({ config }) => {
    for (const seed of [1, 2, 3]) {
      const checkpoint = checkpointOf({ ...config, layers: 2 }, seed);
      const theirs = new CharRnn(toMl5(checkpoint));
      expect(theirs.cells).toBe(2);
      expect(theirs.greedy('abc', 60)).toBe(ourGreedy(checkpoint, 'abc', 60));
    }
  });

  test('the end of a line is a newline there, and an unknown symbol U+FFFD', () => {
    const vocabulary = { unit: 'codepoint', stop: true, unknown: true, symbols: ['1', 'a', 'é'] };
    const checkpoint = { ...checkpointOf({ layers: 2, symbols: 5 }), vocabulary };
    expect(new CharRnn(toMl5(checkpoint)).vocabulary).toEqual({ '\n': 0, '\u{fffd}': 1, '1': 2, a: 3, é: 4 });
  });

  test('a model of bytes is refused', () => {
    const vocabulary = { unit: 'byte', stop: false, unknown: false, symbols: [0, 1, 2, 3, 4, 5, 6] };
    expect(() => toMl5({ ...checkpointOf({ layers: 2 }), vocabulary })).toThrow(
      /reads characters, and this model reads bytes/,
    );
  });
});
