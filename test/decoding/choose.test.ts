import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Chooser } from '../../src/decoding/choose.ts';
import { Random } from '../../src/random.ts';
import { chiSquaredRatio } from '../helpers/chi-squared.ts';
import { logProbabilityOf } from '../helpers/whole-run.ts';

const DRAWS = 50_000;
const LOGITS = [0.5, -1, 2, 0, -3, 1.25];

function* draw(logits: readonly number[], temperature: number, seed: string): Generator<string> {
  const chooser = new Chooser(logits.length, { temperature });
  const random = new Random(seed);
  for (let n = 0; n < DRAWS; n++) yield String(chooser.choose(Float32Array.from(logits), random)!.id);
}

/** Chooses with a generator that gives `uniform`. */
function chooseAt(uniform: number, logits: readonly number[], temperature: number): number {
  const random = new Random('');
  vi.spyOn(random, 'next').mockReturnValue(uniform);
  return new Chooser(logits.length, { temperature }).choose(Float32Array.from(logits), random)!.id;
}

describe('Chooser', () => {
  test.each([0.5, 1, 2])('draws from softmax(logits / τ), τ = %d (χ², p > 0.001)', (temperature) => {
    const expected = LOGITS.map((_, id): [string, number] => [
      String(id),
      Math.exp(logProbabilityOf(LOGITS, id, temperature)),
    ]);
    expect(chiSquaredRatio(draw(LOGITS, temperature, 'frequencies'), new Map(expected))).toBeLessThan(1);
  });

  test('of another temperature draws visibly differently: the test above can fail', () => {
    const expected = LOGITS.map((_, id): [string, number] => [String(id), Math.exp(logProbabilityOf(LOGITS, id, 1.1))]);
    expect(chiSquaredRatio(draw(LOGITS, 1, 'frequencies'), new Map(expected))).toBeGreaterThan(2);
  });

  test('with τ = 0 takes the likeliest, of equals the smallest id, and draws no random number', () => {
    const random = new Random('');
    const next = vi.spyOn(random, 'next');
    fc.assert(
      fc.property(fc.array(fc.constantFrom<number>(-1e30, -2, 0, 1, 3), { minLength: 1, maxLength: 20 }), (logits) => {
        const { id } = new Chooser(logits.length, { temperature: 0 }).choose(Float32Array.from(logits), random)!;
        expect(id).toBe(logits.indexOf(Math.max(...logits)));
      }),
    );
    expect(next).not.toHaveBeenCalled();
  });

  test.each([1e-3, 1e-30, 1e-310])('with τ = %d is as with τ = 0: no weight overflows or all vanish', (temperature) => {
    for (const uniform of [0, 0.5, 1 - 2 ** -53]) {
      expect(chooseAt(uniform, [1, 3, 2], temperature)).toBe(1);
      expect(chooseAt(uniform, [-1e30, -2e30, -3e30], temperature)).toBe(0);
    }
  });

  test.each([1e-3, 1e-6, 1e-30])('with τ = %d draws among equally likeliest symbols evenly', (temperature) => {
    expect([0.2, 0.4, 0.9].map((uniform) => chooseAt(uniform, [5, 4, 5, 5], temperature))).toEqual([0, 2, 3]);
  });

  test('never draws a symbol of probability 0, at either end of the uniform numbers', () => {
    const never = Number.NEGATIVE_INFINITY;
    for (const temperature of [0.5, 1, 2]) {
      expect(chooseAt(0, [never, 0, 0, never], temperature)).toBe(1);
      expect(chooseAt(1 - 2 ** -53, [never, 0, 0, never], temperature)).toBe(2);
    }
  });

  test('gives the log-probability at temperature 1 whatever the temperature, error < 1e-12', () => {
    const random = new Random('log');
    for (const temperature of [0, 0.5, 1, 2]) {
      const chooser = new Chooser(LOGITS.length, { temperature });
      for (let n = 0; n < 50; n++) {
        const { id, logProbability } = chooser.choose(Float32Array.from(LOGITS), random)!;
        expect(logProbability).toBeCloseTo(logProbabilityOf(LOGITS, id), 12);
      }
    }
  });
});
