import type { Checkpoint } from '../nn/checkpoint.ts';
import { saveCheckpoint } from '../nn/checkpoint-file.ts';
import type { CheckpointEvent } from '../training/events.ts';
import { lastPath } from './checkpoints.ts';

/** The least time between two writes of the same file, but for the last: a large model takes a second to write. */
const SAVE_EVERY_MS = 10_000;

/** Writes a run's checkpoints: the best model to `path`, the newest state beside it. */
export class Saver {
  readonly path: string;
  #best: Checkpoint | undefined;
  #bestSaved = Number.NEGATIVE_INFINITY;
  #lastSaved = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.path = path;
  }

  /** Whether `path` holds a model of this run. */
  get saved(): boolean {
    return this.#bestSaved > Number.NEGATIVE_INFINITY;
  }

  /** Keeps or writes what the trainer offers. The best model is never passed over, only written a little later. */
  take({ kind, final, snapshot }: CheckpointEvent): void {
    const now = performance.now();
    if (kind === 'best') {
      this.#best = snapshot();
      if (final || now - this.#bestSaved > SAVE_EVERY_MS) this.flush();
      else this.#best = { ...this.#best, parameters: this.#best.parameters.slice() }; // views hold only until training goes on
    } else if (final || now - this.#lastSaved > SAVE_EVERY_MS) {
      saveCheckpoint(lastPath(this.path), snapshot());
      this.#lastSaved = performance.now();
    }
  }

  /** Writes the best model, if it isn't yet. */
  flush(): void {
    if (!this.#best) return;
    saveCheckpoint(this.path, this.#best);
    this.#best = undefined;
    this.#bestSaved = performance.now();
  }
}
