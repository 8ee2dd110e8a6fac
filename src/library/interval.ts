import * as z from 'zod';

/** How often something happens in a run: after so many steps, or so long. */
export const intervalSchema = z.union([
  z.strictObject({ steps: z.int().min(1) }),
  z.strictObject({ seconds: z.number().positive() }),
]);

export type Interval = Readonly<z.output<typeof intervalSchema>>;

/**
 * Whether it is time.
 *
 * @param step the number of updates done
 * @param since when it happened last, or else when the run began, as `performance.now()` has it
 */
export function isDue(interval: Interval, step: number, since: number): boolean {
  if ('steps' in interval) return step % interval.steps === 0;
  return performance.now() - since >= 1000 * interval.seconds;
}
