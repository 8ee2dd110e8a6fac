import type { TrainEvent } from '../../browser/index.ts';
import type { Progress } from './protocol.ts';

/** How long steps are gathered before the page is told of them, in milliseconds. */
const GATHERED_MS = 100;

/** Gathers the steps of a run, so that the page is told of them some times a second. */
export class Meter {
  #last: Extract<TrainEvent, { type: 'step' }> | undefined;
  #steps = 0;
  #losses = 0;
  #symbols = 0;
  #since = performance.now();

  add(event: Extract<TrainEvent, { type: 'step' }>): void {
    this.#last = event;
    this.#steps++;
    this.#losses += event.loss;
    this.#symbols += event.symbols;
  }

  get isDue(): boolean {
    return performance.now() - this.#since >= GATHERED_MS;
  }

  /** What the steps since the last call come to; undefined where there was none. */
  take(): Progress | undefined {
    if (!this.#last) return undefined;
    const { step, epoch, rate } = this.#last;
    const seconds = (performance.now() - this.#since) / 1000;
    const progress: Progress = {
      kind: 'progress',
      step,
      epoch,
      rate,
      loss: this.#losses / this.#steps,
      perSecond: this.#symbols / seconds,
    };
    this.restart();
    return progress;
  }

  /** Begins to gather anew: after a pause, which counts for nothing. */
  restart(): void {
    this.#last = undefined;
    [this.#steps, this.#losses, this.#symbols] = [0, 0, 0];
    this.#since = performance.now();
  }
}
