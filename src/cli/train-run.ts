import { existsSync } from 'node:fs';
import { EXIT, UserError } from '../errors.ts';
import type { Corpus } from '../text/corpus.ts';
import type { DoneEvent, StartEvent, TrainEvent } from '../training/events.ts';
import { type TrainOptions, train } from '../training/trainer.ts';
import { lastPath } from './checkpoints.ts';
import { listen } from './interruption.ts';
import { counted, durationText, grouped, lossText, Output, ReaderGone, remark } from './output.ts';
import { prepare } from './preparation.ts';
import { createProgress } from './progress.ts';
import { Saver } from './saver.ts';
import type { TrainCommandOptions } from './train.ts';

/** Trains, shows how it goes, and saves. Returns the exit status. */
export async function runTraining(sources: readonly string[], options: TrainCommandOptions): Promise<number> {
  const quiet = options.quiet === true;
  const say = quiet ? () => {} : remark;
  const { corpus, trainOptions, path } = await prepare(sources, options, say);
  const saver = new Saver(path);
  const progress = createProgress(quiet);
  const interruption = listen(() => {
    progress.end();
    say('stopping after this step, and saving; once more to leave at once');
  });
  const output = new Output();
  try {
    for await (const event of train(corpus, { ...trainOptions, signal: interruption.signal })) {
      switch (event.type) {
        case 'start':
          announce(event, corpus, trainOptions, say);
          break;
        case 'notice':
          say(event.text);
          break;
        case 'step':
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
          conclude(event, path, say);
          break;
      }
      if (options.json) await tell(output, event);
    }
  } finally {
    progress.end();
    saver.flush();
    interruption.close();
  }
  // A run that was resumed after its end has nothing more to save.
  if (saver.saved || (options.resume !== undefined && existsSync(path))) {
    await printPath(output, path, options.json === true);
  } else if (interruption.status() === EXIT.done) {
    throw new UserError('the time was over before the first step, and nothing was trained; give a longer --time');
  }
  return interruption.status();
}

function announce(start: StartEvent, corpus: Corpus, { recipe }: TrainOptions, say: (text: string) => void): void {
  const { model } = recipe;
  for (const note of start.notes) say(note);
  say(
    `${model.cell} ${model.layers} × ${model.hidden}, ${grouped(start.parameters)} parameters; ` +
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

/** Progress as JSON Lines: all but single steps, and checkpoints without their contents. */
async function tell(output: Output, event: TrainEvent): Promise<void> {
  if (event.type === 'step') return;
  const { snapshot: _, ...rest } = event as TrainEvent & { snapshot?: unknown };
  await unlessGone(output.line(JSON.stringify(rest)).then(() => output.flush()));
}

async function printPath(output: Output, path: string, json: boolean): Promise<void> {
  await unlessGone(output.line(json ? JSON.stringify({ type: 'saved', path }) : path).then(() => output.flush()));
}

/** A reader that has gone is no reason to lose the training. */
async function unlessGone(writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
  }
}
