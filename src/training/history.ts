import { z } from 'zod';
import type { UpdateStatistics } from './statistics.ts';

/** A point of the learning curve: means since the point before. No times, so that equal runs have equal histories. */
export const historySchema = z.array(
  z.strictObject({
    step: z.int(),
    /** Epochs read, with fraction. */
    epoch: z.number(),
    /** Training loss in nats a symbol: of an ensemble, the mean of its members' own. */
    loss: z.number(),
    /** Validation loss, where there is a validation part. */
    validation: z.number().optional(),
    /** Test loss, where there is a test part and the model was the best so far. */
    test: z.number().optional(),
    /** Norm of the gradient, clipped by value but not yet by norm: of an ensemble, the mean of its members'. */
    gradientNorm: z.number(),
    /** Share of gradients, one a step and member, that were clipped by norm. */
    clipped: z.number(),
    /** Learning rate of the last step. */
    rate: z.number(),
    /** Of the last step, where it was watched (training/statistics.ts): ‖Δθ‖ / ‖θ‖. */
    updateRatio: z.number().optional(),
    /** Likewise, by layer and gate: shares of activations below 0.1 and above 0.9. */
    saturation: z.array(z.array(z.strictObject({ gate: z.string(), low: z.number(), high: z.number() }))).optional(),
  }),
);
export type History = z.infer<typeof historySchema>;
export type HistoryPoint = History[number];

/** Sums over the steps since the last point of the history. */
export class Tally {
  #steps = 0;
  #losses = 0;
  #symbols = 0;
  #norms = 0;
  #clipped = 0;

  /** @param clipped the share of members whose gradient was clipped */
  add(losses: number, symbols: number, norm: number, clipped: number): void {
    this.#steps++;
    this.#losses += losses;
    this.#symbols += symbols;
    this.#norms += norm;
    this.#clipped += clipped;
  }

  /** The means, and back to nothing. */
  take(
    step: number,
    epoch: number,
    rate: number,
    held: Pick<HistoryPoint, 'validation' | 'test'>,
    update?: UpdateStatistics,
  ): HistoryPoint {
    const point = {
      step,
      epoch,
      loss: this.#losses / this.#symbols,
      ...held,
      gradientNorm: this.#norms / this.#steps,
      clipped: this.#clipped / this.#steps,
      rate,
      ...(update ? (structuredClone(update) as Pick<HistoryPoint, 'updateRatio' | 'saturation'>) : {}),
    };
    this.restore([0, 0, 0, 0, 0]);
    return point;
  }

  /** The sums, to be taken up again by `restore`. */
  get state(): number[] {
    return [this.#steps, this.#losses, this.#symbols, this.#norms, this.#clipped];
  }

  restore([steps = 0, losses = 0, symbols = 0, norms = 0, clipped = 0]: readonly number[]): void {
    this.#steps = steps;
    this.#losses = losses;
    this.#symbols = symbols;
    this.#norms = norms;
    this.#clipped = clipped;
  }
}

/** The point whose model was the best: of the smallest validation loss, or the last where nothing was held out. */
export function bestPoint(history: History): HistoryPoint | undefined {
  const validated = history.filter(({ validation }) => validation !== undefined);
  if (validated.length === 0) return history.at(-1);
  return validated.reduce((best, point) => (point.validation! < best.validation! ? point : best));
}
