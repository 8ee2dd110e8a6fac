import { type History, type HistoryPoint, Tally } from './history.ts';
import type { RunRecord, TrainerProgress } from './run.ts';
import type { UpdateStatistics } from './statistics.ts';

/** How far a run is, and how it has gone: all that decides how it goes on, besides tensors and the place in the text. */
export class RunState {
  /** Updates done. */
  step = 0;
  /** Epochs read, with fraction. */
  epoch = 0;
  history: History = [];
  /** Smallest validation loss so far. */
  best = Number.POSITIVE_INFINITY;
  /** Validations since the best. */
  sinceBest = 0;
  /** Drops of the learning rate because validation stood still, and validations since the last drop or the best. */
  plateaus = 0;
  sincePlateau = 0;
  /** Times that the run has diverged and gone back. */
  rollbacks = 0;
  readonly tally = new Tally();

  /** Takes a validation loss into account; whether it is the best so far. Where nothing is held out, the newest model counts as the best. */
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

  /** Ends a stretch of the learning curve. */
  report(
    rate: number,
    validation: number | undefined,
    test: number | undefined,
    update: UpdateStatistics | undefined,
  ): HistoryPoint {
    const held = { ...(validation === undefined ? {} : { validation }), ...(test === undefined ? {} : { test }) };
    const point = this.tally.take(this.step, this.epoch, rate, held, update);
    this.history.push(point);
    return point;
  }

  /** What a checkpoint keeps besides the run's record. */
  get progress(): Omit<TrainerProgress, 'batches' | 'rollback' | 'seconds'> {
    const { best, sinceBest, plateaus, sincePlateau, rollbacks, tally } = this;
    return {
      best: Number.isFinite(best) ? best : null,
      sinceBest,
      plateaus,
      sincePlateau,
      rollbacks,
      tally: tally.state,
    };
  }

  restore({ step, epoch, history }: RunRecord, progress: TrainerProgress): void {
    this.step = step;
    this.epoch = epoch;
    this.history = [...history];
    this.best = progress.best ?? Number.POSITIVE_INFINITY;
    this.sinceBest = progress.sinceBest;
    this.plateaus = progress.plateaus;
    this.sincePlateau = progress.sincePlateau;
    this.rollbacks = progress.rollbacks;
    this.tally.restore(progress.tally);
  }
}
