import { bestPoint } from '../training/history.ts';
import { lastPath } from './checkpoints.ts';
import { inspect, type ModelFacts } from './inspect.ts';
import { load } from './load.ts';

/** A run, in a line of a table. Losses are in nats a symbol, and undefined where there are none. */
export interface RunSummary extends Pick<ModelFacts['model'], 'cell' | 'layers' | 'hidden' | 'members'> {
  readonly path: string;
  readonly parameters: number;
  readonly step: number;
  readonly epoch: number;
  /** Training loss of the last report. */
  readonly loss: number | undefined;
  readonly validation: number | undefined;
  readonly test: number | undefined;
  readonly recipe: ModelFacts['recipe'];
  readonly corpus: ModelFacts['corpus'];
}

/**
 * The runs of checkpoints, the smallest validation loss first; runs without one come last, by their training loss. A run whose best
 * model and newest state are both named is told once. UserError for a checkpoint that can't be read.
 */
export function compareRuns(paths: readonly string[]): RunSummary[] {
  return withoutTwins(paths).map(summarize).sort(byLoss);
}

/** Whether all runs held out the same part of the same text, so that their losses compare. */
export function areComparable(runs: readonly RunSummary[]): boolean {
  return new Set(runs.map(heldOut)).size <= 1;
}

/** The best model and the newest state of a run have the same history: where both are named, the state is left out. */
function withoutTwins(paths: readonly string[]): string[] {
  const lasts = new Set(paths.map(lastPath));
  return [...new Set(paths)].filter((path) => !(lasts.has(path) && paths.some((other) => lastPath(other) === path)));
}

function summarize(path: string): RunSummary {
  const { model, parameters, recipe, corpus, step, epoch, history } = inspect(load(path));
  const { cell, layers, hidden, members } = model;
  const best = bestPoint(history);
  const losses = { loss: history.at(-1)?.loss, validation: best?.validation, test: best?.test };
  return { path, cell, layers, hidden, members, parameters, step, epoch, ...losses, recipe, corpus };
}

function byLoss(a: RunSummary, b: RunSummary): number {
  const infinite = Number.POSITIVE_INFINITY;
  const difference = (one = infinite, other = infinite): number => (one === other ? 0 : one - other);
  return difference(a.validation, b.validation) || difference(a.loss, b.loss);
}

/** What the validation loss was measured on: in lines mode, the seed decides which lines are held out. */
function heldOut({ corpus, recipe }: RunSummary): string {
  return `${corpus.hash} ${corpus.validationSymbols} ${corpus.mode === 'lines' ? recipe.seed : ''}`;
}
