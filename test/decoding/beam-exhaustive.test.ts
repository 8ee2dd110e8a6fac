import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beamSearch, type Hypothesis } from '../../src/decoding/beam.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { hypothesesOf, isOver, type RandomSearch, randomSearches, stopsOf } from '../helpers/random-searches.ts';
import { stepperOf } from '../helpers/tiny-models.ts';
import { logProbabilityOf, WholeRun } from '../helpers/whole-run.ts';

/** All texts, each with the sum that one forward pass over the whole of it gives: those that are over, and those cut off. */
function enumerate(search: RandomSearch): { over: Map<string, number>; cut: Map<string, number> } {
  const { model, prompt, length } = search;
  const run = new WholeRun(model, prompt.length + length);
  const over = new Map<string, number>();
  const cut = new Map<string, number>();
  const grow = (ids: readonly number[]): void => {
    for (let id = 0; id < model.config.symbols; id++) {
      const longer = [...ids, id];
      if (isOver(longer, search)) over.set(longer.join(''), run.logProbability(prompt, longer));
      else if (longer.length === length) cut.set(longer.join(''), run.logProbability(prompt, longer));
      else grow(longer);
    }
  };
  grow([]);
  return { over, cut };
}

function expectSame(found: readonly Hypothesis[], all: Map<string, number>, penalty: number, tolerance: number): void {
  expect(found.map(({ ids }) => ids.join('')).sort()).toEqual([...all.keys()].sort());
  for (const { ids, logProbability, score } of found) {
    const sum = all.get(ids.join(''))!;
    expect(Math.abs(logProbability - sum)).toBeLessThanOrEqual(tolerance * Math.abs(sum) + 1e-12);
    expect(Math.abs(score - sum / ids.length ** penalty)).toBeLessThanOrEqual(tolerance * Math.abs(sum) + 1e-12);
  }
  const scores = found.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
}

/**
 * On the kernels in plain JavaScript a step at a time gives the same float32 logits as the whole text at once. The WebAssembly kernels
 * have gates of their own.
 */
const TOLERANCES = { js: 1e-9, wasm128: 1e-4, wasm256: 1e-4 };

describe.each(KERNEL_CHOICES.map((choice) => ({ choice, name: choice.name, tolerance: TOLERANCES[choice.name] })))(
  'beam search wide enough for every hypothesis, $name',
  ({ choice, tolerance }) => {
    test.each([0, 0.5, 1])(
      `finds all that exhaustive search finds, α = %d, relative error < ${tolerance}`,
      (penalty) => {
        fc.assert(
          fc.property(randomSearches, fc.integer({ min: 0, max: 3 }), (search, spare) => {
            const { model, prompt, length } = search;
            const width = hypothesesOf(search) + spare;
            const found = beamSearch(stepperOf(model, width, choice), {
              prompt,
              width,
              length,
              finished: Number.POSITIVE_INFINITY,
              lengthPenalty: penalty,
              stops: stopsOf(search),
            });
            const { over, cut } = enumerate(search);
            const finished = found.slice(0, over.size);
            for (const { ids, ending } of finished) {
              const endings = [search.stop === ids.at(-1) ? 1 : 0, ...search.strings.map((string) => string.length)];
              expect(ending).toBeGreaterThan(0);
              expect(endings).toContain(ending);
            }
            for (const { ending } of found.slice(over.size)) expect(ending).toBe(0);
            expectSame(finished, over, penalty, tolerance);
            expectSame(found.slice(over.size), cut, penalty, tolerance);
          }),
          { numRuns: 150 },
        );
      },
    );
  },
);

/** A node of the naive search. */
interface Path {
  readonly ids: readonly number[];
  readonly sum: number;
}

/** Two sums closer than this may be ranked either way by rounding. */
const TIE = 1e-9;

/** Beam search as the notes tell it: every expansion is written out and sorted. Undefined where rounding could decide. */
function naiveBeam(search: RandomSearch, width: number, most: number): { over: Path[]; cut: Path[] } | undefined {
  const { model, prompt, length } = search;
  const run = new WholeRun(model, prompt.length + length);
  const over: Path[] = [];
  let beam: readonly Path[] = [{ ids: [], sum: 0 }];
  for (let step = 0; step < length && over.length < most; step++) {
    const all = beam
      .flatMap(({ ids, sum }) => {
        const logits = run.next([...prompt, ...ids]);
        return logits.map((_, id) => ({ ids: [...ids, id], sum: sum + logProbabilityOf(logits, id) }));
      })
      .sort((a, b) => b.sum - a.sum);
    if (all.some(({ sum }, at) => at > 0 && all[at - 1]!.sum - sum < TIE)) return undefined;
    over.push(...all.slice(0, width).filter(({ ids }) => isOver(ids, search)));
    beam = all.filter(({ ids }) => !isOver(ids, search)).slice(0, width);
  }
  return { over, cut: over.length < most ? [...beam] : [] };
}

describe('beam search of any width', () => {
  const limits = fc.record({
    width: fc.integer({ min: 1, max: 6 }),
    finished: fc.constantFrom(1, 2, 3, 5, Number.POSITIVE_INFINITY),
    lengthPenalty: fc.constantFrom(0, 0.5, 1),
  });

  test('finds what a search that writes out and sorts every expansion finds', () => {
    fc.assert(
      fc.property(randomSearches, limits, (search, { width, finished, lengthPenalty }) => {
        const naive = naiveBeam(search, width, finished);
        fc.pre(naive !== undefined);
        const { model, prompt, length } = search;
        const options = { prompt, width, length, finished, lengthPenalty, stops: stopsOf(search) };
        const found = beamSearch(stepperOf(model, width), options);
        const sums = (paths: readonly Path[]) => new Map(paths.map(({ ids, sum }) => [ids.join(''), sum]));
        expectSame(found.slice(0, naive!.over.length), sums(naive!.over), lengthPenalty, 1e-9);
        expectSame(found.slice(naive!.over.length), sums(naive!.cut), lengthPenalty, 1e-9);
      }),
      { numRuns: 300 },
    );
  });

  test('reports the sum that the model gives for the string, and no string goes on after its end', () => {
    fc.assert(
      fc.property(randomSearches, limits, (search, { width, finished, lengthPenalty }) => {
        const { model, prompt, length } = search;
        const run = new WholeRun(model, prompt.length + length);
        const options = { prompt, width, length, finished, lengthPenalty, stops: stopsOf(search) };
        for (const { ids, ending, logProbability } of beamSearch(stepperOf(model, width), options)) {
          const sum = run.logProbability(prompt, ids);
          expect(Math.abs(logProbability - sum)).toBeLessThanOrEqual(1e-9 * Math.abs(sum) + 1e-12);
          for (let end = 1; end < ids.length; end++) expect(isOver(ids.slice(0, end), search)).toBe(false);
          expect(isOver(ids, search)).toBe(ending > 0);
          expect(ids.length).toBeLessThanOrEqual(length);
          if (ending === 0) expect(ids.length).toBe(length);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('finds no likelier text than exhaustive search, and no less when N or T grows (α = 0)', () => {
    const best = (found: readonly Hypothesis[]) => {
      const sums = found.filter(({ ending }) => ending > 0).map(({ logProbability }) => logProbability);
      return Math.max(Number.NEGATIVE_INFINITY, ...sums);
    };
    fc.assert(
      fc.property(randomSearches, fc.integer({ min: 1, max: 6 }), (search, width) => {
        const { model, prompt, length } = search;
        const stepper = stepperOf(model, width);
        const options = { prompt, width, lengthPenalty: 0, stops: stopsOf(search) };
        const find = (finished: number, T: number) => best(beamSearch(stepper, { ...options, finished, length: T }));
        const { over } = enumerate(search);
        const bound = Math.max(Number.NEGATIVE_INFINITY, ...over.values());
        const widest = find(Number.POSITIVE_INFINITY, length);
        expect(widest).toBeLessThanOrEqual(bound + 1e-9);
        expect(find(2, length)).toBeLessThanOrEqual(widest);
        expect(find(1, length)).toBeLessThanOrEqual(find(2, length));
        expect(find(Number.POSITIVE_INFINITY, length - 1)).toBeLessThanOrEqual(widest);
      }),
    );
  });
});
