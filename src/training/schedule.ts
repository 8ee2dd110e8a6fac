import { cosineOfPi } from '../kernel/cosine.ts';
import { power } from '../kernel/power.ts';
import type { ScheduleConfig } from './recipe.ts';

/**
 * The factor of the learning rate at an update: the warm-up's, min(1, step / warmup), times the schedule's.
 *
 * - linear: 1 − (1 − final)·p
 * - cosine (Loshchilov & Hutter 2017): final + (1 − final) · ½(1 + cos πp)
 * - step: factor^⌊p · (drops + 1)⌋, up to the last of the drops
 * - plateau: factor^plateaus
 *
 * @param step the number of the update, from 1
 * @param progress p, the share of the run that is over, in [0, 1]
 * @param plateaus how often the rate has dropped because validation stood still
 */
export function rateFactor(schedule: ScheduleConfig, step: number, progress: number, plateaus = 0): number {
  const warm = schedule.warmup > 0 ? Math.min(1, step / schedule.warmup) : 1;
  return warm * scheduleFactor(schedule, progress, plateaus);
}

function scheduleFactor({ name, final, factor, drops }: ScheduleConfig, progress: number, plateaus: number): number {
  switch (name) {
    case 'constant':
      return 1;
    case 'linear':
      return 1 - (1 - final) * progress;
    case 'cosine':
      return final + (1 - final) * 0.5 * (1 + cosineOfPi(progress));
    case 'step':
      return power(factor, Math.min(drops, Math.floor(progress * (drops + 1))));
    case 'plateau':
      return power(factor, plateaus);
  }
}
