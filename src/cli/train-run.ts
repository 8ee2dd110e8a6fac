import { existsSync } from 'node:fs';
import { EXIT, UserError } from '../errors.ts';
import type { Corpus } from '../text/corpus.ts';
import type { DoneEvent, StartEvent, TrainEvent } from '../training/events.ts';
import { type TrainOptions, train } from '../training/trainer.ts';
import { lastPath } from './checkpoints.ts';
import { listen } from './interruption.ts';
import { modelName } from './model-name.ts';
import { counted, durationText, grouped, lossText, Output, ReaderGone, remark } from './output.ts';
import { prepare } from './preparation.ts';
import { createProgress } from './progress.ts';
import { Saver } from './saver.ts';
import type { TrainCommandOptions } from './train.ts';

/** Trains, shows how it goes, and saves. Returns the exit status. */
export async function runTraining(sources: readonly string[], options: TrainCommandOptions): Promise<number> {
  const quiet = options.quiet === true;
  const say = quiet ? () => {} : remark;
  const { corpus, trainOptions, path, lock } = await prepare(sources, options, say);
  const progress = createProgress(quiet);
  const saver = new Saver(path, options.saveEvery, (text) => {
    progress.pause();
    say(text);
  });
  const interruption = listen(() => {
    progress.end();
    say('stopping after this step, and saving; once more to leave at once');
  });
  const told = new Told(say);
  try {
    const { signal } = interruption;
    for await (const event of train(corpus, { ...trainOptions, signal, saveNow: () => saver.due })) {
      switch (event.type) {
        case 'start':
          announce(event, corpus, trainOptions, say);
          break;
        case 'notice':
          progress.pause();
          say(event.text);
          break;
        case 'step':
          lock.beat();
          saver.step = event.step;
          progress.step(event);
          break;
        case 'report':
          progress.report(event);
          break;
        case 'checkpoint':
          saver.take(event);
          break;
        case 'done':
          progress.end();
          saver.flush();
          saver.requireSaved();
          conclude(event, path, say);
          break;
      }
      if (options.json) await told.event(event);
    }
  } finally {
    progress.end();
    saver.flush();
    lock.release();
    interruption.close();
  }
  // A run that was resumed after its end has nothing more to save.
  if (saver.saved || (options.resume !== undefined && existsSync(path))) {
    await told.path(path, options.json === true);
  } else if (interruption.status() === EXIT.done) {
    throw new UserError('the time was over before the first step, and nothing was trained; give a longer --time');
  }
  return interruption.status();
}

function announce(start: StartEvent, corpus: Corpus, { recipe }: TrainOptions, say: (text: string) => void): void {
  const { model } = recipe;
  for (const note of start.notes) say(note);
  say(
    `${modelName(model)}, ${grouped(start.parameters)} parameters; ` +
      `${counted(corpus.characters, 'character')}, ${counted(corpus.vocabulary.size, 'symbol')}, ` +
      `${grouped(start.validationSymbols)} held out to validate`,
  );
  const { rows, window, stride } = start.batch;
  const limits = [
    start.limits.epochs === undefined ? '' : counted(start.limits.epochs, 'epoch'),
    start.limits.steps === undefined ? '' : counted(start.limits.steps, 'step'),
    start.limits.seconds === undefined ? '' : durationText(start.limits.seconds),
  ];
  say(
    `batch ${rows} × ${window}${stride === window ? '' : ` (an update every ${stride})`}, ` +
      `${limits.filter(Boolean).join(' or ')}; kernel ${start.kernel}, ${counted(start.threads, 'thread')}`,
  );
}

function conclude(done: DoneEvent, path: string, say: (text: string) => void): void {
  const losses = [
    done.loss === undefined ? '' : `training loss ${lossText(done.loss)}`,
    done.validation === undefined ? '' : `best validation ${lossText(done.validation)}`,
    done.test === undefined ? '' : `test ${lossText(done.test)}`,
  ];
  const why = {
    epochs: 'all epochs',
    steps: 'all steps',
    time: 'time is up',
    patience: 'validation stands still',
    interrupted: 'interrupted',
  }[done.reason];
  const reached = `${why}: ${counted(done.step, 'step')}, ${done.epoch.toFixed(2)} epochs`;
  if (done.step === 0) {
    say(`${reached}; nothing to save`);
    return;
  }
  say(`${reached}; ${losses.filter(Boolean).join(', ')} a symbol`);
  if (done.reason === 'interrupted') say(`saved; go on with --resume ${lastPath(path)} and the same text`);
}

/** Standard output of a run: that its reader has gone, or it can't be written any more, is no reason to lose the training. */
class Told {
  readonly #output = new Output();
  readonly #say: (text: string) => void;
  #failed = false;
  #symbols = 0;
  #since = performance.now();

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  /**
   * Progress as JSON Lines: all but single steps, and checkpoints without their contents. To a report it adds the speed since the one
   * before, with validation and saving, in symbols a second: it is the machine's, and stands in no history.
   */
  async event(event: TrainEvent): Promise<void> {
    if (event.type === 'step') this.#symbols += event.symbols;
    if (event.type === 'step' || this.#failed) return;
    const { snapshot: _, ...rest } = event as TrainEvent & { snapshot?: unknown };
    try {
      await this.#line(JSON.stringify(event.type === 'report' ? { ...rest, speed: this.#takeSpeed() } : rest));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#failed = true;
      this.#say(`${error.message}; training goes on without`);
    }
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
    await this.#line(json ? JSON.stringify({ type: 'saved', path }) : path);
    if (this.#failed) throw new UserError(`standard output isn't whole; the model is: ${path}`);
  }

  async #line(line: string): Promise<void> {
    try {
      await this.#output.line(line);
      await this.#output.flush();
    } catch (error) {
      if (!(error instanceof ReaderGone)) throw error;
    }
  }
}
