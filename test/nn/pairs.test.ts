import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/kernel/arena.ts';
import type { Kernels } from '../../src/kernel/contract.ts';
import { referenceKernels } from '../../src/kernel/reference.ts';
import { SOLO } from '../../src/kernel/team.ts';
import { type ModelConfig, type ModelOptions, modelSchema } from '../../src/nn/config.ts';
import { NO_DROPOUT } from '../../src/nn/dropout.ts';
import { initialize } from '../../src/nn/initializers.ts';
import { Model } from '../../src/nn/model.ts';
import { Random } from '../../src/random.ts';
import { VARIANTS } from '../helpers/network.ts';

const ROWS = 3;
const SOURCE_STEPS = 5;
const LENGTHS = [5, 2, 4];
const TARGET_STEPS = 4;
const TARGET_LENGTHS = [3, 4, 1];
const SYMBOLS = { source: 6, target: 7 };
/** Of central differences of the fourth order in double precision: their error is about 1e-12. */
const STEP = 1e-3;

interface PairRun {
  readonly model: Model;
  readonly kernels: Kernels;
  readonly steps: number;
  readonly key: number | undefined;
}

function configOf(options: ModelOptions): ModelConfig {
  return { ...modelSchema.parse(options), symbols: SYMBOLS.target, sourceSymbols: SYMBOLS.source };
}

/** A model of pairs in float64 over a batch of rows of unequal length. */
function makeRun(options: ModelOptions, dropout = NO_DROPOUT, key?: number): PairRun {
  const config = configOf(options);
  const task = config.pairs!.task;
  const steps = task === 'tag' ? SOURCE_STEPS : task === 'classify' ? 1 : TARGET_STEPS;
  const arena = new Arena(8);
  const model = new Model(arena, config, { steps, sourceSteps: SOURCE_STEPS, rows: ROWS, training: true }, dropout);
  const buffer = new ArrayBuffer(arena.bytes);
  const kernels = referenceKernels({ floats: new Float64Array(buffer), ints: new Int32Array(buffer) });
  const { values, manifest } = model.parameters;
  initialize(kernels.floats.subarray(values), manifest, config, new Random(7));
  // Twice as large as usual, so that every tensor has an effect that differences can measure. Relu units are lifted instead, so that none is
  // dead or near its kink.
  const isRelu = config.cell === 'rnn' && (config.activation === 'relu' || config.activation === 'linear');
  for (const { role, offset, size } of manifest.views) {
    for (let j = values + offset; j < values + offset + size; j++) {
      if (!isRelu) kernels.floats[j]! *= 2;
      else kernels.floats[j] = role === 'bias' ? 0.3 : kernels.floats[j]! / 3;
    }
  }
  const random = new Random(8);
  const { ids, mask, keep, keepBackwards, lengths } = model.source!;
  for (let row = 0; row < ROWS; row++) {
    kernels.ints[lengths + row] = LENGTHS[row]!;
    for (let step = 0; step < SOURCE_STEPS; step++) {
      const at = step * ROWS + row;
      kernels.ints[ids + at] = random.integer(SYMBOLS.source);
      kernels.ints[mask + at] = step < LENGTHS[row]! ? 1 : 0;
      kernels.ints[keep + at] = step === 0 ? 0 : 1;
      kernels.ints[keepBackwards + at] = step === LENGTHS[row]! - 1 ? 0 : 1;
    }
    const count = task === 'tag' ? LENGTHS[row]! : task === 'classify' ? 1 : TARGET_LENGTHS[row]!;
    for (let step = 0; step < steps; step++) {
      const at = step * ROWS + row;
      kernels.ints[model.inputs + at] = random.integer(SYMBOLS.target);
      kernels.ints[model.keep + at] = 1;
      kernels.ints[model.targets + at] = step < count ? random.integer(SYMBOLS.target) : -1;
    }
  }
  return { model, kernels, steps, key };
}

function totalLoss({ model, kernels, steps, key }: PairRun): number {
  const rows = { start: 0, end: ROWS };
  model.dropWeights(kernels, { start: 0, end: model.parameters.manifest.size }, key);
  model.pack(kernels, SOLO);
  model.forward(kernels, rows, { steps, sourceSteps: SOURCE_STEPS }, key);
  model.loss(kernels, rows, { steps }, 1);
  let sum = 0;
  for (let p = 0; p < steps * ROWS; p++) sum += kernels.floats[model.losses + p]!;
  return sum;
}

function gradientErrors(run: PairRun): Map<string, number> {
  const { model, kernels, steps, key } = run;
  const { manifest, values, gradients } = model.parameters;
  totalLoss(run);
  kernels.fill(gradients, 0, manifest.size);
  model.pack(kernels, SOLO, 'backward');
  model.backward(kernels, { start: 0, end: ROWS }, { steps, sourceSteps: SOURCE_STEPS }, key);
  model.weightGradients(kernels, SOLO, { steps, sourceSteps: SOURCE_STEPS });
  model.dropGradients(kernels, { start: 0, end: manifest.size }, key);
  const analytic = kernels.floats.slice(gradients, gradients + manifest.size);
  const { floats } = kernels;
  return new Map(
    manifest.views.map(({ name, offset, size }) => {
      let [largest, error] = [0, 0];
      for (let j = offset; j < offset + size; j++) {
        const value = floats[values + j]!;
        const at = (change: number): number => {
          floats[values + j] = value + change;
          return totalLoss(run);
        };
        const numeric = (8 * (at(STEP) - at(-STEP)) - (at(2 * STEP) - at(-2 * STEP))) / (12 * STEP);
        floats[values + j] = value;
        largest = Math.max(largest, Math.abs(numeric));
        error = Math.max(error, Math.abs(numeric - analytic[j]!));
      }
      return [name, largest > 1e-6 ? error / largest : Number.NaN] as const;
    }),
  );
}

function expectGradientsRight(run: PairRun): void {
  for (const [name, error] of gradientErrors(run)) expect(error, name).toBeLessThan(1e-6);
}

const SMALL = { hidden: 4, layers: 1 };

describe.each(VARIANTS)(
  'gradients of pairs by the $label agree with central differences, relative error < 1e-6',
  (variant) => {
    const { cell, activation, reset } = variant;
    const base: ModelOptions = { ...SMALL, cell, activation, reset };

    test('a transducer without attention, whose decoder starts from the encoder’s state', () => {
      expectGradientsRight(makeRun({ ...base, pairs: { task: 'transduce', bidirectional: false, attention: 'none' } }));
    });

    test('a transducer that reads the source in reverse and its context at every step', () => {
      const pairs = {
        task: 'transduce',
        bidirectional: false,
        attention: 'none',
        context: 'every',
        reverseSource: true,
      } as const;
      expectGradientsRight(makeRun({ ...base, embedding: 3, pairs }));
    });

    test('a bidirectional transducer of two layers with dot attention', () => {
      expectGradientsRight(makeRun({ ...base, layers: 2, embedding: 3, pairs: { task: 'transduce' } }));
    });

    test('a transducer in one direction with dot attention on its own states', () => {
      expectGradientsRight(makeRun({ ...base, pairs: { task: 'transduce', bidirectional: false } }));
    });

    test('a transducer with additive attention, fused directions, and its context at every step', () => {
      const pairs = { task: 'transduce', attention: 'additive', fusion: 'tanh', context: 'every' } as const;
      expectGradientsRight(makeRun({ ...base, pairs }));
    });

    test('a bidirectional tagger and classifier, of two layers, with every dropout', () => {
      const dropout = { input: 0.2, layers: 0.3, output: 0.4, recurrent: 0.25, variational: false };
      for (const task of ['tag', 'classify', 'transduce'] as const) {
        expectGradientsRight(makeRun({ ...base, layers: 2, embedding: 3, pairs: { task } }, dropout, 44));
      }
    });
  },
);
