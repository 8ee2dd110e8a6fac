import { message, option, UsageError } from '../errors.ts';
import { CELL_KINDS, type CellName } from '../nn/cells/index.ts';
import type { Activation, Reset } from '../nn/cells/options.ts';
import { type ModelConfig, parseFoundModel } from '../nn/config.ts';
import { refusal } from './refusal.ts';

/** What tensors alone don't tell. */
export interface Unsaid {
  readonly activation?: Activation | undefined;
  readonly reset?: Reset | undefined;
}

/** What the names and shapes of tensors tell. */
export interface Sizes {
  readonly cell: CellName;
  readonly hidden: number;
  readonly layers: number;
  /** 0 where symbols are one-hot. */
  readonly embedding: number;
  /** Whether the output layer uses the embedding's table. */
  readonly sharesTable: boolean;
  readonly symbols: number;
  readonly members: number;
  /** For a GRU, if the names of the tensors show it. */
  readonly reset?: Reset;
}

/** UsageError for what is given of a model though its file says it. */
export function requireNothingGiven(given: Unsaid, name: string): void {
  const key = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (key !== undefined) throw new UsageError(message`${name}: the file says it; leave out ${option(key)}`);
}

/** The configuration of a model that was found, and notes on what was assumed. UserError if this program has no such model. */
export function configOf(
  sizes: Sizes,
  unsaid: Unsaid,
  name: string,
): { config: ModelConfig; notes: readonly string[] } {
  const { symbols, reset: told } = sizes;
  const { activation } = unsaid;
  const { uses } = CELL_KINDS[sizes.cell];
  for (const key of ['activation', 'reset'] as const) {
    if (unsaid[key] === undefined || uses.includes(key)) continue;
    throw new UsageError(message`${name}: its cell, ${sizes.cell}, has no ${option(key)}; leave it out`);
  }
  requireNothingGiven({ reset: told && unsaid.reset }, name);
  // A GRU from elsewhere is PyTorch's unless it is said to be another.
  const reset = uses.includes('reset') ? (told ?? unsaid.reset ?? 'after') : undefined;
  const result = parseFoundModel({ ...sizes, activation, reset });
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw refusal(name, `this program has no such model: ${[...path, message].join(': ')}`);
  }
  const isGuessed = uses.includes('activation') && activation === undefined;
  const notes = isGuessed
    ? ['nothing says which activation its vanilla RNN has; tanh is taken, PyTorch’s default']
    : [];
  return { config: { ...result.data, symbols }, notes };
}
