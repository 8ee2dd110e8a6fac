import type { KernelName } from '../kernel/contract.ts';
import type { ModelConfig } from '../nn/config.ts';
import { maximumRows } from '../text/batches.ts';
import type { Part } from '../text/split.ts';
import type { BatchOptions } from '../text/windows.ts';
import { trainingFlops } from './flops.ts';
import type { Limits, Recipe } from './recipe.ts';

/** Where it runs: no bit of the result depends on it. */
export interface Place {
  readonly kernel: KernelName | 'auto';
  /** By `fitThreads` if not given. */
  readonly threads?: number | undefined;
}

/** A run without a limit reads so many symbols, unless that is more epochs than these, or fewer steps. */
const DEFAULT_SYMBOLS = 10_000_000;
const DEFAULT_EPOCHS = 60;
const DEFAULT_LEAST_STEPS = 300;

/** Rows of a batch where nothing is said: as many as keep the kernels busy, unless an epoch would have fewer updates than these. */
const DEFAULT_ROWS = 48;
const LEAST_UPDATES = 64;

/**
 * Below this, the barriers of a step cost more than another thread saves. Measured (LSTM, one layer): with two threads a step
 * of 0.15 MFLOP takes 3.4 times as long as with one, one of 1.6 as long, one of 4.7 a tenth less, one of 30 a third less.
 */
const LEAST_FLOPS_PER_THREAD = 2e6;

/** Share of a run's arithmetic that validation may take; it costs a third of training for each symbol. */
const VALIDATION_SHARE = 0.05;
const VALIDATION_COST = 1 / 3;

/** Validations in a run, where they are cheap. */
const VALIDATIONS = 40;

/** The batch as a part has room for it: no more rows than lines, and no more symbols in a window than in an epoch. */
export function fitBatch(part: Part, recipe: Recipe): Required<BatchOptions> {
  const batch = recipe.batch ?? Math.min(DEFAULT_ROWS, Math.ceil(part.targets / (recipe.stride * LEAST_UPDATES)));
  const rows = Math.min(Math.max(1, batch), maximumRows(part, Math.min(recipe.bptt, longestRow(part))));
  const window = Math.max(1, Math.min(recipe.bptt, Math.ceil(part.targets / rows)));
  return { rows, window, stride: Math.min(recipe.stride, window) };
}

/** As many threads as the machine has, but no more than there are rows, nor than a step's arithmetic is worth. */
export function fitThreads(model: ModelConfig, { rows, window }: Required<BatchOptions>, available: number): number {
  const flops = trainingFlops(model) * rows * window;
  return Math.max(1, Math.min(available, rows, Math.floor(flops / LEAST_FLOPS_PER_THREAD)));
}

/** Steps of a run that has no limit: enough to learn a small list by heart, and a minute or two for a book. */
export function defaultSteps(part: Part, { rows, stride }: Required<BatchOptions>): number {
  const symbols = Math.min(DEFAULT_SYMBOLS, DEFAULT_EPOCHS * part.targets);
  return Math.max(DEFAULT_LEAST_STEPS, Math.round(symbols / (rows * stride)));
}

/** Steps between validations: `VALIDATIONS` in a run, unless they would take more than their share of it. */
export function validationInterval(
  train: Part,
  validation: Part,
  limits: Limits,
  { rows, stride }: Required<BatchOptions>,
): number {
  const perStep = rows * stride;
  const steps = Math.min(
    limits.steps ?? Number.POSITIVE_INFINITY,
    ((limits.epochs ?? Number.POSITIVE_INFINITY) * train.targets) / perStep,
  );
  const even = Number.isFinite(steps) ? steps / VALIDATIONS : 0;
  const affordable = (validation.targets * VALIDATION_COST) / VALIDATION_SHARE / perStep;
  return Math.max(10, Math.ceil(even), Math.ceil(affordable));
}

/** Steps after which no row has anything left: a window needn't be longer. */
function longestRow(part: Part): number {
  if (part.mode === 'stream') return Math.max(1, part.targets);
  const { lines, lineStarts } = part;
  return lines.reduce((most, line) => Math.max(most, lineStarts[line + 1]! - lineStarts[line]!), 1);
}
