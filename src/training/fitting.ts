import type { ModelConfig } from '../nn/config.ts';
import { maximumRows } from '../text/batches.ts';
import type { Mode } from '../text/mode.ts';
import type { PairPart } from '../text/pair-split.ts';
import type { Part } from '../text/split.ts';
import type { BatchOptions } from '../text/windows.ts';
import type { Recipe } from './complete-recipe.ts';
import { trainingFlops } from './flops.ts';
import { type Finish, isLimited, type Limits } from './recipe.ts';

// A run without a limit reads so many symbols, but no more than so many epochs, and takes at least so many steps.
const DEFAULT_LENGTH = { symbols: 6_000_000, epochs: 6, leastSteps: 300 };
/** Pairs have a smaller learning rate, and need more steps to be learned by heart. */
const DEFAULT_LENGTH_OF_PAIRS = { symbols: 10_000_000, epochs: 60, leastSteps: 1000 };

// Without `batch`, a batch has DEFAULT_ROWS rows, which keep the kernels busy. It has fewer where an epoch would have under LEAST_UPDATES updates.
const DEFAULT_ROWS = 24;
const LEAST_UPDATES = 64;

// The same of pairs.
const DEFAULT_PAIRS = 32;
const LEAST_UPDATES_BY_PAIRS = 16;

/**
 * With less arithmetic in a step for each thread, the barriers cost more than another thread saves. Measured with an LSTM of one layer:
 * on two threads, a step of 0.15 MFLOP takes 3.4 times as long as on one, a step of 1.6 MFLOP as long, of 4.7 MFLOP a tenth less, and of
 * 30 MFLOP a third less.
 */
const LEAST_FLOPS_PER_THREAD = 2e6;

// Validation may take this share of a run's arithmetic. For each symbol, it costs a third of what training costs.
const VALIDATION_SHARE = 0.05;
const VALIDATION_COST = 1 / 3;

/** Validations in a run where they are cheap. */
const VALIDATIONS = 40;

/** What a recipe leaves open, and the data decide. */
export interface FittedRun {
  readonly limits: Limits;
  /** Steps between validations. */
  readonly interval: number;
  readonly finish: Finish;
}

/** A recipe fitted to what there is to learn from. What the recipe says is kept. */
export function fitRun(sizes: DataSizes, recipe: Recipe): FittedRun {
  const limits = isLimited(recipe.limits) ? recipe.limits : { steps: defaultSteps(sizes) };
  const interval = recipe.validateEvery ?? validationInterval(sizes, limits);
  const { train, validation } = sizes;
  const finish = recipe.finish ?? (train.mode === 'lines' && !isLimited(recipe.limits) ? 'all' : 'best');
  return { limits, interval, finish: validation.targets === 0 && finish === 'all' ? 'best' : finish };
}

/** The batch that fits a part: no more rows than the part has lines, and no more symbols in a window than in an epoch. */
export function fitBatch(part: Part, recipe: Recipe): Required<BatchOptions> {
  const batch = recipe.batch ?? Math.min(DEFAULT_ROWS, Math.ceil(part.targets / (recipe.stride * LEAST_UPDATES)));
  const rows = Math.min(Math.max(1, batch), maximumRows(part, Math.min(recipe.bptt, longestRow(part))));
  const window = Math.max(1, Math.min(recipe.bptt, Math.ceil(part.targets / rows)));
  return { rows, window, stride: Math.min(recipe.stride, window) };
}

/** As many threads as the machine has, but no more than the batch has rows, and no more than pay off for the arithmetic of a step. */
export function fitThreads(model: ModelConfig, { rows, window }: Required<BatchOptions>, available: number): number {
  const flops = trainingFlops(model) * rows * window;
  return Math.max(1, Math.min(available, rows, Math.floor(flops / LEAST_FLOPS_PER_THREAD)));
}

/** Pairs of a batch: as many as the recipe says, or fewer where an epoch would have too few updates. */
export function fitPairBatch({ pairs }: PairPart, { batch }: Recipe): number {
  const fitting = Math.min(DEFAULT_PAIRS, Math.ceil(pairs.length / LEAST_UPDATES_BY_PAIRS));
  return Math.max(1, Math.min(batch ?? fitting, pairs.length));
}

/** What steps are counted by: the parts of a run, and the targets of an update. */
export interface DataSizes {
  readonly train: { readonly targets: number; readonly mode?: Mode | 'pairs' };
  readonly validation: { readonly targets: number };
  readonly targetsPerStep: number;
}

/** Steps of a run without a limit: enough to learn a small list by heart, and a minute or two for a book. */
export function defaultSteps({ train, targetsPerStep }: DataSizes): number {
  const { symbols, epochs, leastSteps } = train.mode === 'pairs' ? DEFAULT_LENGTH_OF_PAIRS : DEFAULT_LENGTH;
  const targets = Math.min(symbols, epochs * train.targets);
  return Math.max(leastSteps, Math.round(targets / targetsPerStep));
}

/** Steps between validations: `VALIDATIONS` in a run, or fewer where these would take more than their share of the time. */
export function validationInterval({ train, validation, targetsPerStep }: DataSizes, limits: Limits): number {
  const steps = Math.min(
    limits.steps ?? Number.POSITIVE_INFINITY,
    ((limits.epochs ?? Number.POSITIVE_INFINITY) * train.targets) / targetsPerStep,
  );
  const even = Number.isFinite(steps) ? steps / VALIDATIONS : 0;
  const affordable = (validation.targets * VALIDATION_COST) / VALIDATION_SHARE / targetsPerStep;
  return Math.max(10, Math.ceil(even), Math.ceil(affordable));
}

/** Symbols of the longest row. A window need not be longer. */
function longestRow(part: Part): number {
  if (part.mode === 'stream') return Math.max(1, part.targets);
  const { lines, lineStarts } = part;
  return lines.reduce((most, line) => Math.max(most, lineStarts[line + 1]! - lineStarts[line]!), 1);
}
