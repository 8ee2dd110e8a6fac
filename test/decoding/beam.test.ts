import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type BeamOptions, beamSearch, type Hypothesis } from '../../src/decoding/beam.ts';
import { sampleTexts } from '../../src/decoding/sample.ts';
import { describeSequences, type SearchStep } from '../../src/decoding/search-trace.ts';
import { Stops } from '../../src/decoding/stops.ts';
import { randomSearches, stopsOf } from '../helpers/random-searches.ts';
import {
  markovModel,
  recitingModel,
  scriptedModel,
  stepperOf,
  type TinyModel,
  uniformModel,
} from '../helpers/tiny-models.ts';

const NEVER = new Stops(undefined);
const LINES = new Stops(0);

function search(model: TinyModel, options: Partial<BeamOptions> & { width: number }): readonly Hypothesis[] {
  const defaults = { prompt: [0], length: 3, finished: options.width, lengthPenalty: 0, stops: LINES };
  return beamSearch(stepperOf(model, options.width), { ...defaults, ...options });
}

const texts = (found: readonly Hypothesis[]) => found.map(({ ids }) => ids.join(''));

/** Logits whose softmax these probabilities are. */
const logs = (...probabilities: number[]) => probabilities.map(Math.log);

/** Greedy goes to 1, but the best text is 20. */
const GARDEN_PATH = markovModel([logs(0.02, 0.58, 0.4), logs(0.34, 0.36, 0.3), logs(0.9, 0.06, 0.04)]);

describe('beam search', () => {
  test('finds what greedy decoding misses, worked by hand', () => {
    expect(texts(search(GARDEN_PATH, { width: 1, length: 2 }))).toEqual(['11']);
    const found = search(GARDEN_PATH, { width: 2, length: 2, lengthPenalty: 1 });
    // Of all 9, 20 (0.36) and 11 (0.2088) are the two best; 20 ends, and 11 is cut off.
    expect(texts(found)).toEqual(['20', '11']);
    const probabilities = found.map(({ logProbability }) => Math.exp(logProbability));
    expect(probabilities).toEqual([0.36, 0.2088].map((p) => expect.closeTo(p, 6)));
    expect(found[0]).toMatchObject({ ending: 1, score: found[0]!.logProbability / 2 });
    expect(found[1]).toMatchObject({ ending: 0, score: found[1]!.logProbability / 2 });
  });

  test('narrows as hypotheses finish: those that end keep their places', () => {
    const model = scriptedModel(Array(2).fill(logs(0.5, 0.3, 0.2)));
    // 0 has one of two places, so of 10 (0.15), 20 (0.1), 11 (0.09) … only the best has the other.
    expect(texts(search(model, { width: 2, length: 2 }))).toEqual(['0', '10']);
    expect(texts(search(model, { width: 4, length: 2 }))).toEqual(['0', '10', '20', '11']);
  });

  test('saves only those that end among the k best of all', () => {
    // <stop> is the third: with k = 2 it is never saved, with k = 3 it is.
    const model = scriptedModel(Array(2).fill(logs(0.2, 0.5, 0.3)));
    expect(texts(search(model, { width: 2, length: 1 }))).toEqual(['1', '2']);
    expect(texts(search(model, { width: 3, length: 1 }))).toEqual(['0', '1', '2']);
  });

  test('puts finished hypotheses before those that were cut off, however good', () => {
    const found = search(markovModel([logs(0.1, 0.9), logs(0.1, 0.9)]), { width: 2, length: 3 });
    expect(texts(found)).toEqual(['0', '111']);
    expect(found.map(({ ending }) => ending)).toEqual([1, 0]);
    expect(found.at(-1)?.score).toBeGreaterThan(found[0]!.score);
  });

  test('ranks by the length penalty: α = 1 prefers the long text that α = 0 doesn’t', () => {
    // 0: p = 0.3; 1110: p = 0.7 · 0.62 · 0.62 · 0.99 = 0.266.
    const model = scriptedModel([logs(0.3, 0.7), logs(0.38, 0.62), logs(0.38, 0.62), logs(0.99, 0.01)]);
    const options = { width: 2, length: 4 };
    const order = (lengthPenalty: number) =>
      texts(search(model, { ...options, lengthPenalty })).filter((text) => ['0', '1110'].includes(text));
    expect(order(0)).toEqual(['0', '1110']);
    expect(order(1)).toEqual(['1110', '0']);
  });

  test('goes on from its prompt, the whole of it', () => {
    const model = recitingModel([1, 2, 3, 1, 2], 4);
    const find = (prompt: number[]) => texts(search(model, { width: 3, length: 2, stops: NEVER, prompt }))[0];
    expect(find([0])).toBe('12');
    expect(find([2, 1, 0])).toBe('31');
  });

  test('leaves nothing in the stepper that a second search could see', () => {
    const stepper = stepperOf(GARDEN_PATH, 5);
    const options = { prompt: [0, 1], width: 5, length: 4, finished: 5, lengthPenalty: 1, stops: LINES };
    expect(beamSearch(stepper, options)).toEqual(beamSearch(stepper, options));
  });
});

describe('more finished hypotheses than the width, N > k', () => {
  test('those that end give up their places, worked by hand', () => {
    // At every step 0 (the end) has 0.5, 1 has 0.3 and 2 has 0.2.
    const model = scriptedModel(Array(3).fill(logs(0.5, 0.3, 0.2)));
    const steps: SearchStep[] = [];
    const found = search(model, { width: 2, length: 3, finished: 5, trace: (step) => steps.push(step) });
    const shown = (expansions: SearchStep['kept']) =>
      expansions.map(({ ids, logProbability }) => [ids.join(''), Number(Math.exp(logProbability).toFixed(6))]);
    expect(
      steps.map(({ kept, saved, dropped, ...counts }) => ({
        ...counts,
        kept: shown(kept),
        saved: shown(saved),
        dropped: shown(dropped),
      })),
    ).toEqual([
      {
        length: 1,
        group: 0,
        expanded: 1,
        lookedAt: 3,
        kept: [
          ['1', 0.3],
          ['2', 0.2],
        ],
        saved: [['0', 0.5]],
        dropped: [],
      },
      {
        length: 2,
        group: 0,
        expanded: 2,
        lookedAt: 6,
        // 10 0.15, 20 0.1, 11 0.09, 12 and 21 0.06: 12 is the better of these two, because its parent is.
        kept: [
          ['11', 0.09],
          ['12', 0.06],
        ],
        saved: [
          ['10', 0.15],
          ['20', 0.1],
        ],
        dropped: [
          ['21', 0.06],
          ['22', 0.04],
        ],
      },
      {
        length: 3,
        group: 0,
        expanded: 2,
        lookedAt: 6,
        // 110 0.045, 120 0.03, 111 0.027, 112 and 121 0.018.
        kept: [
          ['111', 0.027],
          ['112', 0.018],
        ],
        saved: [
          ['110', 0.045],
          ['120', 0.03],
        ],
        dropped: [
          ['121', 0.018],
          ['122', 0.012],
        ],
      },
    ]);
    expect(texts(found)).toEqual(['0', '10', '20', '110', '120']);
  });

  test('one that ends is saved only where it is better than the last of those that go on', () => {
    const model = scriptedModel(Array(2).fill(logs(0.2, 0.5, 0.3)));
    expect(texts(search(model, { width: 2, length: 1, finished: 9 }))).toEqual(['1', '2']);
    expect(texts(search(model, { width: 3, length: 1, finished: 9 }))).toEqual(['0', '1', '2']);
  });

  test('one that ends and is as likely as the last that goes on is saved where it was found first', () => {
    // Of 0, 1, 2, equally likely, the end is the smallest symbol or the greatest.
    const find = (stop: number) =>
      texts(search(uniformModel(3), { width: 2, length: 1, finished: 3, stops: new Stops(stop) }));
    expect([find(0), find(2)]).toEqual([
      ['0', '1', '2'],
      ['0', '1'],
    ]);
  });

  test('with k = 1 it goes along the greedy path, and saves the end wherever it is the likeliest symbol', () => {
    const model = scriptedModel([logs(0.3, 0.7), logs(0.6, 0.4), logs(0.9, 0.1), logs(0.1, 0.9)]);
    expect(texts(search(model, { width: 1, length: 4, finished: 2 }))).toEqual(['10', '110']);
    expect(texts(search(model, { width: 1, length: 4, finished: 3 }))).toEqual(['10', '110', '1111']);
    expect(texts(search(model, { width: 1, length: 4, finished: 1 }))).toEqual(['10']);
  });

  test('a trace changes nothing', () => {
    fc.assert(
      fc.property(
        randomSearches,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        (each, width, finished) => {
          const { model, prompt, length } = each;
          const options = { prompt, width, length, finished, stops: stopsOf(each) };
          const seen: SearchStep[] = [];
          expect(search(model, { ...options, trace: (step) => seen.push(step) })).toEqual(search(model, options));
          for (const { kept, saved, dropped, lookedAt, expanded } of seen) {
            expect(lookedAt).toBe(expanded * model.config.symbols);
            expect(kept.length).toBeLessThanOrEqual(width);
            const ranks = [...kept, ...saved].map(({ rank }) => rank);
            for (const { rank } of dropped) for (const chosen of ranks) expect(rank).toBeLessThanOrEqual(chosen);
          }
        },
      ),
    );
  });
});

test.each([
  [3, 2, '9'],
  [10, 5, '100,000'],
  [65, 100, '65^100 ≈ 2.0e181'],
  [2, 20, '2^20 ≈ 1.0e6'],
  [3, 153, '3^153 ≈ 1.0e73'],
])('there are %d^%d sequences', (symbols, length, text) => {
  expect(describeSequences(symbols, length)).toBe(text);
});

describe('k = N = 1', () => {
  test('is greedy decoding, temperature 0', () => {
    fc.assert(
      fc.property(randomSearches, fc.integer({ min: 1, max: 20 }), (request, length) => {
        const { model, prompt } = request;
        const shared = { prompt, length, stops: stopsOf(request) };
        const [beam, ...others] = search(model, { ...shared, width: 1 });
        const [greedy] = sampleTexts(stepperOf(model, 1), { ...shared, temperature: 0, seed: 1 }, 1);
        expect(others).toEqual([]);
        expect(beam!.ids.slice(0, beam!.ids.length - beam!.ending)).toEqual(greedy!.ids);
        expect(beam!.ending > 0).toBe(greedy!.stopped);
        expect(beam!.logProbability).toBe(greedy!.logProbability);
      }),
    );
  });

  test('is greedy decoding where all symbols are equally likely', () => {
    expect(texts(search(uniformModel(3), { width: 1, stops: NEVER }))).toEqual(['000']);
    expect(texts(search(uniformModel(3), { width: 1 }))).toEqual(['0']);
  });
});

describe('equally likely hypotheses', () => {
  test('rank by their parent’s rank, then by their symbol', () => {
    expect(texts(search(uniformModel(3), { width: 4, stops: NEVER }))).toEqual(['000', '001', '002', '010']);
    expect(texts(search(uniformModel(3), { width: 4, length: 2 }))).toEqual(['0', '10', '11', '12']);
  });

  test('rank by their parent’s rank before their symbol', () => {
    // 01 and 10 have the same sum to the bit; the parent 1 ranks before the parent 0.
    const oneFirst = scriptedModel(Array(2).fill([0, 0.5, -9]));
    expect(texts(search(oneFirst, { width: 4, length: 2, stops: NEVER }))).toEqual(['11', '10', '01', '00']);
    const zeroFirst = scriptedModel(Array(2).fill([0.5, 0, -9]));
    expect(texts(search(zeroFirst, { width: 4, length: 2, stops: NEVER }))).toEqual(['00', '01', '10', '11']);
  });
});

describe('the search stops', () => {
  /** Calls of `step` after the prompt's one, and the texts found. */
  function count(options: Partial<BeamOptions> & { width: number }, symbols = 2): { steps: number; found: string[] } {
    const stepper = stepperOf(uniformModel(symbols), options.width);
    const step = vi.spyOn(stepper, 'step');
    const defaults = { prompt: [0], length: 9, finished: options.width, lengthPenalty: 0, stops: LINES };
    const found = texts(beamSearch(stepper, { ...defaults, ...options }));
    return { steps: step.mock.calls.length - 1, found };
  }

  test('after N finished hypotheses, and returns none that was cut off', () => {
    expect(count({ width: 2, finished: 1 })).toEqual({ steps: 0, found: ['0'] });
    expect(count({ width: 9, finished: 3 })).toEqual({ steps: 2, found: ['0', '10', '110'] });
  });

  test('with the N best where more finish together', () => {
    const stops = new Stops(undefined, [[0], [1]]);
    expect(count({ width: 3, finished: 1, stops }, 3)).toEqual({ steps: 0, found: ['0'] });
  });

  test('only when none can come to a better score than the N best', () => {
    // 0: 0.6; 10: 0.4 · 0.99, whose mean log-probability is better.
    const model = scriptedModel([logs(0.6, 0.4), logs(0.99, 0.01)]);
    const best = (lengthPenalty: number) => texts(search(model, { width: 2, length: 2, finished: 1, lengthPenalty }));
    expect([best(0), best(1)]).toEqual([['0'], ['10']]);
  });

  test('when all k have finished', () => {
    expect(count({ width: 2 })).toEqual({ steps: 1, found: ['0', '10'] });
  });

  test('at length T, its symbols counted with the end', () => {
    expect(count({ width: 2, length: 1 })).toEqual({ steps: 0, found: ['0', '1'] });
    expect(count({ width: 4, length: 3 })).toEqual({ steps: 2, found: ['0', '10', '110', '111'] });
  });

  test('where no hypothesis is left to expand', () => {
    expect(count({ width: 3, stops: new Stops(0, [[1]]) })).toEqual({ steps: 0, found: ['0', '1'] });
    expect(count({ width: 3, stops: new Stops(undefined, [[0, 0]]) }, 1)).toEqual({ steps: 1, found: ['00'] });
  });

  test('with all there are where k is larger', () => {
    const { found } = count({ width: 50, length: 3, stops: NEVER });
    expect(found).toEqual(['000', '001', '010', '011', '100', '101', '110', '111']);
  });
});

describe('a stop string', () => {
  test('of several symbols ends a hypothesis across expansions', () => {
    const model = recitingModel([1, 1, 1, 2, 3], 4);
    const [found] = search(model, { width: 2, length: 5, finished: 1, stops: new Stops(undefined, [[1, 1, 2]]) });
    expect(found).toMatchObject({ ids: [1, 1, 1, 2], ending: 3 });
  });

  test('is not looked for in the prompt', () => {
    const model = recitingModel([1, 2, 3, 3], 4);
    const stops = new Stops(undefined, [[1, 2]]);
    const [found] = search(model, { width: 1, length: 2, stops, prompt: [0, 1] });
    expect(found).toMatchObject({ ids: [2, 3], ending: 0 });
  });
});
