import * as z from 'zod';
import { UsageError } from '../../errors.ts';
import type { RunSummary } from '../../library/compare.ts';
import { grouped, harmless } from '../../library/words.ts';
import { defineCommand } from '../command.ts';
import { modelName } from '../facts.ts';
import { Output, paint, remark } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';

/** `rnn compare`. */
export const command = defineCommand({
  schema: z.strictObject({
    checkpoints: z
      .array(z.string())
      .default([])
      .describe('checkpoint files; NAME.json and NAME.last.json are one run, and one of them is enough'),
    json: OPTIONS.json,
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': {
      checkpoints: { flag: '[checkpoints...]', also: '-c, --checkpoint <file>', spelling: 'nonEmpty' },
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
Runs are ordered by the smallest validation loss, in nats a symbol; those that
held nothing out come last, by their training loss. Losses compare where the text
and the part held out are the same: a remark says so where they aren't.

Examples:
  rnn compare checkpoints/*.json
  rnn compare checkpoints/*.json --json | jq -r .path | head -1`,
  async run({ checkpoints = [], json, quiet }) {
    const { areComparable, compareRuns } = await import('../../library/compare.ts');
    if (checkpoints.length === 0)
      throw new UsageError('name the checkpoints to compare: rnn compare checkpoints/*.json');
    const runs = compareRuns(checkpoints);
    if (!quiet && !areComparable(runs)) {
      remark('these runs were validated on different texts or parts: their losses don’t compare');
    }
    const output = new Output();
    for (const line of json ? runs.map((run) => JSON.stringify(run)) : table(runs)) await output.line(line);
    await output.flush();
    return undefined;
  },
});

function table(runs: readonly RunSummary[]): string[] {
  const head = ['model', 'parameters', 'steps', 'epochs', 'training', 'validation', 'bits', 'test', 'checkpoint'];
  const loss = (nats: number | undefined): string => nats?.toFixed(4) ?? '–';
  const cells = runs.map((run) => [
    modelName(run),
    grouped(run.parameters),
    grouped(run.step),
    run.epoch.toFixed(1),
    loss(run.loss),
    loss(run.validation),
    run.validation === undefined ? '–' : (run.validation / Math.LN2).toFixed(3),
    loss(run.test),
    harmless(run.path),
  ]);
  const widths = head.map((name, column) => Math.max(name.length, ...cells.map((line) => line[column]!.length)));
  const last = head.length - 1;
  const aligned = (line: readonly string[]): string =>
    line
      .map((cell, column) => {
        if (column === last) return cell;
        return column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
      })
      .join('  ');
  return [paint.dim(aligned(head)), ...cells.map(aligned)];
}
