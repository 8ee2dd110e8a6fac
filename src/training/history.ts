import * as z from 'zod';

/**
 * The learning curve. Each point has means over the steps since the report before. It has no times, so equal runs have equal histories. A
 * long run keeps some of its points only: see `thinned`.
 */
export const historySchema = z.array(
  z.strictObject({
    step: z.int(),
    /** Epochs read, with fraction. */
    epoch: z.number(),
    /** Training loss in nats a symbol; for an ensemble, the mean of its members' losses. */
    loss: z.number(),
    /** Validation loss in nats a symbol, where there is a validation part. */
    validation: z.number().optional(),
    /** Share of the validation part that is predicted right, where accuracy selects the best model (training/hits.ts). */
    accuracy: z.number().optional(),
    /** Test loss in nats a symbol, where there is a test part and the model was the best so far. */
    test: z.number().optional(),
    /** Norm of the gradient, clipped by value but not yet by norm; for an ensemble, the mean of its members' norms. */
    gradientNorm: z.number(),
    /** Share of the gradients that were clipped by norm; each step has one gradient a member. */
    clipped: z.number(),
    /** Learning rate of the last step. */
    rate: z.number(),
    /** ‖Δθ‖ / ‖θ‖ of the last step, where it was watched (training/statistics.ts). */
    updateRatio: z.number().optional(),
    /** Of the same step, by layer and gate: shares of activations below 0.1 and above 0.9. */
    saturation: z.array(z.array(z.strictObject({ gate: z.string(), low: z.number(), high: z.number() }))).optional(),
  }),
);
export type History = z.infer<typeof historySchema>;
export type HistoryPoint = History[number];

/** Sums over the steps since the last point of the history. */
export class StretchSums {
  #steps = 0;
  #losses = 0;
  #symbols = 0;
  #norms = 0;
  #clipped = 0;

  /**
   * Adds a step.
   *
   * @param losses the sum of its losses, in nats, and `symbols` how many there are
   * @param norm the norm of its gradient
   * @param clipped the share of members whose gradient was clipped
   */
  add(losses: number, symbols: number, norm: number, clipped: number): void {
    this.#steps++;
    this.#losses += losses;
    this.#symbols += symbols;
    this.#norms += norm;
    this.#clipped += clipped;
  }

  /** The means over the stretch; a new stretch begins. */
  takeMeans(): Pick<HistoryPoint, 'loss' | 'gradientNorm' | 'clipped'> {
    const loss = this.#losses / this.#symbols;
    const gradientNorm = this.#norms / this.#steps;
    const clipped = this.#clipped / this.#steps;
    this.restore([0, 0, 0, 0, 0]);
    return { loss, gradientNorm, clipped };
  }

  /** The sums, as `restore` takes them. */
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

/** The most points of a history. With 64 layers, they are less than half of the values that a checkpoint may have (nn/checkpoint-limits.ts). */
export const MOST_POINTS = 2000;

/** The newest points, none of which is dropped: more than divergence.ts looks back. */
const NEWEST = 100;

/**
 * A history of at most `MOST_POINTS` points. A longer one loses points until at most half as many are left: of every d steps, the first
 * point stays, where d is the smallest power of two that is enough. These always stay, too: the first point, the newest 100, the point of the
 * best model, and the point of the smallest training loss before the newest 100. So everything that a run decides by its history is the
 * same with all of its points.
 *
 * The rule reads nothing but the points. So a resumed run has the history of a run that was not stopped.
 */
export function thinned(history: History): History {
  if (history.length <= MOST_POINTS) return history;
  const older = history.slice(0, -NEWEST);
  const newest = history.slice(-NEWEST);
  const least = older.reduce((one, other) => (other.loss < one.loss ? other : one));
  const kept = new Set([bestPoint(history), least]);
  for (let distance = 2; ; distance *= 2) {
    const left = spaced(older, distance, kept);
    if (left.length + NEWEST <= MOST_POINTS / 2) return [...left, ...newest];
  }
}

/** The first point of every `distance` steps, and those of `kept`. */
function spaced(points: History, distance: number, kept: ReadonlySet<HistoryPoint | undefined>): History {
  let last: number | undefined;
  return points.filter((point) => {
    const stretch = Math.floor(point.step / distance);
    const isFirst = stretch !== last;
    last = stretch;
    return isFirst || kept.has(point);
  });
}

/** What validation found. */
export type Validation = Pick<HistoryPoint, 'validation' | 'accuracy'>;

/** Whether a model is better than another: by accuracy, where that was measured and is not equal, else by the loss. */
export function isBetter(one: Validation, other: Validation): boolean {
  const [accuracy = 0, otherAccuracy = 0] = [one.accuracy, other.accuracy];
  if (accuracy !== otherAccuracy) return accuracy > otherAccuracy;
  const { validation = Number.POSITIVE_INFINITY } = one;
  return validation < (other.validation ?? Number.POSITIVE_INFINITY);
}

/** The point whose model was the best (`isBetter`), the first of equal ones; or the last point where nothing was held out. */
export function bestPoint(history: History): HistoryPoint | undefined {
  const validated = history.filter(({ validation }) => validation !== undefined);
  if (validated.length === 0) return history.at(-1);
  return validated.reduce((best, point) => (isBetter(point, best) ? point : best));
}
