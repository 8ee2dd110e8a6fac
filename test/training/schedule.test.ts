import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SCHEDULE_DEFAULTS } from '../../src/training/complete-recipe.ts';
import { SCHEDULES, type ScheduleConfig } from '../../src/training/recipe.ts';
import { rateFactor } from '../../src/training/schedule.ts';

const constant: ScheduleConfig = { ...SCHEDULE_DEFAULTS, name: 'constant', warmup: 0, final: 0 };
const cosine: ScheduleConfig = { ...constant, name: 'cosine' };
const linear: ScheduleConfig = { ...constant, name: 'linear' };
const stepwise: ScheduleConfig = { ...constant, name: 'step', factor: 0.1, drops: 2 };

describe('the rate’s factor', () => {
  test.each([
    { schedule: constant, step: 1, progress: 0, factor: 1 },
    { schedule: constant, step: 999, progress: 1, factor: 1 },
    { schedule: { ...constant, warmup: 4 }, step: 1, progress: 0, factor: 1 / 4 },
    { schedule: { ...constant, warmup: 4 }, step: 3, progress: 0, factor: 3 / 4 },
    { schedule: { ...constant, warmup: 4 }, step: 4, progress: 0, factor: 1 },
    { schedule: { ...constant, warmup: 4 }, step: 5, progress: 0, factor: 1 },
    { schedule: cosine, step: 1, progress: 0, factor: 1 },
    { schedule: cosine, step: 9, progress: 1 / 3, factor: 3 / 4 }, // cos 60° = 1/2
    { schedule: cosine, step: 9, progress: 1 / 2, factor: 1 / 2 },
    { schedule: cosine, step: 9, progress: 2 / 3, factor: 1 / 4 },
    { schedule: cosine, step: 9, progress: 1, factor: 0 },
    { schedule: { ...cosine, final: 0.2 }, step: 9, progress: 1 / 2, factor: 0.6 },
    { schedule: { ...cosine, final: 0.2 }, step: 9, progress: 1, factor: 0.2 },
    { schedule: { ...cosine, final: 0.2, warmup: 10 }, step: 5, progress: 1 / 2, factor: 0.3 },
    { schedule: linear, step: 9, progress: 1 / 4, factor: 3 / 4 },
    { schedule: { ...linear, final: 0.2 }, step: 9, progress: 1 / 2, factor: 0.6 },
    { schedule: stepwise, step: 9, progress: 0.3, factor: 1 },
    { schedule: stepwise, step: 9, progress: 0.34, factor: 0.1 },
    { schedule: stepwise, step: 9, progress: 0.67, factor: 0.01 },
    { schedule: stepwise, step: 9, progress: 1, factor: 0.01 },
  ])('of $schedule at step $step, progress $progress is $factor', ({ schedule, step, progress, factor }) => {
    expect(rateFactor(schedule, step, progress)).toBeCloseTo(factor, 14);
  });

  test('of plateau falls with each plateau, and with nothing else', () => {
    const schedule: ScheduleConfig = { ...constant, name: 'plateau', factor: 0.5 };
    expect([0, 1, 3].map((plateaus) => rateFactor(schedule, 9, 0.9, plateaus))).toEqual([1, 0.5, 0.125]);
  });

  test('is never outside [0, 1], and after the warm-up never grows', () => {
    const schedules = fc.record({
      name: fc.constantFrom(...SCHEDULES),
      factor: fc.double({ min: 0, max: 1, noNaN: true }),
      drops: fc.nat(20),
      patience: fc.constant(1),
      warmup: fc.integer({ min: 0, max: 100 }),
      final: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const steps = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(schedules, steps, steps, (schedule, one, other) => {
        const factors = [Math.min(one, other), Math.max(one, other)].map((step) =>
          rateFactor(schedule, step, step / 1000),
        );
        for (const factor of factors) expect(factor >= 0 && factor <= 1).toBe(true);
        if (Math.min(one, other) >= schedule.warmup) expect(factors[1]).toBeLessThanOrEqual(factors[0]! + 1e-15);
      }),
    );
  });
});
