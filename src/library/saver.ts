import { existsSync, rmSync } from 'node:fs';
import { type Message, message, option, UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { linkCheckpoint, loadCheckpoint, saveCheckpoint } from '../nn/checkpoint-file.ts';
import type { CheckpointEvent } from '../training/events.ts';
import { type Interval, isDue } from './interval.ts';
import type { Lock } from './lock.ts';
import { keptPath, lastPath } from './names.ts';
import { makeRoom, removeLater, removeSeries } from './series.ts';
import { withWholeHistory } from './whole-history.ts';

/** The least time between two writes of the same file that nobody asked for: a large model takes a second to write. */
const LEAST_GAP_MS = 10_000;

/** The longest time in which the newest state isn't written, where nothing is said. */
const SAVE_EVERY: Interval = { seconds: 300 };

/** Where a run is saved, and what is there. (A `Place` is where a run is computed.) */
export interface SavePlace {
  /** Where the best model is to be saved; the newest state is saved beside it. */
  readonly path: string;
  /** The right to write all files of the run. */
  readonly lock: Lock;
  /** How many of the newest states stay beside the model, as a series (series.ts). */
  readonly keep?: number | undefined;
  /** The run's best model so far, where it was saved elsewhere. */
  readonly best?: Checkpoint | undefined;
  /** Whether the model and states of another run may be at the path and beside it. They are replaced. */
  readonly replacesOther: boolean;
}

/**
 * Writes a run's checkpoints: the best model to `path`, the newest state beside it. What can't be written is told, once for
 * each reason, and tried again; only the end of the run is an error.
 *
 * The newest state is never on disk before the best model that it knows of: else a run that is killed and resumed from it would
 * end without. Whenever the newest state is written, the best model gets its history, so both files have the same learning curves.
 *
 * Of a series, the states are those that are saved while the run goes on, not that of its end, which is the newest state anyway: so a run that
 * is stopped and resumed has the series of one that was never stopped. A state is in the series before it is the newest one, for the
 * same reason.
 */
export class Saver {
  readonly path: string;
  readonly #lock: Lock;
  readonly #keep: number | undefined;
  readonly #every: Interval;
  /** Whether `#every` was asked for; if not, every validation is an occasion. */
  readonly #asked: boolean;
  readonly #tell: (note: Message) => void;
  readonly #started = performance.now();
  #step = 0;
  /** Kept when it is written, too: its folder may be removed. */
  #best: Checkpoint | undefined;
  #bestWaits: boolean;
  /** Whether a best model that an earlier part of this run wrote has been looked for. */
  #bestSought = false;
  /** Whether another run's files may still be there. The first file that this run writes removes the other run's other file. */
  #replacesOther: boolean;
  /** Whether another run's series may still be there. It goes with that file, or before this run adds a state to a series. */
  #otherSeries: boolean;
  #bestSaved = Number.NEGATIVE_INFINITY;
  #lastTried: number | undefined;
  /** Updates done in the newest state on disk. */
  #lastStep: number | undefined;
  /** Of the files that are behind, for they couldn't be written: why. */
  readonly #failures = new Map<string, string>();
  /** Why the last state could not be added to the series. */
  #keptFailure: string | undefined;

  constructor(place: SavePlace, every: Interval | undefined, tell: (note: Message) => void) {
    const { path, lock, keep, best, replacesOther } = place;
    this.path = path;
    this.#lock = lock;
    this.#keep = keep;
    this.#best = best;
    this.#bestWaits = best !== undefined;
    this.#replacesOther = replacesOther;
    this.#otherSeries = replacesOther;
    this.#every = every ?? SAVE_EVERY;
    this.#asked = every !== undefined;
    this.#tell = tell;
  }

  /** Whether `path` holds a model of this run. */
  get saved(): boolean {
    return this.#bestSaved > Number.NEGATIVE_INFINITY;
  }

  /** The number of updates done: to be told after each. */
  set step(step: number) {
    this.#step = step;
  }

  /** Whether the newest state is to be written now, if this is no validation. */
  get due(): boolean {
    return isDue(this.#every, this.#step, this.#lastTried ?? this.#started);
  }

  /** Keeps or writes what the trainer offers. The best model is never passed over, only written a little later. */
  take({ kind, final, snapshot }: CheckpointEvent): void {
    if (kind === 'best') {
      const best = snapshot();
      this.#best = { ...best, parameters: best.parameters.slice() }; // views hold only until training goes on
      this.#bestWaits = true;
      if (final || performance.now() - this.#bestSaved > LEAST_GAP_MS) this.#writeBest();
      return;
    }
    const occasion = !this.#asked && performance.now() - (this.#lastTried ?? -LEAST_GAP_MS) >= LEAST_GAP_MS;
    const isTimely = occasion || this.due;
    if (!final && !isTimely) return;
    this.#lastTried = performance.now();
    if (final) this.provideModel(snapshot);
    const state = snapshot();
    this.#completeBest(state);
    if (!this.#writeBest() || !this.#writeState(state, isTimely)) return;
    this.#lastStep = this.#step;
  }

  /**
   * For the end of a run that was resumed, has not become better than before, and whose best model is not there any more: the model of
   * this snapshot takes its place.
   */
  provideModel(snapshot: () => Checkpoint): void {
    if (this.#best || existsSync(this.path)) return;
    this.#tell(message`${this.path}: the run's best model isn't there any more; the newest is saved in its place`);
    const { parameters, ...rest } = snapshot();
    this.#best = { ...rest, parameters: parameters.slice(), resume: undefined };
    this.#bestWaits = true;
  }

  /** Writes what isn't yet. */
  flush(): void {
    this.#writeBest();
  }

  /** UserError where the end of the run isn't on disk. */
  requireSaved(): void {
    const [failure] = this.#failures;
    if (!failure) return;
    const [path, why] = failure;
    const left =
      this.#lastStep === undefined
        ? 'nothing of this run is'
        : message`${lastPath(this.path)} has step ${this.#lastStep}, to go on from with ${option('resume')}`;
    throw new UserError(message`${path}: the end of the run can't be saved: ${why}; ${left}`);
  }

  /** Gives the best model the history of the newest state. A run that was resumed finds its best model on disk. */
  #completeBest(state: Checkpoint): void {
    if (!this.#best && !this.#bestSought && !this.#replacesOther) {
      this.#bestSought = true;
      this.#best = loadIfThere(this.path);
    }
    const whole = this.#best && withWholeHistory(this.#best, state);
    if (!whole) return;
    this.#best = whole;
    this.#bestWaits = true;
  }

  /** Whether the best model is on disk, with all that it can do for it. */
  #writeBest(): boolean {
    if (!this.#best || (!this.#bestWaits && existsSync(this.path))) return true;
    const best = this.#best;
    if (!this.#write(this.path, () => saveCheckpoint(this.path, best))) return false;
    this.#removeOther(lastPath(this.path));
    this.#bestWaits = false;
    this.#bestSaved = performance.now();
    return true;
  }

  /** Removes the files of another run that this run replaces: beside a file of this run, they would keep the run from being resumed. */
  #removeOther(path: string): void {
    this.#removeOtherSeries();
    if (this.#replacesOther) rmSync(path, { force: true });
    this.#replacesOther = false;
  }

  #removeOtherSeries(): void {
    if (this.#otherSeries) removeSeries(this.path);
    this.#otherSeries = false;
  }

  /** Whether the newest state is on disk. Where it belongs to the series, one file has both names. */
  #writeState(state: Checkpoint, isTimely: boolean): boolean {
    const last = lastPath(this.path);
    const kept = this.#keep === undefined ? undefined : this.#keepState(state, isTimely, this.#keep);
    // Another run's model goes before this state is there: beside it, it would keep the run from being resumed.
    const clear = (): void => this.#removeOther(this.path);
    return this.#write(last, () => {
      if (kept === undefined || !linkCheckpoint(kept, last, clear)) saveCheckpoint(last, state, clear);
    });
  }

  /** Brings the series to this state, which is added where it is timely. Its file then; undefined where it can't be written, and is left out. */
  #keepState(state: Checkpoint, isTimely: boolean, most: number): string | undefined {
    const kept = keptPath(this.path, this.#step);
    try {
      this.#lock.keep();
      this.#removeOtherSeries();
      removeLater(this.path, this.#step);
      if (!isTimely) return undefined;
      makeRoom(this.path, this.#step, most);
      saveCheckpoint(kept, state);
    } catch (error) {
      const why = reasonOf(error);
      if (why !== this.#keptFailure)
        this.#tell(message`${kept}: can't be saved: ${why}; the series goes on without it`);
      this.#keptFailure = why;
      return undefined;
    }
    this.#keptFailure = undefined;
    return kept;
  }

  /** Whether `save` could write the file at `path`. */
  #write(path: string, save: () => void): boolean {
    const before = this.#failures.get(path);
    try {
      this.#lock.keep();
      save();
    } catch (error) {
      const why = reasonOf(error);
      if (why !== before) this.#tell(message`${path}: can't be saved: ${why}; going on, and trying again later`);
      this.#failures.set(path, why);
      return false;
    }
    if (before !== undefined) this.#tell(message`${path}: saved again`);
    this.#failures.delete(path);
    return true;
  }
}

/** Why a file could not be saved or removed. Throws what is no trouble of the disk. */
function reasonOf(error: unknown): string {
  if (error instanceof UserError) return error.cause instanceof Error ? error.cause.message : error.message;
  if (error instanceof Error && 'syscall' in error) return error.message;
  throw error;
}

/** The checkpoint at `path`; undefined where there is none that can be read. */
function loadIfThere(path: string): Checkpoint | undefined {
  try {
    return loadCheckpoint(path);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
