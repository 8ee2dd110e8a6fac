import type { TrainingOptions } from '../../browser/index.ts';
import type { Choices } from './protocol.ts';

/** Reports of a run: enough for a curve, and the first comes soon. */
const REPORTS = 40;

/** The learning rate stays what the page says it is: it neither grows at first nor falls later. */
export const SCHEDULE = { name: 'constant', warmup: 0 } as const;

/** Steps between validations. */
export function validationInterval({ steps }: Pick<Choices, 'steps'>): number {
  return Math.max(1, Math.round(steps / REPORTS));
}

/** The recipe of a run. */
export function recipeOf(choices: Choices): TrainingOptions {
  const { cell, layers, hidden, bptt, batch, rate, steps, validation, seed } = choices;
  return {
    model: { cell, layers, hidden },
    bptt,
    ...(batch === undefined ? {} : { batch }),
    rate,
    schedule: SCHEDULE,
    limits: { steps },
    validation,
    validateEvery: validationInterval(choices),
    seed,
  };
}
