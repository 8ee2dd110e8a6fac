import { counted, grouped } from '../counts.ts';
import { fasterNode } from '../library/faster-node.ts';
import { lastPath } from '../library/names.ts';
import type { PreparedRun } from '../library/prepared-run.ts';
import type { RunEvent, SampleEvent } from '../library/run.ts';
import { lossText, shareText } from '../library/words.ts';
import { shown } from './completions.ts';
import { flagsFor } from './flags.ts';
import { modelName } from './model-name.ts';
import { RECIPE_FLAGS } from './recipe-flags.ts';
import { durationText } from './text.ts';

// What `rnn train` says on standard error, beside its progress.

type Say = (text: string) => void;
type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>;

/** What a preset stands for, with the options that are given beside it, as options that say the same without it. */
export function presetText(name: string, { trainOptions }: PreparedRun): string {
  return `preset ${name}: ${flagsFor(RECIPE_FLAGS, trainOptions.recipe)}`;
}

/** Says what a run is, before its first step. */
export function announce(start: EventOf<'start'>, { material, trainOptions }: PreparedRun, say: Say): void {
  for (const note of start.notes) say(note);
  say(
    `${modelName(trainOptions.recipe.model)}, ${grouped(start.parameters)} parameters; ` +
      `${materialText(material)}, ${grouped(start.validationSymbols)} held out to validate`,
  );
  const { rows, window, stride } = start.batch;
  const limits = [
    start.limits.epochs === undefined ? '' : epochsText(start.limits.epochs),
    start.limits.steps === undefined ? '' : counted(start.limits.steps, 'step'),
    start.limits.seconds === undefined ? '' : durationText(start.limits.seconds),
  ];
  say(
    `batch ${rows} × ${window}${stride === window ? '' : ` (an update every ${stride})`}, ` +
      `${limits.filter(Boolean).join(' or ')}; kernel ${start.kernel}, ${counted(start.threads, 'thread')}`,
  );
  const faster = trainOptions.place.kernel === 'auto' ? fasterNode(start.kernel) : undefined;
  if (faster !== undefined) say(faster);
}

/** Epochs, which may be a part of one: 0.5 epochs. */
function epochsText(epochs: number): string {
  return `${epochs.toLocaleString('en-US', { maximumSignificantDigits: 6 })} epoch${epochs === 1 ? '' : 's'}`;
}

/** A sample on one line. */
export function sampleText(step: number, { text, stopped }: SampleEvent['samples'][number]): string {
  return `sample at step ${grouped(step)}: ${shown(text)}${stopped ? '' : '…'}`;
}

/** How much there is to learn from. */
function materialText(material: PreparedRun['material']): string {
  if (material.kind === 'text') {
    const { characters, vocabulary } = material.corpus;
    return `${counted(characters, 'character')}, ${counted(vocabulary.size, 'symbol')}`;
  }
  const { count, source, target } = material.corpus;
  const sides = `${counted(source.vocabulary.size, 'source symbol')}, ${counted(target.vocabulary.size, 'target symbol')}`;
  return `${counted(count, 'pair')}, ${sides}`;
}

/** The share of a run after its best model from which on a person is told of it. */
const LATE = 0.5;

/** Says how a run ended. */
export function conclude(done: EventOf<'done'>, path: string, say: Say): void {
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
    say(done.reason === 'steps' ? 'no steps: saved as it is before training' : `${reached}; nothing to save`);
    return;
  }
  const found = losses.filter(Boolean).join(', ');
  const right = done.accuracy === undefined ? '' : `; ${shareText(done.accuracy)} of the validation part right`;
  say(found === '' ? reached : `${reached}; ${found} a symbol${right}`);
  const steps = done.step - done.finishSteps;
  const late = done.bestStep === undefined ? 0 : 1 - done.bestStep / steps;
  if (late > LATE && (done.reason === 'steps' || done.reason === 'epochs' || done.reason === 'time')) {
    say(
      `the best model is that of step ${grouped(done.bestStep!)}: the ${Math.floor(100 * late)} % of the run after it brought no better one ` +
        '(the model learns the text by heart); --patience 5 ends a run after five validations without a better model',
    );
  }
  if (done.finishSteps > 0 && done.validation !== undefined) {
    say(
      `the model that is saved has also learned the validation part, in ${counted(done.finishSteps, 'step')} from the best model; ` +
        'the validation loss was measured before',
    );
  }
  if (done.reason === 'interrupted') say(`saved; go on with --resume ${lastPath(path)} and the same text`);
}

/** Why a run that was resumed did nothing, and what to do. */
export function overText({ step, epoch }: EventOf<'done'>, nameOf: (key: string) => string): string {
  const [steps, epochs] = [nameOf('limits.steps'), nameOf('limits.epochs')];
  return (
    `nothing was left to do: ${steps} and ${epochs} count from the start of the run, which has ` +
    `${counted(step, 'step')} and ${epoch.toFixed(2)} epochs; give a larger number to train longer`
  );
}
