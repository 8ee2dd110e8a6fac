import { Command } from 'commander';
import { filePath, type KernelRequest, kernelOption, whole } from './options.ts';

export interface ReportCommandOptions {
  readonly html: string;
  readonly text?: string;
  readonly length: number;
  readonly seed: string;
  readonly kernel: KernelRequest;
  readonly quiet?: boolean;
}

/** `rnn report`. */
export function reportCommand(): Command {
  return new Command('report')
    .description('Write a page on what a model is, how it was trained, and what its units have learned.')
    .argument('[checkpoint]', 'a checkpoint file; the newest in ./checkpoints if not given', filePath)
    .requiredOption('--html <file>', 'where the page goes', filePath)
    .option('--text <file>', 'the text that the model is shown reading (default: one that it writes itself)')
    .option('--length <n>', 'symbols of the text that are shown', whole(10, 100_000), 2000)
    .option('--seed <seed>', 'of the samples', '1')
    .addOption(kernelOption().hideHelp())
    .option('--quiet', 'say nothing on standard error')
    .addHelpText(
      'after',
      `
One file that needs no network: the run, learning curves, gradient flow, samples at several temperatures, the text
coloured by surprisal and by the activation of any unit, units ranked by what they seem to track, and the symbols
in two dimensions.

Examples:
  rnn report --html report.html
  rnn report checkpoints/book.json --text book.txt --html book.html`,
    )
    .action(async (path: string | undefined, options: ReportCommandOptions) => {
      const { report } = await import('./report-run.ts');
      await report(path, options);
    });
}
