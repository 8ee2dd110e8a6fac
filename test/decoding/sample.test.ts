import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type Sample, type SampleOptions, sampleTexts } from '../../src/decoding/sample.ts';
import { Stops } from '../../src/decoding/stops.ts';
import { chiSquaredRatio } from '../helpers/chi-squared.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { VARIANTS } from '../helpers/network.ts';
import { markovModel, randomModel, recitingModel, stepperOf, uniformModel } from '../helpers/tiny-models.ts';
import { logProbabilityOf, WholeRun } from '../helpers/whole-run.ts';

const NEVER = new Stops(undefined);
/** Lines mode: symbol 0 is `<stop>`. */
const LINES = new Stops(0);

const OPTIONS: SampleOptions = { prompt: [0], temperature: 1, length: 12, stops: LINES, seed: 1 };

const MODEL = randomModel({ layers: 2, symbols: 4, hidden: 6 }, 11, 3);

function textsOf(samples: Iterable<Sample>): string[] {
  return [...samples].map(({ ids }) => ids.join(''));
}

/** Every text of at most `length` symbols with its probability: an end is written too, as 0. */
function probabilities(run: WholeRun, prompt: readonly number[], length: number, temperature: number, symbols: number) {
  const all = new Map<string, number>();
  const grow = (ids: readonly number[], probability: number): void => {
    if (ids.length === length || ids.at(-1) === 0) {
      all.set(ids.join(''), probability);
      return;
    }
    const logits = run.next([...prompt, ...ids]);
    for (let id = 0; id < symbols; id++) {
      grow([...ids, id], probability * Math.exp(logProbabilityOf(logits, id, temperature)));
    }
  };
  grow([], 1);
  return all;
}

describe('frequencies of sampled texts', () => {
  test.each([0.5, 1, 2])('of one symbol follow softmax(logits / τ), τ = %d (χ², p > 0.001)', (temperature) => {
    const table = [
      [0.25, -1, 1.5, 0.5],
      [0, 0, 0, 9],
      [0, 0, 9, 0],
      [9, 0, 0, 0],
    ];
    const options = { ...OPTIONS, temperature, length: 1, stops: NEVER, seed: 'symbols' };
    const drawn = textsOf(sampleTexts(stepperOf(markovModel(table), 8), options, 20_000));
    const expected = table[0]!.map((_, id): [string, number] => [
      String(id),
      Math.exp(logProbabilityOf(table[0]!, id, temperature)),
    ]);
    expect(chiSquaredRatio(drawn, new Map(expected))).toBeLessThan(1);
  });

  test.each(
    KERNEL_CHOICES.flatMap((choice) => [0.5, 1, 2].map((temperature) => ({ choice, name: choice.name, temperature }))),
  )('are the products of their symbols’ probabilities, τ = $temperature, $name (χ², p > 0.001)', (given) => {
    const { choice, temperature } = given;
    const prompt = [0, 2];
    const options = { ...OPTIONS, prompt, temperature, length: 4, seed: 'texts' };
    const samples = sampleTexts(stepperOf(MODEL, 64, choice), options, 20_000);
    const drawn = [...samples].map(({ ids, stopped }) => ids.join('') + (stopped ? '0' : ''));
    const expected = probabilities(new WholeRun(MODEL, 8), prompt, 4, temperature, 4);
    expect(expected.size).toBe(121); // 1 + 3 + 9 + 27 that end, 81 that don't
    expect(chiSquaredRatio(drawn, expected)).toBeLessThan(1);
    const other = probabilities(new WholeRun(MODEL, 8), prompt, 4, temperature * 1.5, 4);
    expect(chiSquaredRatio(drawn, other)).toBeGreaterThan(1);
  });
});

describe('temperature 0', () => {
  test('takes the likeliest symbol every time', () => {
    const run = new WholeRun(MODEL, 16);
    const [sample] = sampleTexts(stepperOf(MODEL, 1), { ...OPTIONS, temperature: 0, stops: NEVER }, 1);
    const ids: number[] = [];
    while (ids.length < OPTIONS.length) {
      const logits = run.next([0, ...ids]);
      ids.push(logits.indexOf(Math.max(...logits)));
    }
    expect(sample?.ids).toEqual(ids);
  });

  test('takes the smallest id of equals', () => {
    const [sample] = sampleTexts(stepperOf(uniformModel(3), 1), { ...OPTIONS, temperature: 0, stops: NEVER }, 1);
    expect(sample?.ids).toEqual(Array(12).fill(0));
  });

  test('gives the same text for every index and seed', () => {
    const options = { ...OPTIONS, temperature: 0, stops: NEVER };
    const texts = new Set([1, 2].flatMap((seed) => textsOf(sampleTexts(stepperOf(MODEL, 2), { ...options, seed }, 3))));
    expect(texts.size).toBe(1);
  });
});

describe('a text', () => {
  test.each(KERNEL_CHOICES)(
    'is the same for its index and seed, whatever the count and the rows, in order ($name)',
    (k) => {
      for (const variant of VARIANTS) {
        // Linear units grow without bound where the weights are large, and all texts are then the same.
        const scale = variant.activation === 'linear' ? 1 : 2;
        const model = randomModel({ ...variant, layers: 2, symbols: 5, hidden: 7 }, 13, scale);
        const runs = [1, 3, 64].flatMap((rows) => {
          const stepper = stepperOf(model, rows, k);
          // The same stepper twice: what a run leaves behind must not matter.
          return [70, 5].map((count) => [
            ...sampleTexts(stepper, { ...OPTIONS, stops: new Stops(0, [[2, 3]]) }, count),
          ]);
        });
        const longest = runs[0]!;
        expect(longest.map(({ index }) => index)).toEqual(Array.from({ length: 70 }, (_, index) => index));
        expect(new Set(longest.map(({ ids }) => ids.length)).size).toBeGreaterThan(2);
        for (const run of runs) expect(run).toEqual(longest.slice(0, run.length));
        expect(runs.map((run) => run.length)).toEqual([70, 5, 70, 5, 70, 5]);
      }
    },
  );

  test('is another for another seed or index', () => {
    const options = { ...OPTIONS, stops: NEVER, length: 40 };
    const texts = ['1', '2', 1].flatMap((seed) => textsOf(sampleTexts(stepperOf(MODEL, 4), { ...options, seed }, 20)));
    expect(new Set(texts).size).toBe(40); // seed 1 and seed '1' are the same
  });

  test('goes on from its prompt, the whole of it', () => {
    const model = recitingModel([1, 2, 3, 1, 2], 4);
    const options = { ...OPTIONS, length: 2, stops: NEVER };
    for (const rows of [1, 3]) {
      expect(textsOf(sampleTexts(stepperOf(model, rows), { ...options, prompt: [0] }, 4))).toEqual(Array(4).fill('12'));
      expect(textsOf(sampleTexts(stepperOf(model, rows), { ...options, prompt: [0, 0, 0] }, 4))).toEqual(
        Array(4).fill('31'),
      );
    }
  });

  test('has the log-probability that the model gives its symbols and its end, at any temperature, error < 1e-9', () => {
    const run = new WholeRun(MODEL, 16);
    for (const temperature of [0, 0.5, 1, 2]) {
      const prompt = [0, 3];
      const options = { ...OPTIONS, prompt, temperature, length: 8 };
      for (const { ids, stopped, logProbability } of sampleTexts(stepperOf(MODEL, 5), options, 40)) {
        const expected = run.logProbability(prompt, stopped ? [...ids, 0] : ids);
        expect(Math.abs(logProbability - expected)).toBeLessThan(1e-9 * Math.abs(expected));
      }
    }
  });

  test('is yielded as soon as it and those before it are over: the first of a billion comes at once', () => {
    const stepper = stepperOf(MODEL, 3);
    const step = vi.spyOn(stepper, 'step');
    const [first] = sampleTexts(stepper, { ...OPTIONS, stops: NEVER }, 1e9);
    expect(first?.index).toBe(0);
    expect(step).toHaveBeenCalledTimes(12); // the prompt, and all but the last symbol
  });
});

test('no text gives nothing', () => {
  expect([...sampleTexts(stepperOf(MODEL, 3), OPTIONS, 0)]).toEqual([]);
});

describe('the end of a text', () => {
  test('is <stop>, which the text doesn’t have, or the length', () => {
    const texts = [...sampleTexts(stepperOf(uniformModel(3), 7), { ...OPTIONS, length: 4 }, 300)];
    for (const { ids, stopped } of texts) {
      expect(ids).not.toContain(0);
      expect(ids.length).toBeLessThanOrEqual(stopped ? 3 : 4);
      if (!stopped) expect(ids.length).toBe(4);
    }
    // Those that stop at the first symbol, at the last, and not at all.
    const kinds = new Set(texts.map(({ ids, stopped }) => `${ids.length} ${stopped}`));
    expect([...kinds].sort()).toEqual(['0 true', '1 true', '2 true', '3 true', '4 false']);
  });

  test('is a stop string at its first occurrence: partial matches stay', () => {
    const recite = (text: number[], stop: number[]) => {
      const options = { ...OPTIONS, length: text.length, stops: new Stops(undefined, [stop]) };
      const [sample] = sampleTexts(stepperOf(recitingModel(text, 4), 1), options, 1);
      return { ids: sample?.ids, stopped: sample?.stopped };
    };
    expect(recite([1, 1, 1, 1, 2, 3], [1, 1, 2])).toEqual({ ids: [1, 1], stopped: true });
    expect(recite([1, 1, 1, 1], [1, 1, 2])).toEqual({ ids: [1, 1, 1, 1], stopped: false });
    expect(recite([1, 2, 1, 2, 1, 3, 3], [1, 2, 1, 3])).toEqual({ ids: [1, 2], stopped: true });
    expect(recite([3, 1, 2], [1, 2])).toEqual({ ids: [3], stopped: true }); // ends with the very last symbol
    expect(recite([1, 2, 3], [1, 2])).toEqual({ ids: [], stopped: true });
  });

  test('cuts the text that would be drawn without stops, at the first place where one of them ends', () => {
    const stepper = stepperOf(uniformModel(2), 3);
    const symbols = fc.integer({ min: 0, max: 1 });
    const strings = fc.array(fc.array(symbols, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(strings, fc.nat(), fc.integer({ min: 1, max: 40 }), (given, seed, length) => {
        const whole = [...sampleTexts(stepper, { ...OPTIONS, length, stops: NEVER, seed }, 5)];
        const stops = new Stops(undefined, given);
        for (const { index, ids, stopped } of sampleTexts(stepper, { ...OPTIONS, length, stops, seed }, 5)) {
          const text = whole[index]!.ids.join('');
          const ends = given.flatMap((each) => {
            const at = text.indexOf(each.join(''));
            return at < 0 ? [] : [at + each.length];
          });
          const end = Math.min(...ends);
          expect(stopped).toBe(ends.length > 0);
          const rest = text.slice(ids.length, stopped ? end : undefined);
          expect(text.startsWith(ids.join(''))).toBe(true);
          // Where two strings end at one place, either may be cut off.
          if (stopped) expect(given.map((each) => each.join(''))).toContain(rest);
          else expect(rest).toBe('');
          for (const each of given) expect(ids.join('')).not.toContain(each.join(''));
        }
      }),
    );
  });
});
