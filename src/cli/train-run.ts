import { existsSync } from 'node:fs';
import { EXIT, UserError } from '../errors.ts';
import { type Checkpoint, requireWritable } from '../nn/checkpoint.ts';
import { type Corpus, readCorpus } from '../text/corpus.ts';
import type { DoneEvent, StartEvent, TrainEvent } from '../training/events.ts';
import type { Recipe } from '../training/options.ts';
import { type RunRecord, readRun, recipeOf } from '../training/run.ts';
import { type TrainOptions, train } from '../training/trainer.ts';
import { freshPath, lastPath, loadModel } from './checkpoints.ts';
import { counted, durationText, grouped, lossText, Output, ReaderGone, remark } from './output.ts';
import { createProgress } from './progress.ts';
import { placeFrom, recipeFrom } from './recipe.ts';
import { Saver } from './saver.ts';
import type { TrainCommandOptions } from './train.ts';

/** Exit statuses of a run that a signal ended: 128 and the signal's number, as shells have it. */
const SIGNAL_STATUS = { SIGINT: EXIT.interrupted, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof SIGNAL_STATUS;

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

interface Prepared {
  readonly corpus: Corpus;
  readonly trainOptions: TrainOptions;
  readonly path: string;
}

async function prepare(
  sources: readonly string[],
  options: TrainCommandOptions,
  say: (text: string) => void,
): Promise<Prepared> {
  const place = placeFrom(options);
  if (options.resume === undefined) {
    const recipe = recipeFrom(options);
    const path = options.out ?? freshPath(sources);
    if (!options.overwrite) requireFree(path);
    const { unit, mode, minCount } = options;
    const corpus = await readCorpus(sources, { unit, mode, minCount });
    if (options.mode === 'auto') say(`read as ${corpus.mode}: ${corpus.modeReason} (--mode overrides)`);
    if (options.mode === 'auto') requireInk(corpus, sources);
    requireWritable(path);
    return { corpus, trainOptions: { recipe, place }, path };
  }
  const { checkpoint, vocabulary } = loadModel(options.resume);
  const run = readRun(checkpoint, options.resume);
  const recipe = resumedRecipe(options.resume, checkpoint, run, options);
  const own = options.resume.replace(/\.last\.json$/, '.json');
  const path = options.out ?? own;
  if (path !== own && !options.overwrite) requireFree(path);
  const corpus = await readCorpus(sources, { vocabulary });
  if (corpus.hash !== run.corpus.hash) {
    throw new UserError(
      `${options.resume}: it was trained on another text than this one; give the same text to resume`,
    );
  }
  requireWritable(path);
  return { corpus, trainOptions: { recipe, place, resume: { checkpoint, run } }, path };
}

/** Nothing that was saved is lost: neither the model nor the state beside it. */
function requireFree(path: string): void {
  const taken = [path, lastPath(path)].find((file) => existsSync(file));
  if (taken === undefined) return;
  throw new UserError(`${taken} is there already; give another --out, or --overwrite to replace it`);
}

/** Blank lines and spaces alone are hardly what was meant. */
function requireInk({ vocabulary }: Corpus, sources: readonly string[]): void {
  for (let id = 0; id < vocabulary.size; id++) {
    if (id !== vocabulary.unknown && vocabulary.decode([id]).trim() !== '') return;
  }
  const names = sources.map((path) => (path === '-' ? 'standard input' : path)).join(', ');
  throw new UserError(`${names}: nothing but blanks; give a text, or --mode stream if it is meant`);
}

/** The recipe of the run's record, with the limits given now, if any. */
function resumedRecipe(
  name: string,
  { model, resume }: Checkpoint,
  run: RunRecord,
  options: TrainCommandOptions,
): Recipe {
  if (!resume) throw new UserError(`${name}: has no state to resume from; give the .last.json beside it`);
  const recipe = recipeOf(run);
  const parts = Object.keys(recipe.model) as (keyof typeof recipe.model)[];
  const unlike = parts.find((part) => recipe.model[part] !== model[part]);
  if (unlike) {
    throw new UserError(
      `${name}: the checkpoint is damaged: its model has ${unlike} ${model[unlike]}, its run ${recipe.model[unlike]}; use another, or train again`,
    );
  }
  const { limits } = recipeFrom(options);
  return Object.values(limits).some((limit) => limit !== undefined) ? { ...recipe, limits } : recipe;
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
  const why = { epochs: 'all epochs', steps: 'all steps', time: 'time is up', interrupted: 'interrupted' }[done.reason];
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

interface Interruption {
  readonly signal: AbortSignal;
  status(): number;
  close(): void;
}

/** The first signal ends the run after the step under way, saving; a second one ends the program at once. */
function listen(stopping: () => void): Interruption {
  const controller = new AbortController();
  let received: Signal | undefined;
  const signals = Object.keys(SIGNAL_STATUS) as Signal[];
  const onSignal = (signal: Signal): void => {
    if (received) process.exit(SIGNAL_STATUS[signal]);
    received = signal;
    controller.abort();
    stopping();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    status: () => (received ? SIGNAL_STATUS[received] : EXIT.done),
    close: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
