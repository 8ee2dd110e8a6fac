import { Command, Option } from 'commander';
import { ABSCISSAE, type Abscissa, QUANTITIES, type Quantity } from '../insight/learning-curves.ts';
import { collect, filePath } from './options.ts';

export interface PlotCommandOptions {
  readonly what?: readonly Quantity[];
  readonly by: Abscissa;
  readonly svg?: string;
  readonly html?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `rnn plot`. */
export function plotCommand(): Command {
  return new Command('plot')
    .description('Draw the learning curves of one or more runs, in the terminal or for paper.')
    .argument('[checkpoints...]', 'checkpoint files; the newest in ./checkpoints if none is given', collect)
    .addOption(
      new Option('-w, --what <quantities...>', 'what to draw (default: loss; of --html, everything there is)').choices(
        QUANTITIES,
      ),
    )
    .addOption(new Option('--by <what>', 'what it is drawn against').choices(ABSCISSAE).default('step'))
    .option('--svg <file>', 'write the curves as SVG, to be printed', filePath)
    .option('--html <file>', 'write them as one page, without anything from elsewhere', filePath)
    .option('--json', 'print the points as JSON Lines, a chart in each')
    .option('--quiet', 'say nothing on standard error')
    .addHelpText(
      'after',
      `
Curves are told apart by colour and, in grey, by dashes and marks. A file's path is
printed in place of the drawing.

Examples:
  rnn plot
  rnn plot checkpoints/lstm.json checkpoints/gru.json
  rnn plot --what gradient clipped
  rnn plot checkpoints/*.json --svg curves.svg
  rnn plot --what loss --json | jq .series`,
    )
    .action(async (paths: string[], options: PlotCommandOptions) => {
      const { plot } = await import('./plot-run.ts');
      await plot(paths, options);
    });
}
