export const SCHEDULES = ['constant', 'cosine'] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

/** How the learning rate changes over a run. */
export interface ScheduleConfig {
  readonly name: ScheduleName;
  /** Steps of linear growth from 0 at the start: Adam's moments are rough then. */
  readonly warmup: number;
  /** Of cosine: the share of the rate that is left at the end. */
  readonly final: number;
}

/**
 * The factor of the learning rate at an update.
 *
 * Warm-up: min(1, step / warmup). Cosine (Loshchilov & Hutter 2017): final + (1 − final) · ½(1 + cos πp).
 *
 * @param step the number of the update, from 1
 * @param progress p, the share of the run that is over, in [0, 1]: of its steps or of its time
 */
export function rateFactor(schedule: ScheduleConfig, step: number, progress: number): number {
  const warm = schedule.warmup > 0 ? Math.min(1, step / schedule.warmup) : 1;
  if (schedule.name === 'constant') return warm;
  return warm * (schedule.final + (1 - schedule.final) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
