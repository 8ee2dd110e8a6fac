import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beamSearch, beamSearches, type Hypothesis } from '../../src/decoding/beam.ts';
import { completions, constrain, isWanted, requests, VOCABULARIES } from '../helpers/constrained-texts.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { hypothesesOf, isOver, type RandomSearch, randomSearches, stopsOf } from '../helpers/random-searches.ts';
import { markovModel, randomModel, stepperOf } from '../helpers/tiny-models.ts';
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

interface Limits {
  readonly groups: number;
  /** Of each group. */
  readonly width: number;
  readonly diversity: number;
  /** N, over all groups. */
  readonly finished: number;
}

/**
 * Beam search as the notes and Vijayakumar et al. tell it: every expansion is written out and sorted. Where N ≤ k, it goes on to the
 * length T, whatever has finished, and what has finished keeps its place; where N > k, it takes no place, and the search ends with the
 * step in which N have finished. Undefined where rounding could decide.
 */
function naiveBeam(
  search: RandomSearch,
  { groups, width, diversity, finished }: Limits,
): { over: Path[]; cut: Path[] } | undefined {
  const { model, prompt, length } = search;
  const run = new WholeRun(model, prompt.length + length);
  const over = new Map<string, Path>();
  const places = Array<number>(groups).fill(width);
  let beams: Path[][] = Array.from({ length: groups }, () => [{ ids: [], sum: 0 }]);
  for (let step = 0; step < length; step++) {
    const taken: number[] = [];
    const next: Path[][] = [];
    for (const [group, beam] of beams.entries()) {
      const all = beam
        .flatMap(({ ids, sum }) => {
          const logits = run.next([...prompt, ...ids]);
          return logits.map((_, id) => {
            const longer = sum + logProbabilityOf(logits, id);
            return {
              ids: [...ids, id],
              sum: longer,
              rank: longer - diversity * taken.filter((each) => each === id).length,
            };
          });
        })
        .sort((a, b) => b.rank - a.rank);
      if (all.some(({ rank }, at) => at > 0 && all[at - 1]!.rank - rank < TIE)) return undefined;
      const goOn = all.filter(({ ids }) => !isOver(ids, search));
      const last = finished > groups * width ? goOn[width - 1] : all[places[group]! - 1];
      const kept = last ? all.slice(0, all.indexOf(last) + 1) : places[group] === 0 ? [] : all;
      const ended = kept.filter(({ ids }) => isOver(ids, search));
      for (const path of ended) over.set(path.ids.join(''), path);
      if (finished <= groups * width) places[group]! -= ended.length;
      taken.push(...kept.map(({ ids }) => ids.at(-1)!));
      next.push(kept.filter(({ ids }) => !isOver(ids, search)));
    }
    beams = next;
    if (finished > groups * width && over.size >= finished) break;
  }
  const cut = new Map(beams.flat().map((path) => [path.ids.join(''), path]));
  return { over: [...over.values()], cut: [...cut.values()] };
}

describe('beam search of any width', () => {
  const limits = fc.record({
    width: fc.integer({ min: 1, max: 6 }),
    finished: fc.constantFrom(1, 2, 3, 5, 8, 12, Number.POSITIVE_INFINITY),
    lengthPenalty: fc.constantFrom(0, 0.5, 1, 2),
  });

  /** What is found must be the N best of what the naive search finds; where they are fewer, then all that is cut. */
  function expectBest(
    search: RandomSearch,
    naive: { over: Path[]; cut: Path[] },
    found: readonly Hypothesis[],
    N: number,
    penalty: number,
  ): void {
    const scored = naive.over.map(({ ids, sum }) => ({ ids, sum, score: sum / ids.length ** penalty }));
    scored.sort((a, b) => b.score - a.score);
    fc.pre(scored.every(({ score }, at) => at === 0 || scored[at - 1]!.score - score > TIE));
    const sums = (paths: readonly Path[]) => new Map(paths.map(({ ids, sum }) => [ids.join(''), sum]));
    const finished = Math.min(N, scored.length);
    expectSame(found.slice(0, finished), sums(scored.slice(0, finished)), penalty, 1e-9);
    expectSame(found.slice(finished), scored.length < N ? sums(naive.cut) : new Map(), penalty, 1e-9);
    for (const [at, hypothesis] of found.entries()) {
      expect(hypothesis.finished).toBe(at < finished);
      expect(isOver(hypothesis.ids, search)).toBe(hypothesis.finished);
    }
  }

  test('finds the N best that a search finds that writes out and sorts every expansion', () => {
    fc.assert(
      fc.property(randomSearches, limits, (search, { width, finished, lengthPenalty }) => {
        const naive = naiveBeam(search, { groups: 1, width, diversity: 0, finished });
        fc.pre(naive !== undefined);
        const { model, prompt, length } = search;
        const options = { prompt, width, length, finished, lengthPenalty, stops: stopsOf(search) };
        expectBest(search, naive!, beamSearch(stepperOf(model, width), options), finished, lengthPenalty);
      }),
      { numRuns: 300 },
    );
  });

  test('so it does with groups that keep away from each other’s symbols', () => {
    fc.assert(
      fc.property(
        randomSearches,
        limits,
        fc.integer({ min: 2, max: 4 }),
        fc.constantFrom(0, 0.5, 3),
        (search, { width, finished, lengthPenalty }, groups, diversity) => {
          const naive = naiveBeam(search, { groups, width, diversity, finished });
          fc.pre(naive !== undefined);
          const { model, prompt, length } = search;
          const together = { prompt, width: width * groups, length, finished, lengthPenalty, groups, diversity };
          const found = beamSearch(stepperOf(model, width * groups), { ...together, stops: stopsOf(search) });
          expectBest(search, naive!, found, finished, lengthPenalty);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('finds the same for each of many prompts side by side, to the bit, in order', () => {
    const symbols = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        randomSearches,
        limits,
        fc.array(symbols, { maxLength: 12 }),
        fc.nat(20),
        (search, given, prompts, spare) => {
          fc.pre(search.model.config.symbols > 1);
          const options = { ...given, length: search.length, stops: stopsOf(search) };
          const { width } = given;
          const single = stepperOf(search.model, width);
          const expected = prompts.map((prompt) => beamSearch(single, { ...options, prompt }));
          expect([...beamSearches(stepperOf(search.model, width + spare), options, prompts)]).toEqual(expected);
        },
      ),
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

describe('beam search under constraints', () => {
  test('finds every completion that meets them, if it is wide enough, with the sum that the model gives it and its end', () => {
    fc.assert(
      fc.property(requests, (request) => {
        fc.pre(request.vocabulary.stop !== undefined && request.strings.length === 0 && request.length < 5);
        const possible = new Set(completions(request));
        fc.pre(possible.size > 0);
        const { vocabulary, seed, length } = request;
        const model = randomModel({ symbols: vocabulary.size, hidden: 4 }, seed, 3);
        const width = vocabulary.size ** (length - 1);
        const { constraint, stops } = constrain(request);
        const options = { prompt: [0], width, length, finished: Number.POSITIVE_INFINITY, lengthPenalty: 1, stops };
        const found = beamSearch(stepperOf(model, width), { ...options, constraint });
        const run = new WholeRun(model, length + 1);
        fc.pre(constraint !== undefined);
        expect(found.map(({ ids }) => vocabulary.decode(ids)).sort()).toEqual([...possible].sort());
        for (const { ids, logProbability, finished, symbols } of found) {
          expect({ finished, symbols }).toEqual({ finished: true, symbols: ids.length });
          expect(logProbability).toBeCloseTo(run.logProbability([0], ids), 9);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('finds none but those that meet them, of any width, with stop strings, in a stream, too', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 5 }), (request, width) => {
        const possible = new Set(completions(request));
        fc.pre(possible.size > 0);
        const { vocabulary, seed, length } = request;
        const { constraint, stops } = constrain(request);
        fc.pre(constraint !== undefined);
        const model = randomModel({ symbols: vocabulary.size, hidden: 4 }, seed, 3);
        const options = { prompt: [0], width, length, finished: width, lengthPenalty: 0.5, stops, constraint };
        const found = beamSearch(stepperOf(model, width), options);
        expect(found.length).toBeGreaterThan(0);
        for (const { ids, ending } of found) {
          const text = vocabulary.decode(ids.slice(0, ids.length - ending));
          expect(possible).toContain(text);
          expect(isWanted(text, request.options)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('a completion of a stream that ends where its shape would be left has the probability of all symbols that leave it', () => {
    const { vocabulary } = { vocabulary: VOCABULARIES.stream }; // " ", a, b, c
    const request = { vocabulary, options: { match: 'a+' }, strings: [], length: 3, seed: 1 };
    const { constraint, stops } = constrain(request);
    const model = markovModel([1, 2, 3, 4].map((row) => [0, row / 4, -row / 4, 1]));
    const options = { prompt: [0], width: 9, length: 3, finished: 9, lengthPenalty: 0, stops, constraint };
    const found = beamSearch(stepperOf(model, 9), options);
    const p = (table: number, id: number) => Math.exp(logProbabilityOf([0, table / 4, -table / 4, 1], id));
    const expected = { a: p(1, 1) * (1 - p(2, 1)), aa: p(1, 1) * p(2, 1) * (1 - p(2, 1)), aaa: p(1, 1) * p(2, 1) ** 2 };
    const probabilities = found.map(
      ({ ids, logProbability }) => [vocabulary.decode(ids), Math.exp(logProbability)] as const,
    );
    expect(Object.fromEntries(probabilities)).toEqual(
      Object.fromEntries(Object.entries(expected).map(([text, each]) => [text, expect.closeTo(each, 9)])),
    );
    expect(found.map(({ finished }) => finished)).toEqual([true, true, false]);
  });

  test('no n symbols come twice where they mustn’t', () => {
    fc.assert(
      fc.property(randomSearches, fc.integer({ min: 1, max: 2 }), (search, noRepeat) => {
        const { model, prompt, length } = search;
        const options = { width: 4, length, finished: 4, lengthPenalty: 1, stops: stopsOf(search), noRepeat };
        for (const { ids } of beamSearch(stepperOf(model, 4), { ...options, prompt })) {
          const text = [...prompt, ...ids].filter((id) => id !== search.stop);
          const grams = text
            .slice(0, text.length - noRepeat + 1)
            .map((_, at) => text.slice(at, at + noRepeat).join(''));
          const before = Math.max(0, prompt.filter((id) => id !== search.stop).length - noRepeat + 1);
          for (const gram of grams.slice(before)) expect(grams.filter((other) => other === gram)).toHaveLength(1);
        }
      }),
    );
  });
});
