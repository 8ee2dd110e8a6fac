import { type History, type HistoryPoint, StretchSums, thinned } from './history.ts';
import type { ResumeRecord, RunRecord } from './record.ts';
import type { UpdateStatistics } from './statistics.ts';

/** How far a run is, and how it has gone. With the tensors and the place in the text, this decides how the run goes on. */
export class Progress {
  /** Updates done. */
  step = 0;
  /** Epochs read, with fraction. */
  epoch = 0;
  history: History = [];
  /** The smallest validation loss so far. */
  best = Number.POSITIVE_INFINITY;
  /** Validations since the best. */
  sinceBest = 0;
  /** Drops of the learning rate because validation stood still. */
  plateaus = 0;
  /** Validations since the last such drop, or since the best. */
  sincePlateau = 0;
  /** How often the run has diverged and gone back. */
  rollbacks = 0;
  /** Sums since the last point of the history. */
  readonly sums = new StretchSums();
  /** The learning rate of the last update. */
  rate = 0;
  /** Statistics of the last update, where it was watched. */
  statistics: UpdateStatistics | undefined;

  /**
   * Takes a validation loss into account. Returns whether the model is the best so far; where nothing is held out, the newest model
   * counts as the best.
   */
  judge(loss: number | undefined, plateauPatience: number): boolean {
    if (loss === undefined) return true;
    if (loss < this.best) {
      this.best = loss;
      this.sinceBest = 0;
      this.sincePlateau = 0;
      return true;
    }
    this.sinceBest++;
    this.sincePlateau++;
    if (this.sincePlateau >= plateauPatience) {
      this.plateaus++;
      this.sincePlateau = 0;
    }
    return false;
  }

  /** Ends a stretch of the learning curve: adds its point to the history, and returns the point. */
  addPoint(validation: number | undefined, test: number | undefined): HistoryPoint {
    const { loss, gradientNorm, clipped } = this.sums.takeMeans();
    // The order of the keys is that of the checkpoint's bytes.
    const point: HistoryPoint = {
      step: this.step,
      epoch: this.epoch,
      loss,
      ...(validation === undefined ? {} : { validation }),
      ...(test === undefined ? {} : { test }),
      gradientNorm,
      clipped,
      rate: this.rate,
      ...structuredClone(this.statistics),
    };
    this.history.push(point);
    this.history = thinned(this.history);
    return point;
  }

  /** What a checkpoint keeps besides the run's record. */
  get record(): Omit<ResumeRecord, 'batches' | 'rollback' | 'seconds'> {
    const { best, sinceBest, plateaus, sincePlateau, rollbacks, sums } = this;
    return {
      best: Number.isFinite(best) ? best : null,
      sinceBest,
      plateaus,
      sincePlateau,
      rollbacks,
      tally: sums.state,
    };
  }

  restore({ step, epoch, history }: RunRecord, record: ResumeRecord): void {
    this.step = step;
    this.epoch = epoch;
    this.history = [...history];
    this.best = record.best ?? Number.POSITIVE_INFINITY;
    this.sinceBest = record.sinceBest;
    this.plateaus = record.plateaus;
    this.sincePlateau = record.sincePlateau;
    this.rollbacks = record.rollbacks;
    this.sums.restore(record.tally);
  }
}
