import { requirePaths } from '../schema.ts';
import { bestPoint } from '../training/history.ts';
import { withoutTwins } from './checkpoints.ts';
import { inspect, type ModelFacts } from './inspect.ts';
import { readSaved } from './saved-model.ts';

/** A run, in a line of a table. Losses are in nats a symbol, and undefined where there are none. */
export interface RunSummary extends Pick<ModelFacts['model'], 'cell' | 'layers' | 'hidden' | 'members'> {
  readonly path: string;
  readonly parameters: number;
  /** Updates and epochs of the whole run. */
  readonly step: number;
  readonly epoch: number;
  /** The step of the best model, where validation says which it is. */
  readonly bestStep: number | undefined;
  /** Runs with the same number held out the same part of the same text: only their losses compare. */
  readonly group: number;
  /** Training loss of the last report. */
  readonly loss: number | undefined;
  readonly validation: number | undefined;
  /** Accuracy of the best model, where accuracy selected it. */
  readonly accuracy: number | undefined;
  readonly test: number | undefined;
  readonly recipe: ModelFacts['recipe'];
  readonly corpus: ModelFacts['corpus'];
}

/**
 * The runs of checkpoints, group by group, in the order in which the groups are first named; groups without validation come last. In a
 * group the run with the smallest validation loss is first, or without validation the run with the smallest training loss. A run whose
 * best model and newest state are both named is told once. UserError for a checkpoint that can't be read.
 */
export function compareRuns(paths: readonly string[]): RunSummary[] {
  requirePaths(paths, 'paths');
  const runs = withoutTwins(paths).map(summarize);
  const isValidated = ({ validation }: Summary): boolean => validation !== undefined;
  const ordered = [...runs.filter(isValidated), ...runs.filter((run) => !isValidated(run))];
  const groups = [...new Set(ordered.map(heldOut))];
  return ordered
    .map((run) => ({ ...run, group: groups.indexOf(heldOut(run)) + 1 }))
    .sort((a, b) => a.group - b.group || byLoss(a, b));
}

type Summary = Omit<RunSummary, 'group'>;

function summarize(path: string): Summary {
  const { model, parameters, recipe, corpus, step, epoch, history, finishSteps } = inspect(readSaved(path));
  const { cell, layers, hidden, members } = model;
  const best = bestPoint(history);
  const last = history.at(-1);
  const end = last !== undefined && last.step > step ? last : { step, epoch };
  const bestStep = best?.validation === undefined ? undefined : best.step;
  const test = (finishSteps > 0 ? last : best)?.test;
  const losses = { loss: last?.loss, validation: best?.validation, accuracy: best?.accuracy, test };
  const size = { cell, layers, hidden, members, parameters };
  return { path, ...size, step: end.step, epoch: end.epoch, bestStep, ...losses, recipe, corpus };
}

function byLoss(a: Summary, b: Summary): number {
  const infinite = Number.POSITIVE_INFINITY;
  const difference = (one = infinite, other = infinite): number => (one === other ? 0 : one - other);
  return difference(a.validation, b.validation) || difference(a.loss, b.loss);
}

/** What the validation loss was measured on. The seed decides which lines or pairs are held out, unless these are a file of their own. */
function heldOut({ corpus, recipe }: Summary): string {
  const { hash, validationHash, validationSymbols, mode, columns } = corpus;
  const drawnBy = mode === 'stream' || validationHash !== undefined ? undefined : recipe.seed;
  return JSON.stringify([validationHash ?? hash, validationSymbols, drawnBy, columns, recipe.model.pairs?.task]);
}
