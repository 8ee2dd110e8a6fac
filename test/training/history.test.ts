import { describe, expect, test } from 'vitest';
import { hasDiverged, isFarAboveBest } from '../../src/training/divergence.ts';
import {
  bestPoint,
  type History,
  type HistoryPoint,
  isBetter,
  MOST_POINTS,
  thinned,
} from '../../src/training/history.ts';

const point = (step: number, loss = 2, validation?: number): HistoryPoint => ({
  step,
  epoch: step / 100,
  loss,
  ...(validation === undefined ? {} : { validation }),
  gradientNorm: 1,
  clipped: 0,
  rate: 0.01,
});

/** The history of a run that reports `count` times. */
function historyOf(
  count: number,
  of: (step: number) => HistoryPoint,
): { history: History; whole: History; most: number } {
  let history: History = [];
  const whole: History = [];
  let most = 0;
  for (let step = 1; step <= count; step++) {
    whole.push(of(step));
    history.push(whole.at(-1)!);
    history = thinned(history);
    most = Math.max(most, history.length);
  }
  return { history, whole, most };
}

describe('the history of a long run', () => {
  test('keeps every point up to its bound', () => {
    const { history, whole } = historyOf(MOST_POINTS, (step) => point(step));
    expect(history).toEqual(whole);
  });

  test('never has more points than its bound, which lie evenly apart', () => {
    const { history, most } = historyOf(50_000, (step) => point(step));
    expect(most).toBe(MOST_POINTS);
    const steps = history.map(({ step }) => step);
    expect(steps[0]).toBe(1);
    expect(steps.at(-1)).toBe(50_000);
    const gaps = steps.slice(1).map((step, at) => step - steps[at]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(64);
    expect(history.length).toBeGreaterThan(MOST_POINTS / 4);
  });

  test('keeps the best model, and decides about divergence as the whole history would', () => {
    // The smallest training loss, and later the smallest validation loss, in the middle of what is dropped.
    const of = (step: number) =>
      point(step, step === 1235 ? 0.5 : step % 7 === 0 ? 3.2 : 1.4, step === 3333 ? 1 : 2 + (step % 5));
    let history: History = [];
    const whole: History = [];
    for (let step = 1; step <= 9000; step++) {
      whole.push(of(step));
      history = thinned([...history, whole.at(-1)!]);
      if (step % 97 > 0) continue;
      expect(bestPoint(history)).toBe(bestPoint(whole));
      expect(isFarAboveBest(history, 50)).toBe(isFarAboveBest(whole, 50));
      expect(hasDiverged(history, 50, false)).toBe(hasDiverged(whole, 50, false));
    }
    const rising = (from: History) => {
      const points = [...from];
      for (let step = 9001; step <= 9040; step++) points.push(point(step, 3.9));
      return hasDiverged(thinned(points), 50, false);
    };
    expect([rising(history), rising(whole)]).toEqual([true, true]);
  });

  test('depends on its points only, so that a run that is resumed anywhere has the same', () => {
    const { history } = historyOf(7000, (step) => point(step, 1 + (step % 13), 3 - step / 7000));
    const { history: begun } = historyOf(4321, (step) => point(step, 1 + (step % 13), 3 - step / 7000));
    let resumed = JSON.parse(JSON.stringify(begun)) as History;
    for (let step = 4322; step <= 7000; step++)
      resumed = thinned([...resumed, point(step, 1 + (step % 13), 3 - step / 7000)]);
    expect(resumed).toEqual(history);
  });
});

describe('the best model', () => {
  test('is the first of those with the smallest validation loss, or the last where nothing was held out', () => {
    expect(bestPoint([point(1, 2, 1.5), point(2, 2, 1.4), point(3, 2, 1.4), point(4, 1)])?.step).toBe(2);
    expect(bestPoint([point(1), point(2)])?.step).toBe(2);
    expect(bestPoint([])).toBeUndefined();
  });

  test('is the one with the greatest accuracy, where that was measured; of equal ones the loss decides', () => {
    const found = (step: number, validation: number, accuracy: number) => ({ ...point(step, 2, validation), accuracy });
    expect(bestPoint([found(1, 1, 0.5), found(2, 1.6, 0.75), found(3, 1.5, 0.75), found(4, 0.2, 0.7)])?.step).toBe(3);
    expect(isBetter({ validation: 3, accuracy: 0 }, {})).toBe(true);
    expect(isBetter({ validation: 3, accuracy: 0.5 }, { validation: 3, accuracy: 0.5 })).toBe(false);
  });
});
