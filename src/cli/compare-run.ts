import type { ModelConfig } from '../nn/config.ts';
import { Manifest } from '../nn/manifest.ts';
import { bestPoint } from '../training/history.ts';
import { type RunRecord, readRun } from '../training/record.ts';
import { lastPath, loadModel } from './checkpoints.ts';
import type { CompareCommandOptions } from './compare.ts';
import { modelName } from './model-name.ts';
import { grouped, harmless, Output, paint, remark } from './output.ts';

/** A run in a line of the table. */
interface Row extends Pick<ModelConfig, 'cell' | 'layers' | 'hidden' | 'members'> {
  readonly path: string;
  readonly parameters: number;
  readonly step: number;
  readonly epoch: number;
  /** Training loss of the last report. */
  readonly loss: number | undefined;
  readonly validation: number | undefined;
  readonly test: number | undefined;
  readonly recipe: RunRecord['recipe'];
  readonly corpus: RunRecord['corpus'];
}

/** Prints the runs of checkpoints side by side. */
export async function compare(paths: readonly string[], options: CompareCommandOptions): Promise<void> {
  const rows = withoutTwins(paths).map(read).sort(byLoss);
  if (!options.quiet && new Set(rows.map(heldOut)).size > 1) {
    remark('these runs were validated on different texts or parts: their losses don’t compare');
  }
  const output = new Output();
  for (const line of options.json ? rows.map((row) => JSON.stringify(row)) : table(rows)) await output.line(line);
  await output.flush();
}

/** Where the best model of a run is named, its newest state needn't be: their history is one. */
function withoutTwins(paths: readonly string[]): string[] {
  const lasts = new Set(paths.map(lastPath));
  return [...new Set(paths)].filter((path) => !(lasts.has(path) && paths.some((other) => lastPath(other) === path)));
}

function read(path: string): Row {
  const { checkpoint } = loadModel(path);
  const { recipe, corpus, step, epoch, history } = readRun(checkpoint, path);
  const { cell, layers, hidden, members } = checkpoint.model;
  const best = bestPoint(history);
  const parameters = new Manifest(checkpoint.model).size;
  const losses = { loss: history.at(-1)?.loss, validation: best?.validation, test: best?.test };
  return { path, cell, layers, hidden, members, parameters, step, epoch, ...losses, recipe, corpus };
}

function byLoss(a: Row, b: Row): number {
  const infinite = Number.POSITIVE_INFINITY;
  const difference = (one = infinite, other = infinite): number => (one === other ? 0 : one - other);
  return difference(a.validation, b.validation) || difference(a.loss, b.loss);
}

/** What the loss is of: of lines, the seed decides which are held out. */
function heldOut({ corpus, recipe }: Row): string {
  return `${corpus.hash} ${corpus.validationSymbols} ${corpus.mode === 'lines' ? recipe.seed : ''}`;
}

function table(rows: readonly Row[]): string[] {
  const head = ['model', 'parameters', 'steps', 'epochs', 'training', 'validation', 'bits', 'test', 'checkpoint'];
  const loss = (nats: number | undefined): string => nats?.toFixed(4) ?? '–';
  const cells = rows.map((row) => [
    modelName(row),
    grouped(row.parameters),
    grouped(row.step),
    row.epoch.toFixed(1),
    loss(row.loss),
    loss(row.validation),
    row.validation === undefined ? '–' : (row.validation / Math.LN2).toFixed(3),
    loss(row.test),
    harmless(row.path),
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
