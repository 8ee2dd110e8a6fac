import { type Message, message, UserError } from '../errors.ts';
import type { RunEvent } from '../library/run.ts';
import { exactly } from './completions.ts';
import { Output } from './output.ts';
import { ReaderGone } from './text.ts';

/** Standard output of a run. Where its reader has gone, or it can no longer be written, training goes on all the same. */
export class RunReport {
  readonly #output = new Output();
  readonly #say: (text: string | Message) => void;
  #failed = false;
  #symbols = 0;
  #since = performance.now();

  constructor(say: (text: string | Message) => void) {
    this.#say = say;
  }

  /**
   * Progress as JSON Lines: all but single steps, and checkpoints without their contents. To a report it adds the speed since the one
   * before, with validation and saving, in symbols a second: it is the machine's, and stands in no history.
   */
  async event(event: RunEvent): Promise<void> {
    if (event.type === 'step') this.#symbols += event.symbols;
    if (event.type === 'step' || this.#failed) return;
    try {
      await this.#send((output) => output.json(this.#fieldsOf(event)));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#failed = true;
      this.#say(message`${error.inner}; training goes on without`);
    }
  }

  #fieldsOf(event: RunEvent): object {
    if (event.type === 'report') return { ...event, speed: this.#takeSpeed() };
    if (event.type === 'sample') {
      return { ...event, samples: event.samples.map(({ bytes, ...sample }) => ({ ...sample, ...exactly(bytes) })) };
    }
    const { snapshot: _, ...rest } = event as RunEvent & { snapshot?: unknown };
    return rest;
  }

  #takeSpeed(): number {
    const now = performance.now();
    const speed = (1000 * this.#symbols) / (now - this.#since);
    this.#symbols = 0;
    this.#since = now;
    return Math.round(speed);
  }

  /** At the end. UserError where it can't be written, or something before couldn't. */
  async path(path: string, json: boolean): Promise<void> {
    await this.#send((output) => (json ? output.json({ type: 'saved', path }) : output.line(path)));
    if (this.#failed) throw new UserError(`standard output isn't whole; the model is: ${path}`);
  }

  /** Sends at once what is written. */
  async #send(write: (output: Output) => Promise<void>): Promise<void> {
    try {
      await write(this.#output);
      await this.#output.flush();
    } catch (error) {
      if (!(error instanceof ReaderGone)) throw error;
    }
  }
}
