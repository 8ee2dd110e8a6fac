import type { Message } from '../errors.ts';
import type { PreparedRun } from '../library/prepared-run.ts';
import type { RunEvent } from '../library/run.ts';
import { createProgress, type Progress } from './progress.ts';
import { announce, conclude, overText, sampleText } from './run-notes.ts';

interface DisplayOptions {
  readonly quiet: boolean;
  readonly nameOf: (key: string) => string;
  readonly say: (note: string | Message) => void;
}

/** Shows a person how a run goes: its progress, and what is to be said between two steps. Nothing that it shows is data. */
export class RunDisplay {
  readonly #prepared: PreparedRun;
  readonly #nameOf: DisplayOptions['nameOf'];
  readonly #say: DisplayOptions['say'];
  readonly #progress: Progress;
  #hasTrained = false;

  constructor(prepared: PreparedRun, { quiet, nameOf, say }: DisplayOptions) {
    this.#prepared = prepared;
    this.#nameOf = nameOf;
    this.#say = say;
    this.#progress = createProgress(quiet);
  }

  event(event: RunEvent): void {
    switch (event.type) {
      case 'start':
        announce(event, this.#prepared, this.#say);
        break;
      case 'step':
        this.#hasTrained = true;
        this.#progress.step(event);
        break;
      case 'report':
        this.#progress.report(event);
        break;
      case 'notice':
        this.note(event.text);
        break;
      case 'sample':
        for (const sample of event.samples) this.note(sampleText(event.step, sample));
        break;
      case 'done':
        this.#conclude(event);
        break;
    }
  }

  /** Says something between two steps. */
  note(note: string | Message): void {
    this.#progress.pause();
    this.#say(note);
  }

  /** Says that a signal has asked the run to end. */
  stopping(): void {
    this.end();
    this.#say('stopping after this step, and saving; once more to leave at once');
  }

  /** Takes the progress away, if it is still there. */
  end(): void {
    this.#progress.end();
  }

  #conclude(done: Extract<RunEvent, { readonly type: 'done' }>): void {
    this.end();
    const { path, trainOptions } = this.#prepared;
    conclude(done, path, this.#say);
    const isOver = !this.#hasTrained && trainOptions.resume !== undefined && done.reason !== 'interrupted';
    if (isOver) this.#say(overText(done, this.#nameOf));
  }
}
