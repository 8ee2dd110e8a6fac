import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { learningCurves, QUANTITIES, type Run } from '../insight/learning-curves.ts';
import { readRun } from '../training/record.ts';
import { type LoadedModel, openCheckpoint } from './checkpoints.ts';
import { writeCharts } from './figures.ts';
import { Output, oneLine } from './output.ts';
import type { PlotCommandOptions } from './plot.ts';

/** Draws learning curves. */
export async function plot(paths: readonly string[], options: PlotCommandOptions): Promise<void> {
  const named = paths.length > 0 ? paths : [undefined];
  const runs = named.map((path) => runOf(openCheckpoint(path, options.quiet === true)));
  const wanted = options.what ?? (options.html === undefined ? ['loss'] : QUANTITIES);
  const charts = wanted
    .map((quantity) => learningCurves(runs, quantity, options.by))
    .filter(({ series }) => options.what !== undefined || series.length > 0);
  const empty = charts.find(({ series }) => series.length === 0);
  if (empty) {
    throw new UserError(
      `${runs.map(({ name }) => name).join(', ')}: nothing was recorded of: ${empty.title}; train again`,
    );
  }
  const title = `Learning curves: ${runs.map(({ name }) => name).join(', ')}`;
  const output = new Output();
  await writeCharts(output, title, charts, options);
  await output.flush();
}

/** A run by its file's name. UserError where it stopped before its first report. */
export function runOf({ checkpoint, path }: LoadedModel): Run {
  const { history } = readRun(checkpoint, path);
  if (history.length === 0) {
    throw new UserError(`${path}: its run was stopped before the first report, and there is no curve; resume it first`);
  }
  return { name: oneLine(basename(path, '.json')), history };
}
