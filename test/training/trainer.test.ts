import { afterEach, describe, expect, test, vi } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { Pool } from '../../src/kernel/pool.ts';
import { ThreadFailure } from '../../src/kernel/threads.ts';
import { freshParameters, initialize } from '../../src/nn/initializers.ts';
import { Manifest } from '../../src/nn/manifest.ts';
import { Random } from '../../src/random.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { splitCorpus } from '../../src/text/split.ts';
import type { Recipe } from '../../src/training/complete-recipe.ts';
import { OPTIMIZER_DEFAULTS, SCHEDULE_DEFAULTS } from '../../src/training/complete-recipe.ts';
import { evaluateModel } from '../../src/training/evaluate-model.ts';
import type { TrainEvent } from '../../src/training/events.ts';
import { readRun } from '../../src/training/record.ts';
import { train } from '../../src/training/trainer.ts';
import { VARIANTS } from '../helpers/network.ts';
import { ALONE, checkpointOf, FASTEST, type FinishedRun, LINES, RECIPE, run, STREAM } from '../helpers/training.ts';

const types = ({ events }: FinishedRun) =>
  events.map((event) => (event.type === 'checkpoint' ? `${event.kind}${event.final ? ' final' : ''}` : event.type));

const repeat = (text: string, times: number): string[] => Array<string>(times).fill(text);

describe('events', () => {
  test('come in order: start, steps, a report and checkpoints after every interval and at the end, and done', async () => {
    const finished = await run(STREAM, { limits: { steps: 7 }, validateEvery: 3 });
    expect(types(finished)).toEqual([
      'start',
      ...[...repeat('step', 3), 'report', 'best', 'last'],
      ...[...repeat('step', 3), 'report', 'best', 'last'],
      ...['step', 'report', 'best final', 'last final'],
      'done',
    ]);
    expect(finished.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(finished.steps.map(({ progress }) => progress)).toEqual([1, 2, 3, 4, 5, 6, 7].map((step) => step / 7));
    expect(finished.reports.map(({ point }) => point.step)).toEqual([3, 6, 7]);
    expect(finished.done).toMatchObject({ reason: 'steps', step: 7 });
  });

  test('have no second report where the last step is that of a report', async () => {
    const finished = await run(STREAM, { limits: { steps: 4 }, validateEvery: 2 });
    expect(types(finished).slice(-6)).toEqual([...repeat('step', 2), 'report', 'best final', 'last final', 'done']);
  });

  test('begin with start, which says what is trained and on how much text', async () => {
    const { start } = await run(LINES, { validation: 5, test: 3, limits: { steps: 1 } });
    const config = { ...RECIPE.model, symbols: LINES.vocabulary.size };
    const total = LINES.lineStarts!.at(-1)! - 1;
    expect(start).toMatchObject({
      parameters: new Manifest(config).size,
      batch: { rows: 4, window: 8, stride: 8 },
      limits: { steps: 1 },
      kernel: ALONE.kernel,
      threads: 1,
      notes: [],
    });
    expect(start.trainSymbols + start.validationSymbols + start.testSymbols).toBe(total);
  });

  test('reports have the means over the steps since the report before; each symbol counts once', async () => {
    // k1 < k2, so windows count unlike numbers of symbols.
    const { steps, reports } = await run(STREAM, { limits: { steps: 25 }, validateEvery: 10, bptt: 8, stride: 3 });
    for (const [index, { point }] of reports.entries()) {
      const since = steps.slice(10 * index, point.step);
      const symbols = since.reduce((sum, step) => sum + step.symbols, 0);
      const loss = since.reduce((sum, step) => sum + step.symbols * step.loss, 0) / symbols;
      const norm = since.reduce((sum, step) => sum + step.gradientNorm, 0) / since.length;
      expect(point.loss).toBeCloseTo(loss, 12);
      expect(point.gradientNorm).toBeCloseTo(norm, 12);
      expect(point.epoch).toBe(since.at(-1)?.epoch);
    }
    expect(new Set(steps.map(({ symbols }) => symbols)).size).toBeGreaterThan(1);
  });

  test('snapshots hold the history so far', async () => {
    const { kept, reports } = await run(STREAM, { limits: { steps: 6 }, validateEvery: 2 });
    const histories = kept
      .filter(({ kind }) => kind === 'last')
      .map(({ checkpoint }) => readRun(checkpoint, '').history);
    const points = reports.map(({ point }) => point);
    expect(histories).toEqual([points.slice(0, 1), points.slice(0, 2), points]);
  });
});

describe('a run ends', () => {
  test('after so many epochs; in stream mode, every symbol has then been read as often', async () => {
    const { done, steps, start } = await run(STREAM, { limits: { epochs: 2 } });
    expect(done).toMatchObject({ reason: 'epochs', epoch: 2 });
    expect(steps.reduce((sum, { symbols }) => sum + symbols, 0)).toBe(2 * start.trainSymbols);
  });

  test('after a part of an epoch', async () => {
    const { done } = await run(STREAM, { limits: { epochs: 0.5 } });
    expect(done.reason).toBe('epochs');
    expect(done.epoch).toBeGreaterThanOrEqual(0.5);
    expect(done.epoch).toBeLessThan(0.55);
  });

  test('when its time is up', async () => {
    const start = performance.now();
    const { done } = await run(STREAM, { limits: { seconds: 0.3 } });
    const seconds = (performance.now() - start) / 1000;
    expect(done.reason).toBe('time');
    expect(seconds).toBeGreaterThanOrEqual(0.3);
  });

  test('after so many validations without a new best, with a final checkpoint', async () => {
    const recipe = { validation: 0.3, limits: { steps: 900 }, validateEvery: 5, rate: 0.05, patience: 3 };
    const { done, reports, last } = await run(STREAM, { ...recipe, model: { ...RECIPE.model, hidden: 32 } });
    expect(done.reason).toBe('patience');
    expect(done.step).toBeLessThan(900);
    expect(last).toMatchObject({ step: done.step, final: true });
    expect(reports.map(({ best }) => best).slice(-4)).toEqual([true, false, false, false]);
    const runs = reports.map(({ best }) => (best ? '+' : '-')).join('');
    expect(runs.slice(0, -1)).not.toContain('---');
  });

  test('at the limit that comes first', async () => {
    expect((await run(STREAM, { limits: { steps: 3, epochs: 50, seconds: 60 } })).done.reason).toBe('steps');
    expect((await run(STREAM, { limits: { steps: 10_000, epochs: 0.1, seconds: 60 } })).done.reason).toBe('epochs');
  });

  test('after the step under way when it is interrupted, with a last checkpoint and without a report', async () => {
    const controller = new AbortController();
    const finished = await run(
      STREAM,
      { limits: { steps: 1000 }, validateEvery: 100 },
      { signal: controller.signal },
      (event) => {
        if (event.type === 'step' && event.step === 7) controller.abort();
      },
    );
    // The run may be in its eighth step when the event of the seventh is read.
    expect(finished.done.reason).toBe('interrupted');
    expect([7, 8]).toContain(finished.done.step);
    expect(types(finished).slice(-4)).toEqual(['step', 'best final', 'last final', 'done']);
  });

  test('when it is interrupted between a validation and the next step, with a last checkpoint, too', async () => {
    const controller = new AbortController();
    const finished = await run(
      STREAM,
      { limits: { steps: 1000 }, validateEvery: 5 },
      { signal: controller.signal },
      (event) => {
        if (event.type !== 'checkpoint' || event.kind !== 'last') return;
        setImmediate(() => controller.abort());
        const end = performance.now() + 80;
        while (performance.now() < end); // until the trainer is due to let the process's events through
      },
    );
    expect(finished.done.reason).toBe('interrupted');
    expect(finished.last).toMatchObject({ final: true, step: finished.done.step });
    expect(finished.reports.every(({ point }) => Number.isFinite(point.loss))).toBe(true);
  });

  test('before the first step when it is already interrupted, with nothing to save', async () => {
    const finished = await run(STREAM, {}, { signal: AbortSignal.abort() });
    expect(types(finished)).toEqual(['start', 'done']);
    expect(finished.done).toMatchObject({ reason: 'interrupted', step: 0, loss: undefined });
  });

  test('when its caller stops iterating; while it runs, the process’s timers get their turns', async () => {
    const seen: TrainEvent['type'][] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    for await (const { type } of train(STREAM, { recipe: { ...RECIPE, limits: { steps: 100_000 } }, place: ALONE })) {
      seen.push(type);
      if (ticks > 1) break;
    }
    clearInterval(timer);
    expect(seen).not.toContain('done');
  });
});

describe('validation', () => {
  test.each([STREAM, LINES])('at any interval does not change training, in $mode mode', async (corpus) => {
    const recipe = { validation: 0.2, limits: { steps: 30 }, bptt: 8, stride: 5 };
    const seldom = await run(corpus, { ...recipe, validateEvery: 1000 });
    const often = await run(corpus, { ...recipe, validateEvery: 1 });
    expect(often.last.checkpoint.parameters).toEqual(seldom.last.checkpoint.parameters);
    expect(often.last.checkpoint.resume?.tensors).toEqual(seldom.last.checkpoint.resume?.tensors);
    expect(often.steps).toEqual(seldom.steps);
    expect(often.reports.at(-1)?.point.validation).toBe(seldom.reports.at(-1)?.point.validation);
  });

  test('makes the checkpoint with the smallest loss the best, and done has that loss', async () => {
    // A model that learns little text by heart at a high rate: the validation loss falls, then rises.
    const recipe = {
      validation: 0.3,
      limits: { steps: 150 },
      validateEvery: 5,
      rate: 0.05,
      model: { ...RECIPE.model, hidden: 32 },
    };
    const { reports, best, done, kept } = await run(STREAM, recipe);
    const losses = reports.map(({ point }) => point.validation!);
    const smallest = Math.min(...losses);
    expect(losses.indexOf(smallest)).toBeLessThan(losses.length - 1);
    expect(best.step).toBe(5 * (losses.indexOf(smallest) + 1));
    expect(done.validation).toBe(smallest);
    expect(readRun(best.checkpoint, '').history.at(-1)?.validation).toBe(smallest);
    for (const [index, { best: isBest }] of reports.entries()) {
      expect(isBest).toBe(losses.slice(0, index).every((loss) => losses[index]! < loss));
    }
    expect(kept.filter(({ kind }) => kind === 'best')).toHaveLength(reports.filter((report) => report.best).length);
    expect(best.checkpoint.resume).toBeUndefined();
  });

  test('without a new best lowers the rate of a plateau schedule', async () => {
    const schedule = { ...SCHEDULE_DEFAULTS, name: 'plateau' as const, warmup: 0, factor: 0.1, patience: 2 };
    const recipe = { validation: 0.3, limits: { steps: 120 }, validateEvery: 5, rate: 0.05, schedule };
    const { steps, reports } = await run(STREAM, { ...recipe, model: { ...RECIPE.model, hidden: 32 } });
    let rate = 0.05;
    let still = 0;
    for (const [index, { best }] of reports.entries()) {
      expect(steps[5 * index]!.rate).toBeCloseTo(rate, 12);
      still = best ? 0 : still + 1;
      if (still === 2) [rate, still] = [rate / 10, 0];
    }
    expect(rate).toBeLessThan(0.05);
  });

  test('measures the moving average of the parameters where one is kept; the average is saved as the model', async () => {
    const { kept, start } = await run(STREAM, { averaging: 0.7, validateEvery: 1, validation: 0.2 });
    const lasts = kept.filter(({ kind }) => kind === 'last').map(({ checkpoint }) => checkpoint);
    const mean = new Float64Array(start.parameters);
    initialize(mean, new Manifest(lasts[0]!.model), lasts[0]!.model, new Random(`${RECIPE.seed}/parameters`));
    for (const [index, { parameters, resume }] of lasts.entries()) {
      const raw = resume!.tensors.get('parameters')!;
      const update = index + 1;
      const decay = Math.min(0.7, (1 + update) / (10 + update));
      for (let j = 0; j < mean.length; j++) mean[j]! += (1 - decay) * (raw[j]! - mean[j]!);
      expect(largest(parameters.map((value, j) => value - mean[j]!))).toBeLessThan(1e-5);
    }
    const { checkpoint } = kept.findLast(({ kind }) => kind === 'best')!;
    const { validation } = readRun(checkpoint, '').history.at(-1)!;
    const part = splitCorpus(STREAM, { validation: 0.2 }).validation;
    const { loss } = await evaluateModel(checkpoint, part, ALONE);
    expect(Math.abs(validation! / loss - 1)).toBeLessThan(0.02); // the rows of validation start anew
  });

  test('that the text is too short for is noted, and the newest model counts as the best', async () => {
    const { start, best, last, done, reports } = await run(corpusFromText('ab\nba', { mode: 'lines' }), {
      validation: 0.1,
    });
    expect(start.notes).toHaveLength(1);
    expect(start.validationSymbols).toBe(0);
    expect(reports.every((report) => report.best)).toBe(true);
    expect(best.checkpoint.parameters).toEqual(last.checkpoint.parameters);
    expect(done.validation).toBeUndefined();
  });

  test('and test parts have losses of their own at the end', async () => {
    const { done } = await run(STREAM, { validation: 0.2, test: 0.2 });
    expect(done.validation).toBeGreaterThan(0);
    expect(done.test).toBeGreaterThan(0);
    expect(done.test).not.toBe(done.validation);
  });
});

describe('no steps', () => {
  test('save the model as it is before training, and the state that a run goes on from', async () => {
    const untrained = await run(LINES, { limits: { steps: 0 } });
    expect(untrained.events.map(({ type }) => type)).toEqual(['start', 'checkpoint', 'checkpoint', 'done']);
    expect(untrained.done).toMatchObject({ reason: 'steps', step: 0, epoch: 0 });
    const config = untrained.best.checkpoint.model;
    expect(untrained.best.checkpoint.parameters).toEqual(freshParameters(config, String(RECIPE.seed)));
    const resumed = await run(LINES, { limits: { steps: 6 } }, { resume: checkpointOf(untrained.last.text) });
    const straight = await run(LINES, { limits: { steps: 6 } });
    expect(resumed.last.checkpoint.parameters).toEqual(straight.last.checkpoint.parameters);
  });
});

describe('learning', () => {
  test.each(VARIANTS)('“abcabc…” by heart, to a loss below 0.01: $label', async ({ label: _, ...variant }) => {
    const corpus = corpusFromText('abc'.repeat(100), { mode: 'stream' });
    // Nothing bounds a linear unit, so it needs smaller steps.
    const rate = variant.activation === 'linear' ? 0.005 : 0.02;
    const recipe = { model: { ...RECIPE.model, ...variant, hidden: 16 }, rate, limits: { steps: 400 } };
    const { steps } = await run(corpus, recipe);
    expect(steps[0]!.loss).toBeCloseTo(Math.log(3), 0);
    expect(steps.at(-1)!.loss).toBeLessThan(0.01);
  });

  test('three words as lines, to their entropy: a third of ln 3 for each choice of the first letter', async () => {
    const corpus = corpusFromText('deep\nlearn\nmachine', { mode: 'lines' });
    const { reports, start } = await run(corpus, { limits: { steps: 600 }, rate: 0.02, validateEvery: 100 });
    // Of 19 symbols (with three <stop>s), only the first of each word can't be known.
    const entropy = (3 * Math.log(3)) / start.trainSymbols;
    expect(start.trainSymbols).toBe(19);
    expect(reports.at(-1)!.point.loss).toBeGreaterThan(0.9 * entropy);
    expect(reports.at(-1)!.point.loss).toBeLessThan(1.15 * entropy);
  });

  test.each(['sgd', 'rmsprop', 'adagrad', 'adam'] as const)('with %s', async (name) => {
    const rate = { sgd: 0.3, rmsprop: 0.005, adagrad: 0.05, adam: 0.01 }[name];
    const recipe = { optimizer: { ...OPTIMIZER_DEFAULTS, name }, rate, limits: { steps: 200 } };
    const { steps } = await run(STREAM, recipe);
    expect(steps.at(-1)!.loss).toBeLessThan(0.6 * steps[0]!.loss);
  });

  test('with embeddings, two layers, identity and a schedule', async () => {
    const recipe: Partial<Recipe> = {
      model: { ...RECIPE.model, cell: 'rnn', activation: 'relu', layers: 2, embedding: 6 },
      initializer: 'identity',
      schedule: { ...SCHEDULE_DEFAULTS, name: 'cosine', warmup: 10, final: 0.1 },
      limits: { steps: 200 },
    };
    const { steps } = await run(LINES, recipe);
    expect(steps.at(-1)!.loss).toBeLessThan(0.6 * steps[0]!.loss);
    expect(steps[0]!.rate).toBeCloseTo(0.001, 12);
    expect(steps.at(-1)!.rate).toBeLessThan(0.0011);
  });
});

/** The largest of |x|. */
const largest = (numbers: Float32Array) => numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const normOf = (numbers: Float32Array) => Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0));

/** What the first update of plain gradient descent at rate 1 adds to the parameters: the gradient, clipped. */
async function firstUpdate(recipe: Partial<Recipe>): Promise<{ change: Float32Array; norm: number; clipped: number }> {
  const optimizer = { ...OPTIMIZER_DEFAULTS, name: 'sgd' as const, momentum: 0 };
  const { last, steps, reports } = await run(STREAM, { limits: { steps: 1 }, optimizer, rate: 1, ...recipe });
  const { model, parameters } = last.checkpoint;
  const manifest = new Manifest(model);
  const before = new Float32Array(manifest.size);
  initialize(before, manifest, model, new Random(`${RECIPE.seed}/parameters`));
  return {
    change: parameters.map((after, j) => before[j]! - after),
    norm: steps[0]!.gradientNorm,
    clipped: reports[0]!.point.clipped,
  };
}

describe('clipping', () => {
  test('by norm scales the whole gradient down to the limit; the event has the norm before that', async () => {
    const whole = await firstUpdate({ clipNorm: Number.POSITIVE_INFINITY });
    expect(whole.clipped).toBe(0);
    expect(normOf(whole.change)).toBeCloseTo(whole.norm, 5);
    const limit = whole.norm / 10;
    const clipped = await firstUpdate({ clipNorm: limit });
    expect(clipped.norm).toBe(whole.norm);
    expect(clipped.clipped).toBe(1);
    expect(normOf(clipped.change) / limit).toBeCloseTo(1, 4);
    const direction = clipped.change.reduce((sum, x, j) => sum + x * whole.change[j]!, 0);
    expect(direction / (normOf(clipped.change) * normOf(whole.change))).toBeCloseTo(1, 5);
  });

  test('by a norm that is not reached changes nothing', async () => {
    const whole = await firstUpdate({ clipNorm: Number.POSITIVE_INFINITY });
    expect((await firstUpdate({ clipNorm: whole.norm * 1.001 })).change).toEqual(whole.change);
  });

  test('by value cuts each element that is too large, and leaves the others as they are', async () => {
    const whole = await firstUpdate({ clipNorm: Number.POSITIVE_INFINITY });
    const limit = largest(whole.change) / 3;
    const clipped = await firstUpdate({ clipNorm: Number.POSITIVE_INFINITY, clipValue: limit });
    expect(largest(clipped.change)).toBeCloseTo(limit, 6);
    let cut = 0;
    for (const [j, change] of whole.change.entries()) {
      const inside = Math.abs(change) < limit * 0.999;
      if (inside) expect(clipped.change[j]).toBe(change);
      else cut++;
    }
    expect(cut).toBeGreaterThan(0);
  });
});

describe('a run that diverges', () => {
  /** Events, and what was thrown. */
  async function diverge(recipe: Partial<Recipe>): Promise<{ events: TrainEvent[]; error: unknown; finite: boolean }> {
    const events: TrainEvent[] = [];
    let finite = true;
    try {
      for await (const event of train(STREAM, { recipe: { ...RECIPE, ...recipe }, place: ALONE })) {
        events.push(event);
        if (event.type !== 'checkpoint') continue;
        const { parameters, resume } = event.snapshot();
        const tensors = [parameters, ...(resume?.tensors.values() ?? [])];
        finite &&= tensors.every((tensor) => tensor.every(Number.isFinite));
      }
    } catch (error) {
      return { events, error, finite };
    }
    return { events, error: undefined, finite };
  }

  const relu = { ...RECIPE.model, cell: 'rnn', activation: 'relu' } as const;
  const sgd = { ...OPTIMIZER_DEFAULTS, name: 'sgd' } as const;
  const unclipped = { clipNorm: Number.POSITIVE_INFINITY, clipValue: Number.POSITIVE_INFINITY };

  test.each([
    { what: 'sgd at a rate of 1e38', recipe: { optimizer: sgd, rate: 1e38 } },
    { what: 'a relu RNN without clipping', recipe: { model: relu, optimizer: sgd, rate: 50, ...unclipped } },
    { what: 'a relu RNN, clipped by value', recipe: { model: relu, optimizer: sgd, rate: 1e15, clipValue: 1e10 } },
    { what: 'adam at a rate of 1e30', recipe: { model: relu, rate: 1e30 } },
    { what: 'adam at a rate of 1e38', recipe: { rate: 1e38 } },
    { what: 'sgd at a rate beyond float32', recipe: { optimizer: sgd, rate: 1e45 } },
  ])('by $what ends with one line that says so; no checkpoint of it holds NaN or infinity', async ({ recipe }) => {
    const { events, error, finite } = await diverge({
      limits: { steps: 300 },
      validation: 0.1,
      validateEvery: 1,
      ...recipe,
    });
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(
      /^training diverged: [^\n]+ at step \d+; use a smaller rate \(it was [^\n]+\) or a smaller clipNorm, or onDivergence rollback$/u,
    );
    expect(finite).toBe(true);
    expect(events.map(({ type }) => type)).not.toContain('done');
  });

  test('in its very last update ends so, too', async () => {
    const { error, finite } = await diverge({ limits: { steps: 1 }, optimizer: sgd, rate: 1e45 });
    expect(error).toBeInstanceOf(UserError);
    expect(finite).toBe(true);
  });
});

test('a text that is too short, and a model that is too large for the memory, are refused in one line', async () => {
  const tiny = corpusFromText('a', { mode: 'stream' });
  const huge = { model: { ...RECIPE.model, hidden: 30_000, layers: 2 } };
  for (const attempt of [run(tiny), run(STREAM, huge), run(STREAM, huge, { place: { kernel: 'js', threads: 1 } })]) {
    const error: unknown = await attempt.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).not.toContain('\n');
  }
});

describe.runIf(FASTEST !== 'js')('a thread that dies during a run', () => {
  afterEach(() => vi.restoreAllMocks());

  test('is reported once, and the run goes on to the same bytes', async () => {
    const whole = await run(STREAM, { limits: { steps: 6 } });
    const start = Pool.prototype.start;
    let calls = 0;
    vi.spyOn(Pool.prototype, 'start').mockImplementation(function (this: Pool, call) {
      calls++;
      start.call(this, call);
      if (calls === 3) throw new ThreadFailure('a worker thread died');
    });
    const finished = await run(STREAM, { limits: { steps: 6 } }, { place: { kernel: FASTEST, threads: 2 } });
    const notices = finished.events.filter((event) => event.type === 'notice');
    expect(finished.start.threads).toBe(2);
    expect(notices).toEqual([{ type: 'notice', text: 'a worker thread died: going on with one thread' }]);
    expect(finished.last.text).toBe(whole.last.text);
  });
});
