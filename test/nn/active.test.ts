import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/kernel/arena.ts';
import { referenceKernels } from '../../src/kernel/reference.ts';
import { SOLO, type Team } from '../../src/kernel/team.ts';
import { activeRows, positionsRun, shareRows, stepsOfRow } from '../../src/nn/active.ts';
import { type ModelOptions, modelSchema } from '../../src/nn/config.ts';
import { initialize } from '../../src/nn/initializers.ts';
import { Model } from '../../src/nn/model.ts';
import { writeSources } from '../../src/nn/source-rows.ts';
import { Random } from '../../src/random.ts';
import { VARIANTS } from '../helpers/network.ts';

/** The length of each row's sequence. */
const lengths = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 });

function activeOf(lengths: readonly number[]) {
  const steps = Math.max(...lengths);
  const B = lengths.length;
  return { steps, active: activeRows((position) => Math.floor(position / B) < lengths[position % B]!, steps, B) };
}

describe('the rows of a batch that are run', () => {
  test('are those from the first to the last that has not ended', () => {
    const { active } = activeOf([1, 3, 2, 4, 1, 0]);
    expect(active).toEqual([
      { start: 0, end: 5 },
      { start: 1, end: 4 },
      { start: 1, end: 4 },
      { start: 3, end: 4 },
    ]);
  });

  test('hold every position of every row; a row is run at its first steps', () => {
    fc.assert(
      fc.property(lengths, (lengths) => {
        const extent = activeOf(lengths);
        for (const [row, length] of lengths.entries()) {
          const isRun = extent.active.map(({ start, end }) => row >= start && row < end);
          expect(isRun.slice(0, length)).toEqual(Array(length).fill(true));
          expect(isRun.filter(Boolean)).toHaveLength(stepsOfRow(extent, row));
          expect(isRun.lastIndexOf(true) + 1).toBe(stepsOfRow(extent, row));
        }
      }),
    );
  });

  test('have as many positions as their ranges, which do not touch', () => {
    fc.assert(
      fc.property(lengths, (lengths) => {
        const extent = activeOf(lengths);
        const runs = positionsRun(extent, lengths.length);
        const positions = lengths.reduce((sum, _, row) => sum + stepsOfRow(extent, row), 0);
        expect(runs.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(positions);
        for (const [index, { start }] of runs.entries())
          if (index > 0) expect(start).toBeGreaterThan(runs[index - 1]!.end);
      }),
    );
  });

  test('are shared out to threads whole, each one once, with about as many positions for each thread', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 4 }), (lengths, size) => {
        const extent = activeOf(lengths);
        const shares = Array.from({ length: size }, (_, rank) => shareRows(team(rank, size), lengths.length, extent));
        expect(shares.flatMap(({ start, end }) => lengths.map((_, row) => row).slice(start, end))).toEqual([
          ...lengths.keys(),
        ]);
        const work = shares.map(({ start, end }) =>
          lengths.reduce((sum, _, row) => sum + (row >= start && row < end ? stepsOfRow(extent, row) : 0), 0),
        );
        const even = work.reduce((sum, own) => sum + own, 0) / size;
        for (const own of work) expect(Math.abs(own - even)).toBeLessThanOrEqual(extent.steps);
      }),
    );
  });
});

function team(rank: number, size: number): Team {
  return { ...SOLO, rank, size };
}

const SOURCES = [[1, 2], [3, 4, 5, 1, 2], [2, 2, 1], [4], [5, 3, 2, 1]];
const TARGET_LENGTHS = [3, 1, 4, 2, 1];
const ROWS = SOURCES.length;
const SOURCE_STEPS = 5;

/** A model of pairs with a batch of rows of unequal length. */
function makeRun(options: ModelOptions, dropout: ConstructorParameters<typeof Model>[3]) {
  const config = { ...modelSchema.parse(options), symbols: 6, sourceSymbols: 6 };
  const task = config.pairs!.task;
  const steps = task === 'classify' ? 1 : task === 'tag' ? SOURCE_STEPS : 4;
  const arena = new Arena(4);
  const model = new Model(arena, config, { steps, sourceSteps: SOURCE_STEPS, rows: ROWS, training: true }, dropout);
  const buffer = new ArrayBuffer(arena.bytes);
  const kernels = referenceKernels({ floats: new Float32Array(buffer), ints: new Int32Array(buffer) });
  const random = new Random(9);
  writeSources(kernels.ints, model.source!, ROWS, { start: 0, end: ROWS }, SOURCE_STEPS, SOURCES);
  for (let row = 0; row < ROWS; row++) {
    const count = task === 'tag' ? SOURCES[row]!.length : task === 'classify' ? 1 : TARGET_LENGTHS[row]!;
    for (let step = 0; step < steps; step++) {
      const at = step * ROWS + row;
      kernels.ints[model.inputs + at] = random.integer(6);
      kernels.ints[model.keep + at] = 1;
      kernels.ints[model.targets + at] = step < count ? random.integer(6) : -1;
    }
  }
  return { model, kernels, steps };
}

type Run = ReturnType<typeof makeRun>;

/** Leaves the first `count` pairs in the batch, as the last batch of an epoch has fewer pairs than rows. */
function keepPairs({ model, kernels, steps }: Run, count: number): void {
  const sources = SOURCES.map((source, row) => (row < count ? source : []));
  writeSources(kernels.ints, model.source!, ROWS, { start: 0, end: ROWS }, SOURCE_STEPS, sources);
  for (let step = 0; step < steps; step++)
    for (let row = count; row < ROWS; row++) kernels.ints[model.targets + step * ROWS + row] = -1;
}

/** Losses and gradients, of the whole grid or of the rows that have not ended. */
function learn({ model, kernels, steps }: Run, whole: boolean): number[] {
  const all = { start: 0, end: ROWS };
  const extent = whole ? { steps, sourceSteps: SOURCE_STEPS } : model.extent(kernels, steps, SOURCE_STEPS);
  const { gradients, manifest } = model.parameters;
  model.dropWeights(kernels, { start: 0, end: manifest.size }, 5);
  model.pack(kernels, SOLO);
  kernels.fill(gradients, 0, manifest.size);
  model.forward(kernels, all, extent, 5);
  model.loss(kernels, all, extent, 1);
  model.pack(kernels, SOLO, 'backward');
  model.backward(kernels, all, extent, 5);
  model.weightGradients(kernels, SOLO, extent);
  const numbers = (at: number, count: number) => [...kernels.floats.subarray(at, at + count)];
  return [...numbers(model.losses, steps * ROWS), ...numbers(gradients, manifest.size)];
}

const PAIR_MODELS = [
  { task: 'transduce' },
  { task: 'transduce', attention: 'additive', fusion: 'tanh', context: 'every' },
  { task: 'transduce', attention: 'none', bidirectional: false, reverseSource: true, context: 'every' },
  { task: 'tag' },
  { task: 'classify' },
] as const;

describe.each(VARIANTS)('what a model of pairs with a $label learns', ({ label: _, ...cell }) => {
  const dropout = { input: 0.1, layers: 0.2, output: 0.3, recurrent: 0.2, variational: cell.cell === 'gru' };

  test.each(PAIR_MODELS)(
    'of a batch with fewer pairs than rows depends on no batch before it, to the bit: %j',
    (pairs) => {
      const options = { ...cell, hidden: 5, layers: 2, embedding: 3, pairs };
      const [run, fresh] = [makeRun(options, dropout), makeRun(options, dropout)];
      for (const { model, kernels } of [run, fresh]) {
        const { manifest, values } = model.parameters;
        initialize(kernels.floats.subarray(values), manifest, model.config, new Random(7));
      }
      learn(run, false);
      for (const each of [run, fresh]) keepPairs(each, 3);
      expect(learn(run, false)).toEqual(learn(fresh, false));
    },
  );

  test.each(PAIR_MODELS)(
    'depends neither on positions behind an end nor on what they hold, to the bit: %j',
    (pairs) => {
      const options = { ...cell, hidden: 5, layers: 2, embedding: 3, pairs };
      const run = makeRun(options, dropout);
      const { manifest, values } = run.model.parameters;
      // Parameters that are not numbers leave NaN at every position.
      run.kernels.floats.fill(Number.NaN, values, values + manifest.size);
      expect(learn(run, true).some(Number.isNaN)).toBe(true);
      initialize(run.kernels.floats.subarray(values), manifest, run.model.config, new Random(7));
      const fresh = makeRun(options, dropout);
      initialize(
        fresh.kernels.floats.subarray(fresh.model.parameters.values),
        manifest,
        run.model.config,
        new Random(7),
      );
      const learned = learn(run, false);
      expect(learned).toEqual(learn(fresh, true));
      expect(learned.every(Number.isFinite)).toBe(true);
    },
  );
});
