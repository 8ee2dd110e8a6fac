import { Command } from 'commander';
import { filePath } from './options.ts';

/** `rnn info`. */
export function infoCommand(): Command {
  return new Command('info')
    .description('Show what a checkpoint is: configuration, parameters, vocabulary, history of its training.')
    .argument('[checkpoint]', 'a checkpoint file; the newest in ./checkpoints if not given', filePath)
    .option('--runtime', 'show instead which kernels and how many threads this machine runs')
    .option('--json', 'print JSON')
    .option('--quiet', 'say nothing on standard error')
    .addHelpText(
      'after',
      `
Examples:
  rnn info
  rnn info checkpoints/terms.json
  rnn info --json | jq .history
  rnn info --runtime`,
    )
    .action(async (path: string | undefined, options: InfoOptions) => {
      const { info } = await import('./info-run.ts');
      await info(path, options);
    });
}

export interface InfoOptions {
  readonly runtime?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
