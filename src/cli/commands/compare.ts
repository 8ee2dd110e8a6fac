import * as z from 'zod';
import { UsageError } from '../../errors.ts';
import type { RunSummary } from '../../library/compare.ts';
import { actsIn } from '../../library/given-options.ts';
import { harmless, shareText } from '../../library/words.ts';
import { defineCommand } from '../command.ts';
import { flagOf } from '../flags.ts';
import { modelName } from '../model-name.ts';
import { Output, paint, remark, terminalColumns } from '../output.ts';
import { PAIR_MODEL_FLAGS, RECIPE_FLAGS } from '../recipe-flags.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { columns as blocks, countCell, MISSING, tabbed } from '../tables.ts';

/** `rnn compare`. */
export const command = defineCommand({
  schema: z.strictObject({
    checkpoints: z
      .array(z.string())
      .default([])
      .describe('checkpoint files; NAME.json and the states beside it are one run, and one of them is enough'),
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
Runs are ordered by the smallest validation loss, in nats a symbol. Only runs
that held out the same part of the same text are ordered together. Other runs
are a group of their own, below an empty line; those that held nothing out come
last, by their training loss. "best at" is the step of the best model. A column
shows each option in which the runs differ. Where a terminal has no room,
columns are left out: epochs, bits, parameters, training, "best at". Where that
is not enough, the table is divided into blocks, one below the other. In a pipe,
columns are separated by tabs, and the first is the number of the group. --json
has everything.

Examples:
  rnn compare checkpoints/*.json
  rnn compare checkpoints/*.json --json | jq -r .path | head -1
  rnn compare checkpoints/*.json --json | jq -r '[.path, .validation] | @tsv'`,
  async run({ checkpoints = [], json, quiet }) {
    const { compareRuns } = await import('../../library/compare.ts');
    if (checkpoints.length === 0)
      throw new UsageError('name the checkpoints to compare: rnn compare checkpoints/*.json');
    const runs = compareRuns(checkpoints);
    if (!quiet && runs.some(({ group }) => group > 1)) {
      remark('these runs were validated on different texts or parts: each group is ordered by itself');
    }
    const output = new Output();
    if (json) for (const run of runs) await output.json(run);
    else await output.line(output.terminal ? aligned(runs) : tabbedRuns(runs));
    await output.flush();
    return undefined;
  },
});

interface Column {
  readonly name: string;
  /** Undefined where the run has no such number. */
  readonly of: (run: RunSummary) => string | undefined;
  /** Columns with a larger number are left out earlier where there is not enough room. */
  readonly spare?: number;
}

const loss = (nats: number | undefined): string | undefined => nats?.toFixed(4);

const BEFORE: readonly Column[] = [
  { name: 'model', of: ({ recipe }) => modelName(recipe.model) },
  { name: 'parameters', of: ({ parameters }) => countCell(parameters), spare: 3 },
];

const AFTER: readonly Column[] = [
  { name: 'steps', of: ({ step }) => countCell(step) },
  { name: 'best at', of: ({ bestStep }) => (bestStep === undefined ? undefined : countCell(bestStep)), spare: 1 },
  { name: 'epochs', of: ({ epoch }) => epoch.toFixed(1), spare: 5 },
  { name: 'training', of: (run) => loss(run.loss), spare: 2 },
  { name: 'validation', of: (run) => loss(run.validation) },
  {
    name: 'bits',
    of: ({ validation }) => (validation === undefined ? undefined : (validation / Math.LN2).toFixed(3)),
    spare: 4,
  },
];

const ACCURACY: Column = {
  name: 'right',
  of: ({ accuracy }) => (accuracy === undefined ? undefined : shareText(accuracy)),
};
const TEST: Column = { name: 'test', of: (run) => loss(run.test) };
const GROUP: Column = { name: 'group', of: ({ group }) => String(group) };
const PATH: Column = { name: 'checkpoint', of: ({ path }) => harmless(path) };

/** The columns that a table of these runs may have. */
function columnsOf(runs: readonly RunSummary[]): Column[] {
  const measured = runs.some(({ accuracy }) => accuracy !== undefined) ? [ACCURACY] : [];
  const tested = runs.some(({ test }) => test !== undefined) ? [TEST] : [];
  return [...BEFORE, ...sweptColumns(runs), ...AFTER, ...measured, ...tested, PATH];
}

function tabbedRuns(runs: readonly RunSummary[]): string {
  const all = [GROUP, ...columnsOf(runs)];
  return tabbed({ header: all.map(({ name }) => name), rows: runs.map((run) => all.map(({ of }) => of(run))) });
}

/** The runs as a table for a person, a group below the other, in no more columns than the terminal has room for. */
function aligned(runs: readonly RunSummary[], room = terminalColumns()): string {
  let shown = columnsOf(runs);
  for (let spare = 5; spare > 0 && widthOf(shown, runs) > room; spare--) {
    shown = shown.filter((column) => column.spare !== spare);
  }
  return widthOf(shown, runs) > room ? inBlocks(runs, shown) : inLines(runs, shown);
}

/** A table that is too wide for the terminal: each block names the runs and, where there are several, their groups. */
function inBlocks(runs: readonly RunSummary[], shown: readonly Column[]): string {
  const keys = runs.some(({ group }) => group > 1) ? [GROUP, PATH] : [PATH];
  const all = [...keys, ...shown.filter((column) => column !== PATH)];
  const rows = runs.map((run) => all.map(({ of }) => of(run)));
  return blocks({ header: all.map(({ name }) => name), rows, keys: keys.length });
}

function inLines(runs: readonly RunSummary[], shown: readonly Column[]): string {
  const widths = shown.map((column) => columnWidth(column, runs));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => {
        if (at === cells.length - 1) return cell;
        return at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!);
      })
      .join('  ');
  const lines = runs.flatMap((run, at) => [
    ...(at > 0 && run.group !== runs[at - 1]!.group ? [''] : []),
    line(shown.map((column) => shownCell(column, run))),
  ]);
  return [paint.dim(line(shown.map(({ name }) => name))), ...lines].join('\n');
}

function shownCell({ of }: Column, run: RunSummary): string {
  return of(run) ?? MISSING;
}

function columnWidth(column: Column, runs: readonly RunSummary[]): number {
  return Math.max(column.name.length, ...runs.map((run) => shownCell(column, run).length));
}

function widthOf(columns: readonly Column[], runs: readonly RunSummary[]): number {
  return columns.reduce((sum, column) => sum + columnWidth(column, runs) + 2, -2);
}

/** What the name of the model says, or the columns of steps and epochs. */
const SHOWN = new Set(['preset', 'model.cell', 'model.layers', 'model.hidden', 'model.members']);

/** A column for each option of the recipe in which the runs differ, under the name of its flag. */
function sweptColumns(runs: readonly RunSummary[]): Column[] {
  // Where only --dropout is given, --dropout-output has its value.
  const followsLayers = runs.every(({ recipe: { dropout } }) => dropout.output === dropout.layers);
  const groups = { ...RECIPE_FLAGS, pairs: PAIR_MODEL_FLAGS };
  return Object.values(groups)
    .flatMap((group) => Object.keys(group))
    .filter((path) => !SHOWN.has(path) && !path.startsWith('limits.') && !(followsLayers && path === 'dropout.output'))
    .map((path): Column => ({ name: flagOf(groups, path).slice(2), of: ({ recipe }) => valueAt(recipe, path) }))
    .filter(({ of }) => new Set(runs.map(of)).size > 1);
}

/** Undefined where the option does nothing: a classifier has no decoder that attends. */
function valueAt(recipe: RunSummary['recipe'], path: string): string | undefined {
  if (!actsIn(recipe.model.pairs?.task, path)) return undefined;
  const value = path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], recipe);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === undefined || value === null ? undefined : harmless(String(value));
}
