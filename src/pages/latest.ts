/**
 * Runs one task at a time. A task that is asked for while another runs waits for its end; of several that wait, only the newest runs. So a
 * worker is never asked for what nobody wants any more.
 */
export class Latest {
  #running: Promise<void> | undefined;
  #next: (() => Promise<void>) | undefined;
  readonly #onBusy: (isBusy: boolean) => void;

  /** @param onBusy is told when the first of some tasks begins, and when the last has ended */
  constructor(onBusy: (isBusy: boolean) => void = () => {}) {
    this.#onBusy = onBusy;
  }

  run(task: () => Promise<void>): void {
    this.#next = task;
    this.#running ??= this.#runAll();
  }

  async #runAll(): Promise<void> {
    this.#onBusy(true);
    try {
      while (this.#next) {
        const task = this.#next;
        this.#next = undefined;
        await task();
      }
    } finally {
      this.#running = undefined;
      this.#onBusy(false);
    }
  }
}
