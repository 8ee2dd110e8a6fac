import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Repeats } from '../../src/decoding/repeats.ts';
import { sampleTexts } from '../../src/decoding/sample.ts';
import { Stops } from '../../src/decoding/stops.ts';
import { randomModel, stepperOf } from '../helpers/tiny-models.ts';

function adjusted(ids: readonly number[], options: ConstructorParameters<typeof Repeats>[0], stop?: number): number[] {
  const repeats = new Repeats(options, stop);
  for (const id of ids) repeats.add(id);
  const logs = new Float64Array([-1, -2, -3, -4]);
  repeats.adjust(logs);
  return [...logs];
}

describe('no-repeat', () => {
  test('holds back what has followed the same n − 1 symbols before', () => {
    const never = Number.NEGATIVE_INFINITY;
    expect(adjusted([1, 2, 3, 1, 2], { noRepeat: 3 })).toEqual([-1, -2, -3, never]);
    expect(adjusted([1, 2, 3, 1, 2], { noRepeat: 2 })).toEqual([-1, -2, -3, never]);
    expect(adjusted([1, 2, 3, 1, 2], { noRepeat: 4 })).toEqual([-1, -2, -3, -4]);
    expect(adjusted([1, 3], { noRepeat: 1 })).toEqual([-1, never, -3, never]);
    expect(adjusted([], { noRepeat: 2 })).toEqual([-1, -2, -3, -4]);
  });

  test('leaves no n symbols that come twice, the prompt’s included, and ends where nothing is left', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.nat(), (n, seed) => {
        const model = randomModel({ symbols: 3, hidden: 4 }, seed, 3);
        const prompt = [1, 2, 1];
        const options = { prompt, temperature: 1, length: 60, stops: new Stops(undefined), seed, noRepeat: n };
        for (const { ids, stopped, met } of sampleTexts(stepperOf(model, 2), options, 3)) {
          const text = [...prompt, ...ids];
          const grams = text.slice(0, text.length - n + 1).map((_, at) => text.slice(at, at + n).join(''));
          const fresh = grams.slice(Math.max(0, prompt.length - n + 1));
          for (const gram of fresh) expect(grams.filter((other) => other === gram)).toHaveLength(1);
          // There are 3ⁿ.
          expect(ids.length).toBeLessThanOrEqual(3 ** n);
          expect({ stopped, met }).toEqual({ stopped: false, met: true });
        }
      }),
    );
  });
});

describe('the repetition penalty', () => {
  test('multiplies the log-probabilities of symbols in the window, once', () => {
    expect(adjusted([0, 1, 1, 3], { repetitionPenalty: 2 })).toEqual([-2, -4, -3, -8]);
    expect(adjusted([0, 1, 1, 3], { repetitionPenalty: 2, repetitionWindow: 2 })).toEqual([-1, -4, -3, -8]);
    expect(adjusted([0, 1], { repetitionPenalty: 0.5 })).toEqual([-0.5, -1, -3, -4]);
  });

  test('has a window of 64 where nothing is said', () => {
    expect(adjusted([0, ...Array(64).fill(1)], { repetitionPenalty: 2 })).toEqual([-1, -4, -3, -4]);
    expect(adjusted([0, ...Array(63).fill(1)], { repetitionPenalty: 2 })).toEqual([-2, -4, -3, -4]);
  });

  test('is not for <stop>', () => {
    expect(adjusted([0, 1, 0], { repetitionPenalty: 2, noRepeat: 1 }, 0)[0]).toBe(-1);
  });
});
