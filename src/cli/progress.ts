import cliProgress from 'cli-progress';
import { grouped } from '../counts.ts';
import type { ReportEvent, StepEvent } from '../library/run.ts';
import { lossText, shareText } from '../library/words.ts';
import { canMoveCursor, paintError, remark } from './output.ts';
import { durationText } from './text.ts';

/** Shows how training goes. Nothing that it shows is data. */
export interface Progress {
  step(event: StepEvent): void;
  report(event: ReportEvent): void;
  /** Makes room for a line; the next step shows it again. */
  pause(): void;
  end(): void;
}

/** A bar on a terminal that can draw one, plain lines elsewhere, nothing if quiet. */
export function createProgress(quiet: boolean): Progress {
  if (quiet) return { step() {}, report() {}, pause() {}, end() {} };
  return process.stderr.isTTY && canMoveCursor() ? new Bar() : new Lines();
}

/** Speed and time left, from what was seen so far; a last phase, whose progress begins at 0 again, counts anew. */
class Pace {
  #start = performance.now();
  #symbols = 0;
  #progress = 0;
  /** When the first step had ended, and the progress by then: a first step is slow, and a resumed run doesn't begin at 0. */
  #first: { readonly at: number; readonly progress: number } | undefined;

  add({ symbols, progress }: StepEvent): void {
    if (progress < this.#progress) {
      this.#start = performance.now();
      this.#symbols = 0;
      this.#first = undefined;
    }
    this.#first ??= { at: performance.now(), progress };
    this.#symbols += symbols;
    this.#progress = progress;
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** Symbols a second. */
  get speed(): number {
    return this.#symbols / this.seconds;
  }

  /** Seconds. */
  get left(): number {
    if (this.#progress >= 1) return 0;
    const { at, progress } = this.#first ?? { at: 0, progress: this.#progress };
    const done = this.#progress - progress;
    const seconds = (performance.now() - at) / 1000;
    return done > 0 ? (seconds * (1 - this.#progress)) / done : Number.NaN;
  }
}

/** Weight of the newest step in the loss that is shown: single steps jump about. */
const SMOOTHING = 0.05;

const BAR_TOTAL = 1000;

/** What the bar tells. */
interface Shown {
  /** Share of the run that is over. */
  readonly progress: number;
  /** Nats a symbol. */
  readonly loss: number;
  readonly validation: number | undefined;
  readonly speed: string;
  readonly left: string;
}

class Bar implements Progress {
  readonly #pace = new Pace();
  readonly #bar = new cliProgress.SingleBar({
    format: (_options, _params, shown: Shown) => barLine(shown, process.stderr.columns || 80),
    fps: 8,
    hideCursor: true,
    stream: process.stderr,
    linewrap: false,
  });
  #progress = 0;
  #loss: number | undefined;
  #validation: number | undefined;
  #started = false;

  step(event: StepEvent): void {
    this.#pace.add(event);
    this.#progress = event.progress;
    this.#loss = this.#loss === undefined ? event.loss : this.#loss + SMOOTHING * (event.loss - this.#loss);
    const [value, shown] = [Math.floor(BAR_TOTAL * event.progress), this.#shown(this.#loss)];
    if (this.#started) this.#bar.update(value, shown);
    else this.#bar.start(BAR_TOTAL, value, shown);
    this.#started = true;
  }

  /** Shows the losses of the report, so that the bar ends with those that the run ends with. */
  report({ point }: ReportEvent): void {
    this.#validation = point.validation ?? this.#validation;
    this.#loss = point.loss;
    if (this.#started) this.#bar.update(this.#shown(point.loss));
  }

  #shown(loss: number): Shown {
    const left = this.#pace.left;
    return {
      progress: this.#progress,
      loss,
      validation: this.#validation,
      speed: `${grouped(this.#pace.speed)} chars/s`,
      left: `${Number.isNaN(left) ? '–' : durationText(left)} left`,
    };
  }

  pause(): void {
    this.end();
    this.#started = false;
  }

  end(): void {
    if (this.#started) this.#bar.stop();
  }
}

/** Cells of the bar alone: as many as there is room for. */
const BAR_CELLS = { least: 8, most: 24 };

/** The bar and, beside it, as much as a terminal of so many columns has room for. */
function barLine({ progress, loss, validation, speed, left }: Shown, columns: number): string {
  const short = `loss ${loss.toFixed(4)}`;
  const held = validation === undefined ? [] : [`val ${validation.toFixed(4)}`];
  const percent = `${Math.floor(100 * progress)} %`.padStart(6);
  const texts = [
    [`loss ${lossText(loss)}`, ...held, speed, left],
    [short, ...held, speed, left],
    [short, ...held, left],
    [short, left],
    [short],
  ].map((parts) => [percent, ...parts].join(' │ '));
  const text = texts.find(({ length }) => length + BAR_CELLS.least < columns) ?? percent;
  const cells = Math.max(0, Math.min(BAR_CELLS.most, columns - 1 - text.length));
  const full = Math.floor(cells * progress);
  return paintError.cyan('━'.repeat(full) + '─'.repeat(cells - full)) + text;
}

class Lines implements Progress {
  readonly #pace = new Pace();

  step(event: StepEvent): void {
    this.#pace.add(event);
  }

  report({ point, best }: ReportEvent): void {
    const accuracy = point.accuracy === undefined ? '' : `, ${shareText(point.accuracy)} right`;
    const validation =
      point.validation === undefined
        ? ''
        : `, validation ${lossText(point.validation)}${accuracy}${best ? ', the best so far' : ''}`;
    const left = this.#pace.left;
    const time = `${grouped(this.#pace.speed)} chars/s, ${Number.isNaN(left) ? '–' : durationText(left)} left`;
    remark(`step ${point.step}, epoch ${point.epoch.toFixed(2)}: loss ${lossText(point.loss)}${validation}, ${time}`);
  }

  pause(): void {}

  end(): void {}
}
