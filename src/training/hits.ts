import type { Kernels } from '../kernel/contract.ts';
import type { Model } from '../nn/model.ts';
import type { DataPart, DataWindow } from './data.ts';

/** A window that was evaluated: its logits hold gradients, and its targets are still in memory. */
export interface EvaluatedWindow extends Pick<DataWindow, 'steps' | 'pairs'> {
  /** What the gradients were multiplied by. */
  readonly lossScale: number;
}

/** Counts what a model predicts right, window by window. */
export interface Hits {
  add(window: EvaluatedWindow): void;
  /** The share that is right. */
  readonly accuracy: number;
}

/**
 * Counts the hits of a model in a part. A symbol is right where no other symbol is likelier, given the true symbols before it. For a text, tags
 * and labels, the accuracy is the share of symbols that are right.
 *
 * For a transducer it is the share of sources whose whole target is right, with its `<stop>`; of several targets of one source, any is right.
 * This is the accuracy of greedy decoding: greedy decoding finds a target exactly where each of its symbols is the likeliest after those before
 * it. So no target has to be decoded, and the count costs a pass over the logits that the loss needs in any case.
 */
export function countHits(model: Model, kernels: Kernels, part: DataPart): Hits {
  return part.mode === 'pairs' && part.corpus.task === 'transduce'
    ? new SourceHits(model, kernels, part)
    : new SymbolHits(model, kernels);
}

class SymbolHits implements Hits {
  readonly #model: Model;
  readonly #kernels: Kernels;
  #right = 0;
  #count = 0;

  constructor(model: Model, kernels: Kernels) {
    this.#model = model;
    this.#kernels = kernels;
  }

  add({ steps, lossScale }: EvaluatedWindow): void {
    const likeliest = new Likeliest(this.#model, this.#kernels, lossScale);
    for (let position = 0; position < steps * this.#model.shape.rows; position++) {
      const isRight = likeliest.isTarget(position);
      if (isRight === undefined) continue;
      this.#count++;
      if (isRight) this.#right++;
    }
  }

  get accuracy(): number {
    return this.#right / this.#count;
  }
}

class SourceHits implements Hits {
  readonly #model: Model;
  readonly #kernels: Kernels;
  readonly #part: DataPart & { mode: 'pairs' };
  /** For each source, whether one of its targets is right. */
  readonly #found = new Map<string, boolean>();

  constructor(model: Model, kernels: Kernels, part: DataPart & { mode: 'pairs' }) {
    this.#model = model;
    this.#kernels = kernels;
    this.#part = part;
  }

  add({ steps, pairs = [], lossScale }: EvaluatedWindow): void {
    const likeliest = new Likeliest(this.#model, this.#kernels, lossScale);
    const { rows } = this.#model.shape;
    for (const [row, pair] of pairs.entries()) {
      let isRight = true;
      for (let step = 0; step < steps && isRight; step++) isRight = likeliest.isTarget(step * rows + row) ?? true;
      const source = this.#sourceOf(pair);
      this.#found.set(source, isRight || (this.#found.get(source) ?? false));
    }
  }

  get accuracy(): number {
    return [...this.#found.values()].filter(Boolean).length / this.#found.size;
  }

  #sourceOf(pair: number): string {
    const { ids, starts } = this.#part.corpus.source;
    return ids.subarray(starts[pair], starts[pair + 1]).join(' ');
  }
}

/**
 * Tells whether targets have the largest probability. In the place of the logits, each member m has left its gradient
 * lossScale · (y_m − onehot). So the sums over the M members are lossScale · Σ y_m, but the target's is lossScale · M less.
 */
class Likeliest {
  readonly #model: Model;
  readonly #kernels: Kernels;
  readonly #scale: number;
  /** [V] */
  readonly #sums: Float64Array;

  constructor(model: Model, kernels: Kernels, lossScale: number) {
    const { symbols, members } = model.config;
    this.#model = model;
    this.#kernels = kernels;
    this.#scale = members * lossScale;
    this.#sums = new Float64Array(symbols);
  }

  /** Undefined at a position without a target. */
  isTarget(position: number): boolean | undefined {
    const { floats, ints } = this.#kernels;
    const target = ints[this.#model.targets + position]!;
    if (target < 0) return undefined;
    const sums = this.#sums;
    const symbols = sums.length;
    sums.fill(0);
    sums[target] = this.#scale;
    for (const { logits } of this.#model.members) {
      const from = logits + position * symbols;
      for (let id = 0; id < symbols; id++) sums[id]! += floats[from + id]!;
    }
    const largest = sums[target]!;
    for (let id = 0; id < symbols; id++) if (sums[id]! > largest) return false;
    return true;
  }
}
