import type { ModelConfig } from '../nn/config.ts';
import { type Arithmetic, forwardAndBackward, type OpenModel, openModel } from '../nn/open.ts';
import { fillGrid } from '../text/pair-batches.ts';
import { type PairPart, sourceLength, targetLength } from '../text/pair-split.ts';
import { gridOf } from '../training/data.ts';
import { norm } from './norm.ts';

/** Positions that are computed side by side. */
const ROWS = 32;

export interface PairFlowOptions {
  readonly arithmetic: Arithmetic;
  /** The greatest number of positions to average over. */
  readonly positions: number;
}

/** How far the gradient of the loss reaches back in one recurrence: mean norms over positions, null where no position has the lag or the place. */
export interface RecurrenceFlow {
  /** The encoder reads the source; the decoder of a transducer reads the target. */
  readonly part: 'encoder' | 'decoder';
  /** From 1, the lowest. */
  readonly layer: number;
  readonly direction: 'forwards' | 'backwards';
  /** ‖∂L_t/∂h‖ by the lag n = 0, 1, …: so many steps lie between the state h and the loss. */
  readonly byLag: readonly (number | null)[];
  /** The same by the place of the symbol in the source, from 0; of an encoder whose last state is read. */
  readonly byPlace?: readonly (number | null)[];
}

/** The gradient flow of a model of pairs. */
export interface PairFlow {
  readonly name: string;
  /** The number of positions that are averaged over. */
  readonly positions: number;
  readonly recurrences: readonly RecurrenceFlow[];
}

/** A target symbol whose loss is measured: the step of a pair's target. */
interface Position {
  readonly pair: number;
  readonly step: number;
}

/**
 * ‖∂L_t/∂h‖ of every state of the encoder, and of the decoder, averaged over positions t. L_t = −log p(y_t | y_<t, x) is the loss of one symbol of a
 * target, and the derivative is the total one: through later steps, layers above, the attention and the decoder.
 *
 * The lag of a state is how many steps of recurrences the gradient goes back to it where there is no attention. The decoder's state at step t has
 * lag 0 and its first state lag t − 1, when steps are counted from 1. The state of the encoder after the symbol that it reads last has lag t, and
 * the one after the symbol before it lag t + 1. (The loss of a classifier is at the last state, which has lag 0. The loss of a tag is at the state
 * of its own symbol, which has lag 0, and a recurrence has no states after it.) With attention there is a shorter way, of one step, to each state.
 *
 * Reversing the source does not change the lags of the encoder's states. It changes which symbols have the small ones: see `byPlace`.
 */
export function measurePairFlow(
  name: string,
  config: ModelConfig,
  parameters: ArrayLike<number>,
  part: PairPart,
  { arithmetic, positions }: PairFlowOptions,
): PairFlow {
  const chosen = spreadTargets(part, positions);
  const rows = Math.min(ROWS, chosen.length);
  const longest = (length: (pair: number) => number) =>
    chosen.reduce((most, { pair }) => Math.max(most, length(pair)), 1);
  const shape = {
    steps: longest((pair) => targetLength(part.corpus, pair)),
    sourceSteps: longest((pair) => sourceLength(part.corpus, pair)),
    rows,
    training: true,
  };
  const open = openModel(arithmetic, config, parameters, shape);
  const sums = recurrencesOf(config).map((recurrence) => new FlowSums(recurrence));
  for (let first = 0; first < chosen.length; first += rows)
    addBatch(open, part, chosen.slice(first, first + rows), sums);
  return { name, positions: chosen.length, recurrences: sums.map((sum) => sum.means()) };
}

/** `count` symbols of targets spread evenly over a part, or all where it has fewer. */
function spreadTargets({ corpus, pairs, targets }: PairPart, count: number): Position[] {
  const taken = Math.min(count, targets);
  const found: Position[] = [];
  let before = 0;
  for (const pair of pairs) {
    const length = targetLength(corpus, pair);
    const next = () => Math.floor(((found.length + 0.5) * targets) / taken);
    while (found.length < taken && next() < before + length) found.push({ pair, step: next() - before });
    before += length;
  }
  return found;
}

type Recurrence = Pick<RecurrenceFlow, 'part' | 'layer' | 'direction'>;

/** The recurrences of a network, in the order of its layers. */
function recurrencesOf({ layers, pairs }: ModelConfig): Recurrence[] {
  const { task, bidirectional, reverseSource } = pairs!;
  const directions = bidirectional
    ? (['forwards', 'backwards'] as const)
    : ([reverseSource ? 'backwards' : 'forwards'] as const);
  const numbers = Array.from({ length: layers }, (_, layer) => layer + 1);
  return [
    ...numbers.flatMap((layer) => directions.map((direction): Recurrence => ({ part: 'encoder', layer, direction }))),
    ...(task === 'transduce'
      ? numbers.map((layer): Recurrence => ({ part: 'decoder', layer, direction: 'forwards' }))
      : []),
  ];
}

/** Computes the gradients of some positions, one a row, and adds their norms. */
function addBatch(network: OpenModel, part: PairPart, batch: readonly Position[], sums: readonly FlowSums[]): void {
  const { model, kernels } = network;
  const grid = gridOf(model, kernels.ints);
  const { steps, sourceSteps } = fillGrid(
    part,
    batch.map(({ pair }) => pair),
    grid,
  );
  for (const [row, { step: own }] of batch.entries()) {
    for (let step = 0; step < steps; step++) if (step !== own) grid.targets[step * grid.rows + row] = -1;
  }
  forwardAndBackward(network, { start: 0, end: model.shape.rows }, { steps, sourceSteps });
  const { hidden } = model.config;
  for (const [index, layer] of model.layers.entries()) {
    for (const [row, { pair, step }] of batch.entries()) {
      const length = sourceLength(part.corpus, pair);
      sums[index]!.add(part.corpus.task, step, length, (at) =>
        norm(kernels.floats, layer.buffers.dHidden + (at * grid.rows + row) * hidden, hidden),
      );
    }
  }
}

/** Sums of norms of one recurrence. */
class FlowSums {
  readonly #recurrence: Recurrence;
  readonly #byLag = new Means();
  readonly #byPlace = new Means();

  constructor(recurrence: Recurrence) {
    this.#recurrence = recurrence;
  }

  /** Adds a position: the step of its target, and the length of its source. `normAt` gives the norm at a step of the recurrence. */
  add(task: PairPart['corpus']['task'], step: number, length: number, normAt: (at: number) => number): void {
    const { part, direction } = this.#recurrence;
    if (part === 'decoder') {
      for (let at = 0; at <= step; at++) this.#byLag.add(step - at, normAt(at));
      return;
    }
    for (let place = 0; place < length; place++) {
      const value = normAt(place);
      const after = direction === 'forwards' ? length - 1 - place : place; // steps from the state to the last one
      if (task !== 'tag') {
        this.#byPlace.add(place, value);
        this.#byLag.add(after + (task === 'transduce' ? step + 1 : 0), value);
        continue;
      }
      const lag = direction === 'forwards' ? step - place : place - step;
      if (lag >= 0) this.#byLag.add(lag, value);
    }
  }

  means(): RecurrenceFlow {
    const byPlace = this.#byPlace.values();
    return { ...this.#recurrence, byLag: this.#byLag.values(), ...(byPlace.length > 0 ? { byPlace } : {}) };
  }
}

/** Means of numbers by an index. */
class Means {
  readonly #sums: number[] = [];
  readonly #counts: number[] = [];

  add(index: number, value: number): void {
    this.#sums[index] = (this.#sums[index] ?? 0) + value;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  values(): (number | null)[] {
    return Array.from(this.#sums, (sum, index) => (sum === undefined ? null : sum / this.#counts[index]!));
  }
}
