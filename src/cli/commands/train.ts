import { existsSync } from 'node:fs';
import * as z from 'zod';
import { EXIT, message, option, UsageError, UserError } from '../../errors.ts';
import { intervalSchema } from '../../library/interval.ts';
import { type RunOptions, runSchema } from '../../library/run-options.ts';
import { BadLines } from '../bad-lines.ts';
import { defineCommand } from '../command.ts';
import { listen } from '../interruption.ts';
import { sayer } from '../output.ts';
import { PAIR_MODEL_FLAGS, RECIPE_FLAGS } from '../recipe-flags.ts';
import { RunReport } from '../run-report.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { requireOneOf } from '../sources.ts';
import { textsOf } from '../standard-input.ts';

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
      ...PAIR_MODEL_FLAGS,
    },
    'Machine:': { 'place.threads': '--threads <n>', 'place.kernel': FLAGS.kernel },
    'Output:': {
      out: { flag: '-o, --out <file>', spelling: 'file' },
      overwrite: '--overwrite',
      saveEvery: { flag: '--save-every <interval>', spelling: 'interval' },
      keep: '--keep <n>',
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
that were held out, too, at the end. With --finish known it goes on until it
knows the list, so that its completions are lines of the list; it is then worse
on other lines. The validation loss is measured before.

--preset best with --time trains as many networks as the time allows, and wider
ones where it allows at least three. It counts with two cores of a fixed speed,
and with the size of the text, so it chooses the same on every machine. The run
ends after some epochs or with the time. What a preset chooses is printed as
options; without --time, they give the same model each time. An option that is
given goes before the preset's.

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

With --keep, the newest n of the states that are saved stay, a file each, beside
the model. Which ones those are depends on the seed and the text alone where
--save-every is a number of steps. A run goes on from one of them with --resume
FILE and another --out.

With --resume, --epochs, --steps and --time may be given anew, to train longer
(time counts from now); the rest of the training is as it was begun. Ctrl-C,
SIGTERM and SIGHUP end the run after the step under way, with its state saved; a
second one ends it at once.

Examples:
  rnn train book.txt
  rnn train book.txt --time 3m --preset balanced
  rnn train book.txt --time 1h --preset best
  rnn train corpora/terms.txt --finish known --out checkpoints/terms.json
  rnn train book.txt --cell rnn --bptt 50 --bptt-stride 10 --clip-norm 5
  rnn train book.txt --resume
  rnn train numbers.tsv --validation 0.1
  rnn train names.tsv --columns 2,1 --test test.tsv
  rnn train < book.txt
  paste plain.txt marked.txt | rnn train - --task tag
  rnn train sequel.txt --fine-tune checkpoints/book.json --lr 0.002
  rnn train book.txt --resume checkpoints/book.last.json --epochs 20
  rnn train book.txt --save-every 500 --keep 10
  cat *.txt | rnn train - --json > log.jsonl`,
  async run({ corpus, saveEvery, json = false, quiet = false, ...given }, { nameOf }) {
    if (!json) requireOneOf({ quiet, sampleEvery: given.sampleEvery }, ['quiet', 'sampleEvery']);
    requireTextBefore(given.resume, corpus);
    const sources = textsOf(corpus, 'corpus');
    const options = await withSeparator(given);
    const [{ prepareRun }, { TrainingRun }, { RunDisplay }, { presetText }] = await Promise.all([
      import('../../library/preparation.ts'),
      import('../../library/run.ts'),
      import('../run-display.ts'),
      import('../run-notes.ts'),
    ]);
    const say = sayer(quiet, nameOf);
    const bad = new BadLines(nameOf);
    const prepared = await prepareRun(sources, options, say, (problem) => bad.add(problem));
    bad.conclude();
    if (options.preset !== undefined) say(presetText(options.preset, prepared));
    const display = new RunDisplay(prepared, { quiet, nameOf, say });
    const report = new RunReport(say);
    const interruption = listen(() => display.stopping());
    const run = new TrainingRun(prepared, {
      signal: interruption.signal,
      saveEvery,
      say: (note) => display.note(note),
    });
    try {
      for await (const event of run.events()) {
        display.event(event);
        if (json) await report.event(event);
      }
    } finally {
      display.end();
      interruption.close();
    }
    if (run.isSaved) await report.path(prepared.path, json);
    else if (interruption.status() === EXIT.done) {
      throw new UserError('the time was over before the first step, and nothing was trained; give a longer --time');
    }
    return interruption.status() === EXIT.done && bad.count > 0 ? EXIT.failed : interruption.status();
  },
});

/** UsageError where the text follows `--resume`, which takes it for the file of a state. */
function requireTextBefore(resume: string | true | undefined, corpus: readonly string[] = []): void {
  if (typeof resume !== 'string' || corpus.length > 0 || resume.endsWith('.json') || !existsSync(resume)) return;
  throw new UsageError(
    message`${option('resume')} takes ${resume} for the file of a state; name the text first: rnn train ${resume} ${option('resume')}`,
  );
}

/** The options with the escapes in the separator read. */
async function withSeparator<T extends RunOptions>(options: T): Promise<T> {
  const { separator, unit = 'codepoint' } = options.text ?? {};
  if (separator === undefined) return options;
  const { readEscapes } = await import('../constraints.ts');
  return { ...options, text: { ...options.text, separator: readEscapes('text.separator', separator, unit) } };
}
