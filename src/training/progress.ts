import { type History, type HistoryPoint, isBetter, StretchSums, thinned, type Validation } from './history.ts';
import type { ResumeRecord, RunRecord } from './record.ts';
import type { UpdateStatistics } from './statistics.ts';

/** How far a run is, and how it has gone. With the tensors and the place in the text, this decides how the run goes on. */
export class Progress {
  /** Updates done. */
  step = 0;
  /** Epochs read, with fraction. */
  epoch = 0;
  history: History = [];
  /** What validation found of the best model so far. */
  best: Validation = {};
  /** Validations since the best, or since the last that was more accurate. */
  sinceBest = 0;
  /** Drops of the learning rate because validation stood still. */
  plateaus = 0;
  /** Validations since the last such drop, or since the best. */
  sincePlateau = 0;
  /** How often the run has diverged and gone back. */
  rollbacks = 0;
  /** Steps of the last phase (finish.ts), once it is over. */
  finishSteps = 0;
  /** Sums since the last point of the history. */
  readonly sums = new StretchSums();
  /** The learning rate of the last update. */
  rate = 0;
  /** Statistics of the last update, where it was watched. */
  statistics: UpdateStatistics | undefined;

  /**
   * Takes a validation into account. Returns whether the model is the best so far; where nothing is held out, the newest model counts as
   * the best. Validation stands still where the loss does not fall or, where accuracy selects, where the accuracy does not rise: a loss that
   * goes on falling at the same accuracy does not keep a run alive.
   */
  judge(found: Validation, plateauPatience: number): boolean {
    if (found.validation === undefined) return true;
    const isNewBest = isBetter(found, this.best);
    const goesOn = found.accuracy === undefined ? isNewBest : found.accuracy > (this.best.accuracy ?? -1);
    if (isNewBest) this.best = found;
    this.sinceBest = goesOn ? 0 : this.sinceBest + 1;
    this.sincePlateau = goesOn ? 0 : this.sincePlateau + 1;
    if (this.sincePlateau >= plateauPatience) {
      this.plateaus++;
      this.sincePlateau = 0;
    }
    return isNewBest;
  }

  /** Ends a stretch of the learning curve: adds its point to the history, and returns the point. */
  addPoint({ validation, accuracy }: Validation, test: number | undefined): HistoryPoint {
    const { loss, gradientNorm, clipped } = this.sums.takeMeans();
    // The order of the keys is that of the checkpoint's bytes.
    const point: HistoryPoint = {
      step: this.step,
      epoch: this.epoch,
      loss,
      ...(validation === undefined ? {} : { validation }),
      ...(accuracy === undefined ? {} : { accuracy }),
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
      best: best.validation ?? null,
      bestAccuracy: best.accuracy,
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
    this.best = record.best === null ? {} : { validation: record.best, accuracy: record.bestAccuracy };
    this.sinceBest = record.sinceBest;
    this.plateaus = record.plateaus;
    this.sincePlateau = record.sincePlateau;
    this.rollbacks = record.rollbacks;
    this.sums.restore(record.tally);
  }
}
