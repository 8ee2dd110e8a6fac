import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { CELLS, RESETS } from '../../src/nn/config.ts';
import { NO_DROPOUT } from '../../src/nn/dropout.ts';
import { OPTIMIZER_DEFAULTS, type Recipe, SCHEDULE_DEFAULTS } from '../../src/training/complete-recipe.ts';
import type { TrainEvent } from '../../src/training/events.ts';
import { FINISHES, ON_DIVERGENCE, OPTIMIZERS, SCHEDULES } from '../../src/training/recipe.ts';
import { readRun } from '../../src/training/record.ts';
import { ALONE, checkpointOf, LINES, RECIPE, run, STREAM } from '../helpers/training.ts';

const DROPOUT = { input: 0.1, layers: 0.2, output: 0.3, recurrent: 0.4, variational: false };

/** Recipes of a few steps, with every choice that resuming depends on. */
const recipes: fc.Arbitrary<Recipe> = fc
  .record({
    cell: fc.constantFrom(...CELLS),
    reset: fc.constantFrom(...RESETS),
    layers: fc.integer({ min: 1, max: 2 }),
    hidden: fc.integer({ min: 1, max: 9 }),
    embedding: fc.constantFrom(0, 3),
    members: fc.integer({ min: 1, max: 2 }),
    optimizer: fc.constantFrom(...OPTIMIZERS),
    schedule: fc.constantFrom(...SCHEDULES),
    dropout: fc.constantFrom(NO_DROPOUT, DROPOUT, { ...DROPOUT, variational: true }),
    averaging: fc.constantFrom(0, 0.9),
    finish: fc.constantFrom(...FINISHES),
    patience: fc.constantFrom(undefined, 2),
    onDivergence: fc.constantFrom(...ON_DIVERGENCE),
    batch: fc.integer({ min: 1, max: 5 }),
    bptt: fc.integer({ min: 1, max: 12 }),
    stride: fc.integer({ min: 1, max: 12 }),
    steps: fc.integer({ min: 2, max: 50 }),
    validateEvery: fc.integer({ min: 1, max: 20 }),
    validation: fc.constantFrom(0, 0.2),
    test: fc.constantFrom(0, 0.1),
    clipValue: fc.constantFrom(0.05, Number.POSITIVE_INFINITY),
    seed: fc.string({ maxLength: 5 }),
  })
  .map(({ cell, reset, layers, hidden, embedding, members, optimizer, schedule, stride, steps, ...rest }) => ({
    ...RECIPE,
    ...rest,
    stride: Math.min(stride, rest.bptt),
    model: { cell, activation: 'tanh', reset, layers, hidden, embedding, tied: embedding === hidden, members },
    optimizer: { ...OPTIMIZER_DEFAULTS, name: optimizer },
    schedule: { ...SCHEDULE_DEFAULTS, name: schedule, warmup: 3, patience: 1 },
    limits: { steps },
  }));

describe('a run resumed from a last checkpoint', () => {
  test('of any report makes, from the file alone, the checkpoints that the unbroken run makes, byte for byte', async () => {
    const corpora = fc.constantFrom(STREAM, LINES);
    await fc.assert(
      fc.asyncProperty(corpora, recipes, fc.nat(), async (corpus, recipe, choice) => {
        const whole = await run(corpus, recipe);
        const lasts = whole.kept.filter(({ kind }) => kind === 'last');
        const from = lasts[choice % lasts.length]!;
        const resume = checkpointOf(from.text);
        const rest = await run(corpus, readRun(resume, 'test').recipe, { resume });
        const later = whole.kept.filter(({ step }) => step > from.step);
        expect(rest.kept.map(({ step, text }) => ({ step, text }))).toEqual(
          later.map(({ step, text }) => ({ step, text })),
        );
        expect(rest.steps).toEqual(whole.steps.slice(from.step));
        expect(rest.done).toEqual(whole.done);
      }),
      { numRuns: 60 },
    );
  });

  test('that was interrupted at any step ends with the checkpoint of the unbroken run, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(STREAM, LINES), recipes, fc.nat(), async (corpus, recipe, choice) => {
        const whole = await run(corpus, recipe);
        const controller = new AbortController();
        const at = (choice % whole.steps.length) + 1;
        const part = await run(corpus, recipe, { signal: controller.signal }, (event) => {
          if (event.type === 'step' && event.step === at) controller.abort();
        });
        if (part.done.reason !== 'interrupted') {
          expect(at).toBe(whole.steps.length); // the last step had other reasons to end
          return;
        }
        const resume = checkpointOf(part.last.text);
        const rest = await run(corpus, recipe, { resume });
        expect(rest.steps).toEqual(whole.steps.slice(part.done.step));
        expect((rest.last ?? part.last).text).toBe(whole.last.text);
      }),
      { numRuns: 30 },
    );
  });

  test('on another number of threads goes on alike', async () => {
    const recipe = { ...RECIPE, limits: { steps: 30 }, validateEvery: 10 };
    const whole = await run(STREAM, recipe, { place: { ...ALONE, threads: 2 } });
    const rest = await run(STREAM, recipe, { resume: checkpointOf(whole.kept[1]!.text) });
    expect([whole.start.threads, rest.start.threads]).toEqual([2, 1]);
    expect(rest.steps).toHaveLength(20);
    expect(rest.last.text).toBe(whole.last.text);
  });

  test('twice goes on alike both times, and does not change the checkpoint', async () => {
    const recipe = { ...RECIPE, validateEvery: 4 };
    const whole = await run(STREAM, recipe);
    const resume = checkpointOf(whole.kept[1]!.text);
    const before = JSON.stringify(resume.run);
    const texts = [await run(STREAM, recipe, { resume }), await run(STREAM, recipe, { resume })].map(
      ({ last }) => last.text,
    );
    expect(texts).toEqual([whole.last.text, whole.last.text]);
    expect(JSON.stringify(resume.run)).toBe(before);
  });

  test('that is over already does nothing more', async () => {
    const whole = await run(STREAM);
    const rest = await run(STREAM, {}, { resume: checkpointOf(whole.last.text) });
    expect(rest.events.map(({ type }) => type)).toEqual(['start', 'done']);
    expect(rest.done).toEqual(whole.done);
  });

  test('that is over goes on to a higher limit as a longer run would', async () => {
    const short = await run(STREAM, { limits: { steps: 8 }, validateEvery: 4 });
    const long = await run(STREAM, { limits: { steps: 16 }, validateEvery: 4 });
    const rest = await run(
      STREAM,
      { limits: { steps: 16 }, validateEvery: 4 },
      { resume: checkpointOf(short.last.text) },
    );
    expect(rest.last.text).toBe(long.last.text);
  });

  test('with a limit of time has only the time that was left', async () => {
    const recipe = {
      limits: { seconds: 0.4 },
      validateEvery: 10,
      schedule: { ...RECIPE.schedule, name: 'linear' as const },
    };
    let now = 0; // a step takes 20 ms
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const tick = ({ type }: TrainEvent): void => {
      if (type === 'step') now += 20;
    };
    const controller = new AbortController();
    const part = await run(STREAM, recipe, { signal: controller.signal }, (event) => {
      tick(event);
      if (event.type === 'report') controller.abort();
    });
    expect(part.done.reason).toBe('interrupted');
    const { seconds } = JSON.parse(part.last.text).resume.data;
    expect(seconds).toBeGreaterThan(0.1);
    const rest = await run(STREAM, recipe, { resume: checkpointOf(part.last.text) }, tick);
    expect(rest.done.reason).toBe('time');
    expect(part.steps.length + rest.steps.length).toBe(20);
    expect(rest.steps[0]!.progress).toBe(seconds / 0.4);
    expect(rest.steps[0]!.rate).toBeLessThan(part.steps.at(-1)!.rate);
    const over = await run(STREAM, recipe, { resume: checkpointOf(rest.last.text) }, tick);
    expect(over.steps).toEqual([]);
    clock.mockRestore();
  });
});

/** A checkpoint's `resume`, which has not been checked yet. */
interface Resumable {
  // biome-ignore lint/suspicious/noExplicitAny: it is to be damaged
  readonly data: any;
  readonly tensors: Record<string, unknown>;
}

describe('a checkpoint that can’t be resumed is refused in one line', () => {
  test.each([
    { what: 'it is a best checkpoint', change: () => {}, kind: 'best' },
    { what: 'a moment is missing', change: (resume: Resumable) => delete resume.tensors['moment.1'] },
    { what: 'a state is missing', change: (resume: Resumable) => delete resume.tensors['state.0'] },
    {
      what: 'a state is of another size',
      change: (resume: Resumable) => {
        resume.tensors['state.0'] = { shape: [1], dtype: 'float32', data: 'AAAAAA==' };
      },
    },
    { what: 'its place in the text is missing', change: (resume: Resumable) => delete resume.data.batches },
    {
      what: 'its place is in another text',
      change: (resume: Resumable) => {
        resume.data.batches = { mode: 'stream', step: 8000, epoch: 0 };
      },
    },
    {
      what: 'its place is a number',
      change: (resume: Resumable) => {
        resume.data.batches = 7;
      },
    },
    {
      what: 'its place is null',
      change: (resume: Resumable) => {
        resume.data.batches = null;
      },
    },
    {
      what: 'its place in lines lacks everything else',
      change: (resume: Resumable) => {
        resume.data.batches = { mode: 'lines' };
      },
    },
    {
      what: 'its place has a symbol outside the vocabulary',
      change: (resume: Resumable) => {
        if (resume.data.batches.mode === 'lines') resume.data.batches.inputs = [1_000_000_000];
        else resume.data.batches.step = -8;
      },
    },
    { what: 'its tally is too short', change: (resume: Resumable) => (resume.data.tally = [1, 2]) },
  ])('$what', async ({ change, kind = 'last' }) => {
    for (const corpus of [STREAM, LINES]) {
      const whole = await run(corpus, {}, { place: { kernel: 'js', threads: 1 } });
      const json = JSON.parse((kind === 'best' ? whole.best : whole.last).text);
      change(json.resume);
      const attempt = run(corpus, {}, { resume: checkpointOf(JSON.stringify(json)) });
      const error: unknown = await attempt.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UserError);
      expect((error as Error).message).not.toContain('\n');
    }
  });
});
