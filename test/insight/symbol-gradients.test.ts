import { describe, expect, test } from 'vitest';
import { product } from '../../src/insight/bptt/cell-step.ts';
import { immediateOf, unfold } from '../../src/insight/bptt/explicit.ts';
import { networkMatrices } from '../../src/insight/bptt/network-step.ts';
import { norm } from '../../src/insight/norm.ts';
import { gradientSymbols, MOST_BACK, symbolGradients } from '../../src/insight/symbol-gradients.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { freshParameters } from '../../src/nn/initializers.ts';
import { Manifest } from '../../src/nn/manifest.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { type Part, wholeCorpus } from '../../src/text/split.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { SMALL, VARIANTS } from '../helpers/network.ts';

const STREAM = corpusFromText('deep peel deed', { mode: 'stream' });
const LINES = corpusFromText('deep\npeel\ndeed\n', { mode: 'lines' });

/** The same by the explicit sum in float64, of a text that is read from a state of zero: [target][n]. */
function explicitly(
  config: ModelConfig,
  parameters: ArrayLike<number>,
  inputs: number[],
  targets: number[],
): number[][] {
  const { steps, lossByState, network } = unfold(networkMatrices(config, parameters), { inputs, targets });
  return steps.map((_, t) => {
    const norms: number[] = [];
    let carried = lossByState[t]!;
    for (let k = t; k >= 0; k--) {
      const byInput = product(carried, immediateOf(steps[k]!, 'layers.0.bias').columns);
      norms.push(norm(product(byInput, network.layers[0]!.input.transpose())));
      carried = product(carried, steps[k]!.jacobian);
    }
    return norms;
  });
}

function expectAlike(found: readonly ArrayLike<number>[], expected: readonly (readonly number[])[]): void {
  expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [s, row] of expected.entries()) {
    for (const [n, value] of row.entries()) {
      expect(Math.abs(found[s]![n]! - value), `symbol ${s}, ${n} back`).toBeLessThan(1e-7 + 1e-4 * value);
    }
  }
}

describe.each(VARIANTS)('gradients at earlier symbols of the $label', ({ label: _, ...variant }) => {
  test.each([
    { what: 'one-hot symbols', part: { layers: 2 } },
    { what: 'embeddings', part: { layers: 1, embedding: 3 } },
  ])('are those of the explicit sum: $what', ({ part }) => {
    const config: ModelConfig = { ...SMALL, ...variant, ...part, symbols: STREAM.vocabulary.size };
    const parameters = freshParameters(config, 'back').map((value) => 1.5 * value);
    const ids = [...STREAM.vocabulary.encode('deep peel deed')];
    const expected = [[], ...explicitly(config, parameters, ids.slice(0, -1), ids.slice(1))];
    for (const choice of KERNEL_CHOICES) {
      expectAlike(symbolGradients(choice, config, parameters, wholeCorpus(STREAM), ids.length), expected);
    }
  });
});

test('of lines begin anew at each line: the farthest is at the <stop> before it, which ends the line above', () => {
  const { vocabulary } = LINES;
  const config: ModelConfig = { ...SMALL, symbols: vocabulary.size };
  const parameters = freshParameters(config, 'lines').map((value) => 1.5 * value);
  const stop = vocabulary.stop!;
  const expected = ['peel', 'deep'].flatMap((line, index) => {
    const ids = [...vocabulary.encode(line)];
    const rows = explicitly(config, parameters, [stop, ...ids], [...ids, stop]);
    // No symbol is shown before the first line.
    return index === 0 ? rows.map((row) => row.slice(0, -1)) : rows;
  });
  const whole = wholeCorpus(LINES) as Part & { mode: 'lines' };
  const part: Part = { ...whole, lines: Uint32Array.of(1, 0), targets: 10 };
  expectAlike(symbolGradients(KERNEL_CHOICES.at(-1)!, config, parameters, part, 10), expected);
});

test('of a linear unit are |w|ⁿ, in every block of a long text, and reach so many symbols back', () => {
  const corpus = corpusFromText('abbab'.repeat(100), { mode: 'stream' });
  const config: ModelConfig = { ...SMALL, cell: 'rnn', activation: 'linear', hidden: 1, symbols: 2 };
  const manifest = new Manifest(config);
  const parameters = new Float32Array(manifest.size);
  const set = (name: string, values: number[]): void => parameters.set(values, manifest.view(name).offset);
  set('layers.0.input', [0.3, -0.4]);
  set('layers.0.recurrent', [-0.95]);
  set('output.weight', [0.5, -0.5]);
  const found = symbolGradients(KERNEL_CHOICES[0]!, config, parameters, wholeCorpus(corpus), 400);
  expect(found.map(({ length }) => length)).toEqual(Array.from({ length: 400 }, (_, s) => Math.min(s, MOST_BACK)));
  let h = 0;
  for (const [s, row] of found.entries()) {
    const p = 1 / (1 + Math.exp(corpus.ids[s] === 0 ? -h : h)); // of the symbol that came
    // ‖U‖ = 0.5, and ∂ log p/∂h = ±(1 − p).
    for (const [n, value] of row.entries()) expect(value).toBeCloseTo(0.5 * (1 - p) * 0.95 ** n, 5);
    h = (corpus.ids[s] === 0 ? 0.3 : -0.4) - 0.95 * h;
  }
});

test('are computed for fewer symbols of a large model', () => {
  const config = { ...SMALL, layers: 2, symbols: 65 };
  expect(gradientSymbols({ ...config, hidden: 128 }, 2000)).toBe(1000);
  expect(gradientSymbols({ ...config, hidden: 128 }, 50)).toBe(50);
  expect(gradientSymbols({ ...config, hidden: 512 }, 2000)).toBe(188);
  expect(gradientSymbols({ ...config, hidden: 8192 }, 2000)).toBe(32);
});
