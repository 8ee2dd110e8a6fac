import { Command, Option } from 'commander';
import { UsageError } from '../errors.ts';
import {
  collect,
  duration,
  filePath,
  fractionOrCount,
  interval,
  type KernelRequest,
  kernelOption,
  number,
  share,
  size,
  whole,
} from './options.ts';
import { remark } from './output.ts';
import { applyPreset, PRESETS, type PresetName } from './presets.ts';
import type { SaveEvery } from './saver.ts';

export interface TrainCommandOptions {
  readonly preset: PresetName;
  readonly cell: 'lstm' | 'gru' | 'rnn';
  readonly activation: 'tanh' | 'logistic' | 'relu' | 'linear';
  readonly reset: 'before' | 'after';
  readonly layers: number;
  readonly hidden: number;
  readonly embedding: number;
  readonly tied?: boolean;
  readonly members: number;
  readonly init: 'uniform' | 'identity';
  readonly bptt: number;
  readonly bpttStride?: number;
  readonly batch?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly time?: number;
  readonly optimizer: 'adam' | 'sgd' | 'rmsprop' | 'adagrad';
  readonly lr?: number;
  readonly schedule: 'cosine' | 'linear' | 'constant' | 'step' | 'plateau';
  readonly warmup: number;
  readonly finalLr: number;
  readonly decayFactor: number;
  readonly decayDrops: number;
  readonly decayPatience: number;
  readonly dropout: number;
  readonly dropoutInput: number;
  readonly dropoutOutput?: number;
  readonly dropconnect: number;
  readonly variational?: boolean;
  readonly ema: number;
  readonly patience?: number;
  readonly onDivergence: 'stop' | 'rollback';
  readonly momentum: number;
  readonly weightDecay: number;
  readonly clipNorm?: number;
  readonly clipValue?: number;
  readonly mode: 'auto' | 'stream' | 'lines';
  readonly unit: 'codepoint' | 'byte' | 'grapheme';
  readonly minCount: number;
  readonly validation: number;
  readonly test: number;
  readonly validateEvery?: number;
  readonly seed: string;
  readonly threads?: number;
  readonly kernel: KernelRequest;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly maxBytes?: number;
  readonly saveEvery?: SaveEvery;
  /** True: the newest. */
  readonly resume?: string | true;
  readonly fineTune?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `rnn train`. */
export function trainCommand(): Command {
  const command = new Command('train')
    .description('Train a model on one or more texts, and save it as JSON.')
    .argument('<corpus...>', 'text files, read one after the other; - is standard input', collect)
    .optionsGroup('Model:')
    .addOption(
      new Option('--preset <name>', 'values for the options below, by purpose: a first look, a few minutes, or more')
        .choices(PRESETS)
        .default('quick'),
    )
    .addOption(new Option('--cell <name>', 'recurrent cell').choices(['lstm', 'gru', 'rnn']).default('lstm'))
    .option('--layers <n>', 'recurrent layers, each fed by the one below', whole(1, 64), 2)
    .option('--hidden <n>', 'units of a layer', whole(1, 32_768), 128)
    .option('--embedding <n>', 'numbers of a symbol’s embedding; 0 feeds one-hot rows', whole(0, 32_768), 0)
    .option('--tied', 'the output layer’s matrix is the embedding, transposed; --embedding must equal --hidden')
    .option('--members <n>', 'networks that predict together, each of this size: an ensemble', whole(1, 64), 1)
    .addOption(
      new Option('--activation <name>', 'of the vanilla RNN')
        .choices(['tanh', 'logistic', 'relu', 'linear'])
        .default('tanh'),
    )
    .addOption(
      new Option('--reset <when>', 'of the GRU: its reset gate acts before or after the product')
        .choices(['before', 'after'])
        .default('before'),
    )
    .addOption(
      new Option('--init <name>', 'identity: recurrent matrices start as the identity, for relu')
        .choices(['uniform', 'identity'])
        .default('uniform'),
    )
    .optionsGroup('Training:')
    .option('--bptt <k2>', 'steps that the gradient goes back', whole(1, 100_000), 64)
    .option('--bptt-stride <k1>', 'steps between updates, at most k2 (default: k2)', whole(1, 100_000))
    .option('--batch <n>', 'texts read side by side (default: 48, fewer for a small text)', whole(1, 100_000))
    .option('--epochs <n>', 'stop after reading the text so many times', number(0, Number.MAX_VALUE, true))
    .option('--steps <n>', 'stop after so many updates', whole(1))
    .option('--time <duration>', 'stop after so long: 90s, 3m, 1.5h', duration)
    .addOption(
      new Option('--optimizer <name>', 'update rule').choices(['adam', 'sgd', 'rmsprop', 'adagrad']).default('adam'),
    )
    .option(
      '--lr <x>',
      'learning rate (default: adam 0.01, rmsprop 0.002, adagrad 0.02, sgd 0.5)',
      number(0, Number.MAX_VALUE, true),
    )
    .addOption(
      new Option('--schedule <name>', 'of the learning rate over the run')
        .choices(['cosine', 'linear', 'constant', 'step', 'plateau'])
        .default('cosine'),
    )
    .option('--warmup <steps>', 'steps in which the learning rate grows from 0', whole(0), 100)
    .option('--final-lr <share>', 'of cosine and linear: the share of the learning rate left at the end', share(), 0.02)
    .option('--decay-factor <x>', 'of step and plateau: the learning rate is multiplied by it at a drop', share(), 0.5)
    .option('--decay-drops <n>', 'of step: drops, evenly spaced over the run', whole(0), 5)
    .option('--decay-patience <n>', 'of plateau: validations without a new best before a drop', whole(1), 3)
    .option('--momentum <x>', 'of sgd', number(0, 1), 0.9)
    .option('--weight-decay <x>', 'L2, but for adam decoupled (AdamW)', number(0), 0)
    .option(
      '--clip-norm <x>',
      'scale the gradient down to this norm (default: 1, unless --clip-value is given)',
      number(0, Number.POSITIVE_INFINITY, true),
    )
    .option(
      '--clip-value <x>',
      'clip each element of the gradient to ± this',
      number(0, Number.POSITIVE_INFINITY, true),
    )
    .option('--ema <decay>', 'validate and save a moving average of the parameters; 0 keeps none', share(), 0)
    .option('--patience <n>', 'stop after so many validations without a new best', whole(1))
    .addOption(
      new Option(
        '--on-divergence <what>',
        'stop where the loss is no number or far above the best, or go back to the best with half the rate',
      )
        .choices(['stop', 'rollback'])
        .default('stop'),
    )
    .option('--seed <seed>', 'the same seed and options give the same model, to the bit', '1')
    .optionsGroup('Dropout:')
    .option(
      '--dropout <p>',
      'probability to drop, in training, a number that a layer puts out for the next or the output',
      share(),
      0,
    )
    .option('--dropout-input <p>', 'embeddings, or, of one-hot symbols, the matrix they pick rows from', share(), 0)
    .option('--dropout-output <p>', 'what the top layer puts out (default: --dropout)', share())
    .option('--dropconnect <p>', 'numbers of the recurrent matrices', share(), 0)
    .option('--variational', 'drop the same numbers at all steps of a window')
    .optionsGroup('Text:')
    .addOption(
      new Option('--mode <mode>', 'stream: one long text; lines: each line an example; auto chooses')
        .choices(['auto', 'stream', 'lines'])
        .default('auto'),
    )
    .addOption(
      new Option('--unit <unit>', 'what a symbol is').choices(['codepoint', 'byte', 'grapheme']).default('codepoint'),
    )
    .option('--min-count <n>', 'symbols seen less often become <unk>', whole(1), 1)
    .option(
      '--validation <part>',
      'part held out to validate: a fraction, or a number of lines or symbols',
      fractionOrCount,
      0.05,
    )
    .option('--test <part>', 'part held out to test at the end, likewise', fractionOrCount, 0)
    .option('--validate-every <steps>', 'steps between validations (default: some 40 in a run)', whole(1))
    .option('--max-bytes <size>', 'refuse a longer text: 200M, 2GB (default: what memory has room for)', size)
    .optionsGroup('Machine:')
    .option(
      '--threads <n>',
      'threads (default: all there are, fewer for a small model); no bit of the result depends on it',
      whole(1, 256),
    )
    .addOption(kernelOption())
    .optionsGroup('Output:')
    .option(
      '-o, --out <file>',
      'where the best model is saved (default: checkpoints/NAME.json, a new name each time)',
      filePath,
    )
    .option('--overwrite', 'allow --out to replace a file')
    .option(
      '--save-every <interval>',
      'write the newest state after so many steps (500) or so long (90s) (default: at validations and every 5m)',
      interval,
    )
    .option(
      '--resume [file]',
      'go on with a run from its .last.json (default: that of --out, or the newest), on the same text',
      filePath,
    )
    .option(
      '--fine-tune <file>',
      'begin with a trained model, on another text; symbols that it doesn’t have are added',
      filePath,
    )
    .option('--json', 'print progress to standard output as JSON Lines')
    .option('--quiet', 'say nothing on standard error')
    .addHelpText(
      'after',
      `
A run without --epochs, --steps or --time reads 10 million symbols, or the text
60 times if that is less. The best model goes to --out, and the newest state,
with all that --resume needs, to NAME.last.json beside it. The path of the best
model is printed to standard output.

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
  rnn train sequel.txt --fine-tune checkpoints/book.json --lr 0.002
  rnn train book.txt --resume checkpoints/book.last.json --epochs 20
  cat *.txt | rnn train - --json > log.jsonl`,
    );
  return command.action(async (sources: string[], options: TrainCommandOptions) => {
    if (options.resume !== undefined) refuseOthers(command);
    if (options.fineTune !== undefined) refuseModel(command);
    if (command.getOptionValueSource('preset') === 'cli') {
      const text = applyPreset(command, options.preset);
      if (!options.quiet) remark(`preset ${options.preset}: ${text}`);
    }
    const { runTraining } = await import('./train-run.ts');
    process.exitCode = await runTraining(sources, command.opts());
  });
}

/** What may be said anew when a run is resumed: where it is saved, where it runs, what it tells, and when it ends. */
const WITH_RESUME = new Set(
  'resume out overwrite saveEvery maxBytes json quiet threads kernel epochs steps time'.split(' '),
);

/** What a model that is trained further has already. */
const OF_MODEL = new Set('cell layers hidden embedding tied members activation reset init mode unit'.split(' '));

/** With --fine-tune, an option that would be passed over is refused. */
function refuseModel(command: Command): void {
  const other = given(command).find((option) => OF_MODEL.has(option.attributeName()));
  if (!other) return;
  throw new UsageError(`${other.long} can't be given with --fine-tune: the model has it; leave it out, or train anew`);
}

function given(command: Command): readonly Option[] {
  return command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
}

/** With --resume, an option that would be passed over is refused. */
function refuseOthers(command: Command): void {
  const other = given(command).find((option) => !WITH_RESUME.has(option.attributeName()));
  if (!other) return;
  throw new UsageError(
    `${other.long} can't be given with --resume: the run goes on as it was begun; leave it out, or train anew`,
  );
}
