import { Command } from 'commander';
import { collect } from './options.ts';

/** `rnn compare`. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('Show several runs side by side, the best first.')
    .argument('<checkpoint...>', 'checkpoint files; of a run’s NAME.json and NAME.last.json, one is enough', collect)
    .option('--json', 'print JSON Lines')
    .option('--quiet', 'say nothing on standard error')
    .addHelpText(
      'after',
      `
Runs are ordered by the smallest validation loss, in nats a symbol; those that
held nothing out come last, by their training loss. Losses compare where the text
and the part held out are the same: a remark says so where they aren't.

Examples:
  rnn compare checkpoints/*.json
  rnn compare checkpoints/*.json --json | jq -r .path | head -1`,
    )
    .action(async (paths: string[], options: CompareCommandOptions) => {
      const { compare } = await import('./compare-run.ts');
      await compare(paths, options);
    });
}

export interface CompareCommandOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}
