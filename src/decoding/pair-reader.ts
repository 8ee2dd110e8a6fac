import type { KernelChoice } from '../kernel/choose.ts';
import type { ModelConfig } from '../nn/config.ts';
import { mixLogits } from '../nn/mixture.ts';
import { type OpenModel, openModel } from '../nn/open.ts';
import { longestSource, type SourceIds, writeSources } from '../nn/source-rows.ts';
import { notANumber } from './log-softmax.ts';

/** A source and its target, as ids. The target of a transducer is without `<stop>`. */
export interface IdPair {
  readonly source: SourceIds;
  readonly target: ArrayLike<number>;
}

/** Pairs that are read side by side: more gain little. Longer pairs are read in fewer rows, so that the room stays the same. */
const ROWS = 64;
const STEPS = 64;

/** `<stop>`, which every target of a transducer starts after and ends with. */
const STOP = 0;

/** Some of the pairs after a pass: row r holds pair number pairs[r]. */
interface Batch {
  readonly pairs: readonly number[];
  readonly open: OpenModel;
  readonly steps: number;
}

/** A trained model of pairs that reads whole pairs, many at a time: it tells how likely given targets are, and what labels are likely. */
export class PairReader {
  readonly config: ModelConfig;
  readonly #choice: KernelChoice;
  readonly #parameters: Float32Array;
  #open: OpenModel | undefined;

  /** @param parameters the flat buffer, as a checkpoint has it */
  constructor(choice: KernelChoice, config: ModelConfig, parameters: Float32Array) {
    if (!config.pairs) throw new RangeError('a reader of pairs needs a model of pairs');
    this.config = config;
    this.#choice = choice;
    this.#parameters = parameters;
  }

  /**
   * −log p in nats of every symbol of each pair's target, given its source; of a transducer the last is that of `<stop>`. log p(target | source)
   * is minus their sum. UserError where p is not a number.
   */
  losses(pairs: readonly IdPair[]): Float32Array[] {
    for (const pair of pairs) this.#requireTarget(pair);
    const losses = pairs.map((pair) => new Float32Array(this.#stepsOf(pair)));
    for (const { pairs: numbers, open, steps } of this.#read(pairs)) {
      const { model, kernels } = open;
      const { rows } = model.shape;
      model.loss(kernels, { start: 0, end: numbers.length }, { steps }, 0);
      for (const [row, pair] of numbers.entries()) {
        const own = losses[pair]!;
        for (let step = 0; step < own.length; step++) own[step] = kernels.floats[model.losses + step * rows + row]!;
      }
    }
    for (const each of losses) if (each.some(Number.isNaN)) throw notANumber();
    return losses;
  }

  /** Logits of all labels for each source, [T][V], by a tagger (T is the length of the source) or a classifier (T = 1). */
  labelLogits(sources: readonly SourceIds[]): Float32Array[][] {
    if (this.config.pairs?.task === 'transduce') throw new RangeError('a transducer has no labels');
    const pairs = sources.map((source) => ({ source, target: [] }));
    const logits: Float32Array[][] = pairs.map(() => []);
    for (const { pairs: numbers, open } of this.#read(pairs)) {
      for (const [row, pair] of numbers.entries()) {
        const steps = this.#stepsOf(pairs[pair]!);
        logits[pair] = Array.from({ length: steps }, (_, step) => this.#logitsAt(open, step, row));
      }
    }
    return logits;
  }

  /**
   * [T][S] how much a transducer attends to each symbol of the source when it predicts each symbol of the target, the last of which is `<stop>`:
   * the mean α of an ensemble's members. RangeError where the model has no attention.
   */
  attention(pair: IdPair): Float32Array[] {
    const [
      {
        open: { model, kernels },
      },
    ] = [...this.#read([pair])] as [Batch];
    const { sourceSteps = 1 } = model.shape;
    const places = model.members.map(({ attention }) => {
      if (!attention) throw new RangeError('the model has no attention');
      return attention.probabilities;
    });
    return Array.from({ length: this.#stepsOf(pair) }, (_, step) =>
      Float32Array.from({ length: pair.source.length }, (_, at) => {
        const sum = places.reduce((sum, place) => sum + kernels.floats[place + step * sourceSteps + at]!, 0);
        return sum / places.length;
      }),
    );
  }

  /** The symbols that are predicted for a pair. */
  #stepsOf({ source, target }: IdPair): number {
    const { task } = this.config.pairs!;
    if (task === 'classify') return 1;
    return task === 'tag' ? source.length : target.length + 1;
  }

  #requireTarget(pair: IdPair): void {
    const { task } = this.config.pairs!;
    if (task === 'transduce' || pair.target.length === this.#stepsOf(pair)) return;
    throw new RangeError(`a target of ${this.#stepsOf(pair)} labels is needed, not of ${pair.target.length}`);
  }

  /** Runs the model over all pairs, those of about the same length together. */
  *#read(pairs: readonly IdPair[]): Generator<Batch> {
    const lengthOf = (pair: number): number => Math.max(pairs[pair]!.source.length, this.#stepsOf(pairs[pair]!));
    const order = [...pairs.keys()].sort((a, b) => lengthOf(a) - lengthOf(b));
    for (let first = 0; first < order.length; ) {
      const open = this.#withRoom(lengthOf(order[first]!));
      const { rows, steps } = open.model.shape;
      const numbers = order.slice(first, first + rows).filter((pair) => lengthOf(pair) <= steps);
      first += numbers.length;
      yield {
        pairs: numbers,
        open,
        steps: this.#forward(
          open,
          numbers.map((pair) => pairs[pair]!),
        ),
      };
    }
  }

  /** The model, opened anew where a pair is longer than any before. */
  #withRoom(length: number): OpenModel {
    let steps = this.#open?.model.shape.steps ?? STEPS;
    while (steps < length) steps *= 2;
    if (this.#open?.model.shape.steps !== steps) {
      const rows = Math.max(1, Math.floor((ROWS * STEPS) / steps));
      const shape = { steps, sourceSteps: steps, rows, training: false };
      this.#open = openModel(this.#choice, this.config, this.#parameters, shape);
    }
    return this.#open!;
  }

  /** Writes pairs to the first rows, and runs the model over them. Returns the steps of the longest target. */
  #forward({ model, kernels }: OpenModel, pairs: readonly IdPair[]): number {
    const sources = pairs.map(({ source }) => source);
    const rows = { start: 0, end: pairs.length };
    const sourceSteps = longestSource(sources);
    const steps = pairs.reduce((most, pair) => Math.max(most, this.#stepsOf(pair)), 1);
    writeSources(kernels.ints, model.source!, model.shape.rows, rows, sourceSteps, sources);
    const end = this.config.pairs!.task === 'transduce' ? STOP : -1;
    for (let step = 0; step < steps; step++) {
      for (const [row, { target }] of pairs.entries()) {
        const at = step * model.shape.rows + row;
        kernels.ints[model.inputs + at] = step > 0 && step <= target.length ? target[step - 1]! : STOP;
        kernels.ints[model.targets + at] = step < target.length ? target[step]! : step === target.length ? end : -1;
        kernels.ints[model.keep + at] = 1;
      }
    }
    model.forward(kernels, rows, { steps, sourceSteps });
    return steps;
  }

  /** A copy of the logits of one position; of an ensemble, log p̄. */
  #logitsAt({ model, kernels }: OpenModel, step: number, row: number): Float32Array {
    const V = this.config.symbols;
    const at = (step * model.shape.rows + row) * V;
    const out = new Float32Array(V);
    const own = model.members.map(({ logits }) => logits + at);
    if (own.length > 1) mixLogits(kernels.floats, out, own);
    else out.set(kernels.floats.subarray(own[0]!, own[0]! + V));
    return out;
  }
}
