import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import { type PairPart, sourceLength, targetLength } from './pair-split.ts';

/** Where a batch of pairs is written: arrays laid out [step][row]. */
export interface PairGrid {
  /** B. */
  readonly rows: number;
  /** The most steps of a source and of a target that there is room for. */
  readonly sourceSteps: number;
  readonly steps: number;
  /** Ids of the source symbols; 0 after the end of a source. */
  readonly source: Int32Array;
  /** 1 where there is a source symbol, else 0. */
  readonly mask: Int32Array;
  /** 0 at the first step, where a recurrence over the source starts, else 1. */
  readonly keepForwards: Int32Array;
  /** 0 at the last symbol of each source, where a recurrence that walks backwards starts, else 1. */
  readonly keepBackwards: Int32Array;
  /** [row] the number of symbols of each source; 0 where the row has no pair. */
  readonly lengths: Int32Array;
  /** The symbol that the decoder reads at each step: `<stop>` first, then the target symbol before. */
  readonly inputs: Int32Array;
  /** 1: the state of a decoder is never reset. */
  readonly keep: Int32Array;
  /** The symbol to be predicted at each step; −1 where none is counted. */
  readonly targets: Int32Array;
}

/** What a batch holds besides its arrays. */
export interface PairWindow {
  readonly sourceSteps: number;
  readonly steps: number;
  /** Targets that are not −1. */
  readonly counted: number;
  /** Epochs done at the end of this batch, with fraction. */
  readonly epoch: number;
}

export interface PairBatchState {
  readonly mode: 'pairs';
  readonly epoch: number;
  /** Batches of the epoch that are done. */
  readonly batch: number;
}

/** Pairs that are sorted by length together: long enough that rows of a batch are about equally long, short enough that epochs differ. */
const POOL_BATCHES = 32;

/**
 * Batches of training pairs without end. In each epoch the pairs are shuffled by the seed, then sorted by length within pools of some batches,
 * and the batches are shuffled. So the rows of a batch are about equally long, and little of its grid is masked. The last batch of an epoch may
 * have fewer pairs than rows.
 */
export class PairBatches {
  readonly rows: number;
  /** Targets of an epoch. */
  readonly targets: number;
  readonly #part: PairPart;
  readonly #seed: string | number;
  #epoch = 0;
  #batch = 0;
  #counted = 0;
  #batches: readonly (readonly number[])[] = [];

  /** UserError where there is no pair. */
  constructor(part: PairPart, rows: number, seed: string | number) {
    if (part.pairs.length === 0) throw new UserError('there is no pair to train on; give at least one');
    this.rows = rows;
    this.targets = part.targets;
    this.#part = part;
    this.#seed = seed;
    this.#begin(0);
  }

  next(grid: PairGrid): PairWindow {
    const pairs = this.#batches[this.#batch++]!;
    const filled = fillGrid(this.#part, pairs, grid);
    this.#counted += filled.counted;
    const epoch = this.#epoch + this.#counted / this.targets;
    if (this.#batch === this.#batches.length) this.#begin(this.#epoch + 1);
    return { ...filled, epoch };
  }

  state(): PairBatchState {
    return { mode: 'pairs', epoch: this.#epoch, batch: this.#batch };
  }

  /** UserError for a state of other pairs. */
  restore({ epoch, batch }: PairBatchState): void {
    if (!Number.isSafeInteger(epoch) || epoch < 0) throw otherPairs();
    this.#begin(epoch);
    if (!Number.isSafeInteger(batch) || batch < 0 || batch >= this.#batches.length) throw otherPairs();
    for (const pairs of this.#batches.slice(0, batch)) {
      for (const pair of pairs) this.#counted += targetLength(this.#part.corpus, pair);
    }
    this.#batch = batch;
  }

  #begin(epoch: number): void {
    const random = new Random(`${this.#seed}/pairs/${epoch}`);
    const order = [...this.#part.pairs];
    random.shuffle(order);
    const batches: number[][] = [];
    const pool = POOL_BATCHES * this.rows;
    for (let first = 0; first < order.length; first += pool) {
      batches.push(...batchesByLength(this.#part, order.slice(first, first + pool), this.rows));
    }
    random.shuffle(batches);
    this.#epoch = epoch;
    this.#batch = 0;
    this.#counted = 0;
    this.#batches = batches;
  }
}

/** Batches that cover every pair of a part once, the shortest first, with the numbers of their pairs. */
export function* pairEvaluationBatches(
  part: PairPart,
  grid: PairGrid,
): Generator<PairWindow & { readonly pairs: readonly number[] }> {
  for (const pairs of batchesByLength(part, [...part.pairs], grid.rows)) {
    yield { ...fillGrid(part, pairs, grid), epoch: 0, pairs };
  }
}

/** The longest source and the longest target of a part. */
export function longestPair({ corpus, pairs }: PairPart): { readonly sourceSteps: number; readonly steps: number } {
  let [sourceSteps, steps] = [1, 1];
  for (const pair of pairs) {
    sourceSteps = Math.max(sourceSteps, sourceLength(corpus, pair));
    steps = Math.max(steps, targetLength(corpus, pair));
  }
  return { sourceSteps, steps };
}

function batchesByLength({ corpus }: PairPart, pairs: number[], rows: number): number[][] {
  const sorted = pairs.sort(
    (a, b) =>
      sourceLength(corpus, a) - sourceLength(corpus, b) || targetLength(corpus, a) - targetLength(corpus, b) || a - b,
  );
  return Array.from({ length: Math.ceil(sorted.length / rows) }, (_, batch) =>
    sorted.slice(batch * rows, (batch + 1) * rows),
  );
}

/** Writes pairs to a grid, one a row. Rows without a pair have no symbol and no target. */
export function fillGrid({ corpus }: PairPart, pairs: readonly number[], grid: PairGrid): Omit<PairWindow, 'epoch'> {
  const { rows, source, mask, keepForwards, keepBackwards, lengths, inputs, keep, targets } = grid;
  const { task } = corpus;
  const sourceSteps = pairs.reduce((most, pair) => Math.max(most, sourceLength(corpus, pair)), 1);
  const steps = pairs.reduce((most, pair) => Math.max(most, targetLength(corpus, pair)), 1);
  const start = corpus.target.vocabulary.stop ?? 0;
  let counted = 0;
  for (let row = 0; row < rows; row++) {
    const pair = pairs[row];
    const [from, to] = pair === undefined ? [0, 0] : [corpus.source.starts[pair]!, corpus.source.starts[pair + 1]!];
    const [first, last] = pair === undefined ? [0, 0] : [corpus.target.starts[pair]!, corpus.target.starts[pair + 1]!];
    lengths[row] = to - from;
    for (let step = 0; step < sourceSteps; step++) {
      const at = step * rows + row;
      const isSymbol = from + step < to;
      source[at] = isSymbol ? corpus.source.ids[from + step]! : 0;
      mask[at] = isSymbol ? 1 : 0;
      keepForwards[at] = step === 0 ? 0 : 1;
      keepBackwards[at] = from + step === to - 1 ? 0 : 1;
    }
    for (let step = 0; step < steps; step++) {
      const at = step * rows + row;
      const isSymbol = first + step < last;
      const isStop = task === 'transduce' && pair !== undefined && first + step === last;
      inputs[at] = step === 0 || first + step > last ? start : corpus.target.ids[first + step - 1]!;
      targets[at] = isSymbol ? corpus.target.ids[first + step]! : isStop ? start : -1;
      keep[at] = 1;
      if (targets[at]! >= 0) counted++;
    }
  }
  return { sourceSteps, steps, counted };
}

function otherPairs(): UserError {
  return new UserError('the saved place belongs to other pairs or another batch; start training anew');
}
