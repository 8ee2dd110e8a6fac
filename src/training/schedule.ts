export const SCHEDULES = ['constant', 'linear', 'cosine', 'step', 'plateau'] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

/** How the learning rate changes over a run. Each schedule reads those constants that it has. */
export interface ScheduleConfig {
  readonly name: ScheduleName;
  /** Steps of linear growth from 0 at the start: Adam's moments are rough then. */
  readonly warmup: number;
  /** Of linear and cosine: the share of the rate that is left at the end. */
  readonly final: number;
  /** Of step and plateau: what the rate is multiplied by at each drop. */
  readonly factor: number;
  /** Of step: drops in a run, evenly spaced. */
  readonly drops: number;
  /** Of plateau: validations without a new best before a drop. */
  readonly patience: number;
}

export const SCHEDULE_DEFAULTS: Omit<ScheduleConfig, 'name'> = {
  warmup: 100,
  final: 0.02,
  factor: 0.5,
  drops: 5,
  patience: 3,
};

/**
 * The factor of the learning rate at an update: the warm-up's, min(1, step / warmup), times the schedule's.
 *
 * - linear: 1 − (1 − final)·p
 * - cosine (Loshchilov & Hutter 2017): final + (1 − final) · ½(1 + cos πp)
 * - step: factor^⌊p · (drops + 1)⌋, up to the last of the drops
 * - plateau: factor^drops so far
 *
 * @param step the number of the update, from 1
 * @param progress p, the share of the run that is over, in [0, 1]: of its steps or of its time
 * @param plateaus drops so far because validation stood still
 */
export function rateFactor(schedule: ScheduleConfig, step: number, progress: number, plateaus = 0): number {
  const warm = schedule.warmup > 0 ? Math.min(1, step / schedule.warmup) : 1;
  return warm * courseFactor(schedule, progress, plateaus);
}

function courseFactor({ name, final, factor, drops }: ScheduleConfig, progress: number, plateaus: number): number {
  switch (name) {
    case 'constant':
      return 1;
    case 'linear':
      return 1 - (1 - final) * progress;
    case 'cosine':
      return final + (1 - final) * 0.5 * (1 + Math.cos(Math.PI * progress));
    case 'step':
      return factor ** Math.min(drops, Math.floor(progress * (drops + 1)));
    case 'plateau':
      return factor ** plateaus;
  }
}
