import { Command, Option } from 'commander';
import { filePath, type KernelRequest, kernelOption, nonEmpty } from './options.ts';

export interface ScoreCommandOptions {
  readonly checkpoint?: string;
  readonly whole?: boolean;
  readonly perChar?: boolean;
  readonly rank?: 'logp' | 'bits' | true;
  readonly kernel: KernelRequest;
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly quiet?: boolean;
}

/** `rnn score`. */
export function scoreCommand(): Command {
  return new Command('score')
    .description('Tell how likely texts are: the log-probability and the bits per character of each line.')
    .argument('[files...]', 'texts; - is standard input, which is read if none is given', collectFiles)
    .option('-c, --checkpoint <file>', 'the model; the newest in ./checkpoints if not given', filePath)
    .option('--whole', 'score each file as one text, not each line')
    .option('--per-char', 'the surprisal of every symbol, in bits; on a terminal, as the text’s colours')
    .addOption(
      new Option('--rank [by]', 'print lines most to least likely: by logp, the whole line’s, or by bits per character')
        .choices(['logp', 'bits'])
        .preset('logp'),
    )
    .addOption(kernelOption().hideHelp())
    .option('--json', 'print JSON Lines')
    .option('--raw', 'send control characters as they are, to a terminal too')
    .option('--quiet', 'say nothing on standard error')
    .addHelpText(
      'after',
      `
Prints for each line, separated by tabs: its log-probability in nats, its bits per
character, and the line. Its end counts as a character: <stop>, or in a model of a
stream the newline. Every line is read from the model's first state, in a stream
after a newline. With --whole, the file's name takes the line's place.

--per-char prints, separated by tabs: line, place in it, symbol, bits.

A line with a character that the model doesn't know is named on standard error and
has the log-probability -inf; the exit status is 1 then. Where the model has <unk>,
that is scored, and how often is said.

Examples:
  rnn score names.txt | sort -g | head -3          the least likely
  rnn sample --count 100 | rnn score --rank | head
  rnn score --whole a.txt b.txt
  echo "machine" | rnn score --per-char
  rnn score log.txt | awk -F'\\t' '$2 > 4' | cut -f3  the surprising lines`,
    )
    .action(async (files: string[], options: ScoreCommandOptions) => {
      const { score } = await import('./score-run.ts');
      process.exitCode = await score(files.length > 0 ? files : ['-'], options);
    });
}

function collectFiles(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, nonEmpty(text)];
}
