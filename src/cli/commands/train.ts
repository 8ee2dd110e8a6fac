import * as z from 'zod';
import { EXIT, UserError } from '../../errors.ts';
import { fasterNode } from '../../library/faster-node.ts';
import { intervalSchema } from '../../library/interval.ts';
import { lastPath } from '../../library/names.ts';
import type { PreparedRun } from '../../library/preparation.ts';
import type { RunEvent, SampleEvent } from '../../library/run.ts';
import { type RunOptions, recipeSchema, runSchema } from '../../library/run-options.ts';
import { counted, grouped, lossText, shareText } from '../../library/words.ts';
import { parseOptions } from '../../schema.ts';
import { defineCommand } from '../command.ts';
import { shown } from '../completions.ts';
import { flagsFor } from '../flags.ts';
import { listen } from '../interruption.ts';
import { modelName } from '../model-name.ts';
import { complain, sayer } from '../output.ts';
import { RunReport } from '../run-report.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { textsOf } from '../standard-input.ts';
import { durationText } from '../text.ts';

/** The flags of a recipe: what decides the model that a run ends with. */
export const RECIPE_FLAGS = {
  'Model:': {
    preset: '--preset <name>',
    'model.cell': '--cell <name>',
    'model.layers': '--layers <n>',
    'model.hidden': '--hidden <n>',
    'model.embedding': '--embedding <n>',
    'model.tied': '--tied',
    'model.members': '--members <n>',
    'model.activation': '--activation <name>',
    'model.reset': '--reset <when>',
    initializer: '--init <name>',
  },
  'Training:': {
    bptt: '--bptt <k2>',
    stride: '--bptt-stride <k1>',
    batch: '--batch <n>',
    'limits.epochs': '--epochs <n>',
    'limits.steps': '--steps <n>',
    'limits.seconds': { flag: '--time <duration>', spelling: 'duration' },
    'optimizer.name': '--optimizer <name>',
    rate: '--lr <x>',
    'schedule.name': '--schedule <name>',
    'schedule.warmup': '--warmup <steps>',
    'schedule.final': '--final-lr <share>',
    'schedule.factor': '--decay-factor <x>',
    'schedule.drops': '--decay-drops <n>',
    'schedule.patience': '--decay-patience <n>',
    'optimizer.momentum': '--momentum <x>',
    'optimizer.weightDecay': '--weight-decay <x>',
    clipNorm: '--clip-norm <x>',
    clipValue: '--clip-value <x>',
    averaging: '--ema <decay>',
    patience: '--patience <n>',
    select: '--select <by>',
    onDivergence: '--on-divergence <what>',
    finish: '--finish <what>',
    seed: '--seed <seed>',
  },
  'Dropout:': {
    'dropout.layers': '--dropout <p>',
    'dropout.input': '--dropout-input <p>',
    'dropout.output': '--dropout-output <p>',
    'dropout.recurrent': '--dropconnect <p>',
    'dropout.variational': '--variational',
  },
} as const;

/** `rnn train`. */
export const command = defineCommand({
  schema: runSchema.extend({
    corpus: z
      .array(z.string())
      .optional()
      .describe('text files, read one after the other; - is standard input, which is read if no text is given'),
    saveEvery: intervalSchema
      .optional()
      .describe(
        'save the newest state after so many steps (500) or so long (90s) (default: at validations and every 5m)',
      ),
    json: OPTIONS.json.describe('print progress to standard output as JSON Lines'),
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': { corpus: { flag: '[corpus...]', spelling: 'nonEmpty' } },
    ...RECIPE_FLAGS,
    'Text:': {
      'text.mode': '--mode <mode>',
      'text.separator': { flag: '--separator <text>', spelling: 'nonEmpty' },
      'text.unit': '--unit <unit>',
      'text.minCount': '--min-count <n>',
      validation: { flag: '--validation <part>', spelling: 'part' },
      test: { flag: '--test <part>', spelling: 'part' },
      validateEvery: '--validate-every <steps>',
      'text.maxBytes': { flag: '--max-bytes <size>', spelling: 'size' },
    },
    'Pairs (source, tab, target, a pair a line):': {
      'model.pairs.task': '--task <task>',
      'pairs.columns': { flag: '--columns <source,target>', spelling: 'columns' },
      'pairs.sourceUnit': '--source-unit <unit>',
      'pairs.targetUnit': '--target-unit <unit>',
      'pairs.maxLength': '--max-length <n>',
      'model.pairs.bidirectional': { flag: '--bidirectional', negatable: true },
      'model.pairs.fusion': '--fusion <how>',
      'model.pairs.reverseSource': '--reverse-source',
      'model.pairs.context': '--context <when>',
      'model.pairs.attention': '--attention <name>',
    },
    'Machine:': { 'place.threads': '--threads <n>', 'place.kernel': FLAGS.kernel },
    'Output:': {
      out: { flag: '-o, --out <file>', spelling: 'file' },
      overwrite: '--overwrite',
      saveEvery: { flag: '--save-every <interval>', spelling: 'interval' },
      sampleEvery: { flag: '--sample-every <interval>', spelling: 'interval' },
      resume: { flag: '--resume [file]', spelling: 'file' },
      fineTune: { flag: '--fine-tune <file>', spelling: 'file' },
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
A run without --epochs, --steps or --time reads 6 million symbols, or the text 6
times if that is less (of pairs: 10 million, 60 times), and has at least 300
steps. The best model goes to --out, and the newest state, with all that
--resume needs, to NAME.last.json beside it.
The best model is the one with the smallest validation loss, or, with --select
accuracy, the greatest accuracy and, of equal ones, the smallest loss. Accuracy
is the share of symbols that are the likeliest after the symbols before them; of
a model that transduces, the share of sources whose whole target greedy decoding
finds. It costs no more than the loss, because no target has to be decoded.
The path of the best model is printed to standard output. In a list (--mode
lines) that is trained without these limits, the best model learns the lines
that were held out, too, at the end (--finish).

A model of pairs reads a source and predicts its target: a sequence of its own
(transduce), a label for each symbol of the source (tag), or one label
(classify). --task auto takes files for pairs where each name ends in .tsv and
each line has a tab. It takes targets for labels where there are at most 1,000
different ones, each seen ten times on average, and never for tags. A file of
pairs may be held out: --validation dev.tsv. Lines that can't be read are named
and left out, and the exit status is then 1.

Models of pairs have defaults of their own: --cell gru --layers 1 --hidden 128
--embedding 64 --dropout-input 0.2 --dropout 0.3 --weight-decay 0.3 --lr 0.002.

--sample-every shows one or two short samples of the model as it is, drawn as
\`rnn sample\` draws them. They change nothing in the training, and are not saved.

With --resume, --epochs, --steps and --time may be given anew, to train longer
(time counts from now); the rest of the training is as it was begun. Ctrl-C,
SIGTERM and SIGHUP end the run after the step under way, with its state saved; a
second one ends it at once.

Examples:
  rnn train book.txt
  rnn train book.txt --time 3m --preset balanced
  rnn train corpora/terms.txt --validation 0 --out checkpoints/terms.json
  rnn train book.txt --cell rnn --bptt 50 --bptt-stride 10 --clip-norm 5
  rnn train book.txt --resume
  rnn train numbers.tsv --validation 0.1
  rnn train names.tsv --columns 2,1 --test test.tsv
  rnn train < book.txt
  paste plain.txt marked.txt | rnn train - --task tag
  rnn train sequel.txt --fine-tune checkpoints/book.json --lr 0.002
  rnn train book.txt --resume checkpoints/book.last.json --epochs 20
  cat *.txt | rnn train - --json > log.jsonl`,
  async run({ corpus, saveEvery, json = false, quiet = false, ...given }, { nameOf }) {
    const sources = textsOf(corpus, 'corpus');
    const options = await withSeparator(given);
    const [{ prepareRun, recipeOptionsOf }, { TrainingRun }, { createProgress }] = await Promise.all([
      import('../../library/preparation.ts'),
      import('../../library/run.ts'),
      import('../progress.ts'),
    ]);
    const say = sayer(quiet, nameOf);
    if (options.preset !== undefined) {
      // Its flags are those of all tasks, so the task need not be known.
      const { pairs: _, ...model } = options.model ?? {};
      say(presetText(options.preset, recipeOptionsOf({ ...options, model, validation: undefined, test: undefined })));
    }
    const bad = new BadLines(nameOf);
    const prepared = await prepareRun(sources, options, say, (problem) => bad.add(problem));
    bad.conclude();
    const progress = createProgress(quiet);
    const interruption = listen(() => {
      progress.end();
      say('stopping after this step, and saving; once more to leave at once');
    });
    const run = new TrainingRun(prepared, {
      signal: interruption.signal,
      saveEvery,
      say: (note) => {
        progress.pause();
        say(note);
      },
    });
    const report = new RunReport(say);
    let hasTrained = false;
    try {
      for await (const event of run.events()) {
        if (event.type === 'start') announce(event, prepared, say);
        if (event.type === 'step') {
          hasTrained = true;
          progress.step(event);
        }
        if (event.type === 'report') progress.report(event);
        if (event.type === 'notice') {
          progress.pause();
          say(event.text);
        }
        if (event.type === 'sample' && !quiet) {
          progress.pause();
          for (const sample of event.samples) say(sampleText(event.step, sample));
        }
        if (event.type === 'done') {
          progress.end();
          conclude(event, prepared.path, say);
          if (!hasTrained && options.resume !== undefined && event.reason !== 'interrupted')
            say(overText(event, nameOf));
        }
        if (json) await report.event(event);
      }
    } finally {
      progress.end();
      interruption.close();
    }
    if (run.isSaved) await report.path(prepared.path, json);
    else if (interruption.status() === EXIT.done) {
      throw new UserError('the time was over before the first step, and nothing was trained; give a longer --time');
    }
    return interruption.status() === EXIT.done && bad.count > 0 ? EXIT.failed : interruption.status();
  },
});

/** The most lines that are named one by one. */
const NAMED_LINES = 20;

/** Lines that can't be read. They are left out, and the exit status says so in the end. */
class BadLines {
  count = 0;
  readonly #nameOf: (key: string) => string;

  constructor(nameOf: (key: string) => string) {
    this.#nameOf = nameOf;
  }

  add(problem: UserError): void {
    this.count++;
    if (this.count <= NAMED_LINES) complain(problem.messageWith(this.#nameOf));
  }

  /** Tells how many there are where not all have been named. */
  conclude(): void {
    if (this.count > NAMED_LINES) complain(`${counted(this.count - NAMED_LINES, 'more line')} can't be read`);
  }
}

/** The options with the escapes in the separator read. */
async function withSeparator<T extends RunOptions>(options: T): Promise<T> {
  const { separator, unit = 'codepoint' } = options.text ?? {};
  if (separator === undefined) return options;
  const { readEscapes } = await import('../constraints.ts');
  return { ...options, text: { ...options.text, separator: readEscapes('text.separator', separator, unit) } };
}

type Say = (text: string) => void;
type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>;

/** What a preset stands for, as options that say the same without it. */
function presetText(name: string, recipe: object): string {
  return `preset ${name}: ${flagsFor(RECIPE_FLAGS, parseOptions(recipeSchema, recipe))}`;
}

function announce(start: EventOf<'start'>, { material, trainOptions }: PreparedRun, say: Say): void {
  for (const note of start.notes) say(note);
  say(
    `${modelName(trainOptions.recipe.model)}, ${grouped(start.parameters)} parameters; ` +
      `${materialText(material)}, ${grouped(start.validationSymbols)} held out to validate`,
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
  const faster = trainOptions.place.kernel === 'auto' ? fasterNode(start.kernel) : undefined;
  if (faster !== undefined) say(faster);
}

/** A sample on one line. */
function sampleText(step: number, { text, stopped }: SampleEvent['samples'][number]): string {
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

function conclude(done: EventOf<'done'>, path: string, say: Say): void {
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
  if (done.finishSteps > 0) {
    say(
      `the model that is saved has also learned the validation part, in ${counted(done.finishSteps, 'step')} from the best model; ` +
        'the validation loss was measured before',
    );
  }
  if (done.reason === 'interrupted') say(`saved; go on with --resume ${lastPath(path)} and the same text`);
}

/** Why a run that was resumed did nothing, and what to do. */
function overText({ step, epoch }: EventOf<'done'>, nameOf: (key: string) => string): string {
  const [steps, epochs] = [nameOf('limits.steps'), nameOf('limits.epochs')];
  return (
    `nothing was left to do: ${steps} and ${epochs} count from the start of the run, which has ` +
    `${counted(step, 'step')} and ${epoch.toFixed(2)} epochs; give a larger number to train longer`
  );
}
