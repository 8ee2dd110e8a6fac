import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/kernel/arena.ts';
import type { KernelChoice } from '../../src/kernel/choose.ts';
import { Engine } from '../../src/kernel/engine.ts';
import type { BatchShape } from '../../src/nn/batch.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { type Part, splitCorpus, wholeCorpus } from '../../src/text/split.ts';
import { OPTIMIZER_DEFAULTS } from '../../src/training/complete-recipe.ts';
import { evaluateModel } from '../../src/training/evaluate-model.ts';
import { evaluatePart } from '../../src/training/evaluate-part.ts';
import * as program from '../../src/training/program.ts';
import { PROGRAM, TrainingPlan } from '../../src/training/program.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { SMALL, VARIANTS } from '../helpers/network.ts';
import { randomModel, stepperOf, type TinyModel } from '../helpers/tiny-models.ts';
import { LINES, STREAM } from '../helpers/training.ts';
import { logProbabilityOf } from '../helpers/whole-run.ts';

const [FASTEST] = KERNEL_CHOICES as [KernelChoice];

async function start(model: TinyModel, shape: Omit<BatchShape, 'training'>, threads = 1) {
  const optimizer = { ...OPTIMIZER_DEFAULTS, name: 'adam' as const };
  const config = { model: model.config, shape: { ...shape, training: true }, optimizer };
  const arena = new Arena();
  const plan = new TrainingPlan(arena, config);
  const engine = await Engine.start({ choice: FASTEST, threads, program, file: PROGRAM, config }, arena);
  engine.kernels.floats.set(model.parameters, plan.model.parameters.values);
  return { engine, plan };
}

async function measure(model: TinyModel, part: Part, rows: number, steps: number, threads = 1) {
  const { engine, plan } = await start(model, { rows, steps }, threads);
  const evaluation = await evaluatePart(engine, plan, part);
  await engine.close();
  return evaluation;
}

/** −log p of each id in turn, from a state of zero; the first input is `before`. */
function losses(model: TinyModel, before: number, ids: Iterable<number>): number[] {
  const stepper = stepperOf(model, 1);
  let input = before;
  return [...ids].map((id) => {
    stepper.step([input]);
    input = id;
    return -logProbabilityOf([...stepper.logits(0)], id);
  });
}

function naive(model: TinyModel, part: Part): { loss: number; symbols: number } {
  const all =
    part.mode === 'stream'
      ? losses(model, part.ids[0]!, part.ids.subarray(1))
      : [...part.lines].flatMap((line) => {
          const [from, to] = [part.lineStarts[line]!, part.lineStarts[line + 1]!];
          return losses(model, part.ids[from - 1]!, part.ids.subarray(from, to));
        });
  return { loss: all.reduce((sum, loss) => sum + loss, 0) / all.length, symbols: all.length };
}

function modelFor(corpus: typeof STREAM, part: Partial<ModelConfig> = {}): TinyModel {
  return randomModel({ ...SMALL, hidden: 9, ...part, symbols: corpus.vocabulary.size }, 5, 2);
}

describe('evaluatePart', () => {
  test.each(VARIANTS)(
    'of lines is the mean over every symbol and <stop>, for any rows and window, relative error < 1e-5: $label',
    async ({ label: _, ...cell }) => {
      const model = modelFor(LINES, { ...cell, layers: 2, embedding: 4 });
      const part = splitCorpus(LINES, { validation: 0.4 }).validation;
      const expected = naive(model, part);
      for (const [rows, window] of [
        [1, 1],
        [1, 100],
        [3, 4],
        [5, 7],
        [40, 3],
      ] as const) {
        const { loss, symbols } = await measure(model, part, rows, window);
        expect(symbols).toBe(expected.symbols);
        expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-5);
      }
    },
  );

  test.each([1, 7, 50, 5000])(
    'of a stream in one row is the mean over every symbol but the first, windows of %i, relative error < 1e-5',
    async (window) => {
      const model = modelFor(STREAM);
      const part = splitCorpus(STREAM, { validation: 0.3 }).validation;
      const expected = naive(model, part);
      const { loss, symbols } = await measure(model, part, 1, window);
      expect(symbols).toBe(expected.symbols);
      expect(symbols).toBe(part.targets);
      expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-5);
    },
  );

  test('of a stream in several rows counts every symbol once, and is near the loss in one row', async () => {
    const model = modelFor(STREAM);
    const part = wholeCorpus(STREAM);
    const { loss, symbols } = await measure(model, part, 7, 11);
    expect(symbols).toBe(part.targets);
    expect(loss).toBeCloseTo(naive(model, part).loss, 1);
  });

  test('by three threads is the same to the bit', async () => {
    for (const corpus of [STREAM, LINES]) {
      const model = modelFor(corpus);
      const part = wholeCorpus(corpus);
      expect(await measure(model, part, 5, 9, 3)).toEqual(await measure(model, part, 5, 9));
    }
  });

  test('of a part smaller than the batch', async () => {
    const model = modelFor(LINES);
    const one = splitCorpus(LINES, { validation: 1 }).validation;
    const { loss, symbols } = await measure(model, one, 16, 32);
    const expected = naive(model, one);
    expect(symbols).toBe(expected.symbols);
    expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-5);

    const two = wholeCorpus(corpusFromText('ab', { mode: 'stream' }));
    expect((await measure(modelFor(STREAM), two, 4, 8)).symbols).toBe(1);
  });

  test('leaves parameters, moments, and the state before the first step as they were, to the bit', async () => {
    const model = modelFor(LINES, { layers: 2 });
    const { engine, plan } = await start(model, { rows: 3, steps: 5 });
    const { floats } = engine.kernels;
    const { size } = plan.model.parameters.manifest;
    const blocks = [
      { at: plan.model.parameters.values, count: size },
      ...plan.optimizer.moments.map((at) => ({ at, count: size })),
      ...plan.model.states.map(({ initial: at }) => ({ at, count: 3 * model.config.hidden })),
    ];
    for (const { at, count } of blocks.slice(1)) for (let j = 0; j < count; j++) floats[at + j] = Math.sin(j);
    const copy = () => blocks.map(({ at, count }) => floats.slice(at, at + count));
    const before = copy();
    const first = await evaluatePart(engine, plan, wholeCorpus(LINES));
    expect(copy()).toEqual(before);
    expect(await evaluatePart(engine, plan, wholeCorpus(LINES))).toEqual(first);
    await engine.close();
  });
});

describe('evaluateModel', () => {
  const place = { kernel: FASTEST.name, threads: 2 };
  const checkpointOf = ({ config, parameters }: TinyModel) => ({ model: config, parameters });

  /** How many of the ids are the likeliest after what stands before them, by a stepper. */
  function likeliest(model: TinyModel, before: number, ids: Iterable<number>): number {
    const stepper = stepperOf(model, 1);
    let input = before;
    return [...ids].filter((id) => {
      stepper.step([input]);
      input = id;
      return Math.max(...stepper.logits(0)) === stepper.logits(0)[id];
    }).length;
  }

  test.each([1, 3])(
    'with %i members reads a stream from end to end, carries the state all the way, and counts the likeliest symbols',
    async (members) => {
      const model = modelFor(STREAM, { members });
      const part = wholeCorpus(STREAM);
      const { loss, symbols, accuracy } = await evaluateModel(checkpointOf(model), part, place);
      const expected = naive(model, part);
      expect(symbols).toBe(expected.symbols);
      expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-5);
      expect(accuracy).toBe(likeliest(model, part.ids[0]!, part.ids.subarray(1)) / symbols);
    },
  );

  test('reads each line on its own', async () => {
    const model = modelFor(LINES);
    const part = wholeCorpus(LINES);
    const { loss } = await evaluateModel(checkpointOf(model), part, place);
    expect(Math.abs(loss / naive(model, part).loss - 1)).toBeLessThan(1e-5);
  });

  test('that learns at a rate of nearly 0 measures the same', async () => {
    const model = modelFor(STREAM);
    const part = wholeCorpus(STREAM);
    const still = await evaluateModel(checkpointOf(model), part, place);
    const dynamic = await evaluateModel(checkpointOf(model), part, place, { rate: 1e-30, steps: 7, decay: 0 });
    expect(dynamic.symbols).toBe(still.symbols);
    expect(dynamic.accuracy).toBe(still.accuracy);
    expect(Math.abs(dynamic.loss / still.loss - 1)).toBeLessThan(1e-6);
  });

  test('that learns measures the first window before it has learned; with a decay of 1 it never learns', async () => {
    const model = modelFor(STREAM);
    const part = splitCorpus(STREAM, { test: 41 }).test; // 40 targets
    const one = await evaluateModel(checkpointOf(model), part, place, { rate: 0.1, steps: 40, decay: 0 });
    const still = await evaluateModel(checkpointOf(model), part, place);
    expect(one.loss).toBeCloseTo(still.loss, 6);
    const learning = await evaluateModel(checkpointOf(model), part, place, { rate: 0.1, steps: 10, decay: 0 });
    expect(Math.abs(learning.loss - still.loss)).toBeGreaterThan(1e-3);
    const back = await evaluateModel(checkpointOf(model), part, place, { rate: 0.1, steps: 10, decay: 1 });
    expect(back.loss).toBeCloseTo(still.loss, 6);
  });
});
