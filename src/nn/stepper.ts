import type { KernelChoice } from '../kernel/choose.ts';
import type { Kernels } from '../kernel/contract.ts';
import type { ModelConfig } from './config.ts';
import { mixLogits } from './mixture.ts';
import type { Model } from './model.ts';
import { openModel } from './open.ts';
import { longestSource, type SourceIds, writeSources } from './source-rows.ts';

/** Symbols of a source that there is room for at first. The room grows with the sources. */
const SOURCE_STEPS = 32;

/** Sources that the encoder reads in one pass: some tiles of the products. The longest of them decides how many steps the pass has. */
const ENCODED_TOGETHER = 24;

/**
 * Runs a trained model symbol by symbol, for up to `rows` texts side by side: (symbol, state) → (logits, state). The texts are independent: a
 * row's numbers are the same, to the bit, whatever the other rows read.
 *
 * The model is a language model, or a transducer. A transducer first reads sources (`encode`). Its state is then the decoder's state and the
 * source that it decodes, and any number of rows may decode one source.
 */
export class Stepper {
  readonly config: ModelConfig;
  /** How many texts can be read at once, and how many sources. */
  readonly rows: number;
  readonly #choice: KernelChoice;
  readonly #parameters: Float32Array;
  #model: Model;
  #kernels: Kernels;
  /** [rows][V] log p̄ of an ensemble. These take the place of logits, which only its members have. */
  readonly #mixed: Float32Array | undefined;
  /** The row of the encoder that holds the source of each row. */
  readonly #sourceRows: Int32Array;
  /** The row of the encoder that holds each of the sources. */
  #rowOfSource: readonly number[] = [];

  /** @param parameters the flat buffer, as a checkpoint has it */
  constructor(choice: KernelChoice, config: ModelConfig, parameters: Float32Array, rows: number) {
    if (config.pairs && config.pairs.task !== 'transduce') {
      throw new RangeError(
        `a stepper runs language models and transducers, not a model of the task ${config.pairs.task}`,
      );
    }
    this.config = config;
    this.rows = rows;
    this.#choice = choice;
    this.#parameters = parameters;
    const { model, kernels } = this.#open(SOURCE_STEPS);
    this.#model = model;
    this.#kernels = kernels;
    this.#mixed = config.members > 1 ? new Float32Array(rows * config.symbols) : undefined;
    this.#sourceRows = new Int32Array(rows);
  }

  /** Reads the sources of a transducer, as many as there are rows at most, in place of the sources before. Every row is to be reset then. */
  encode(sources: readonly SourceIds[]): void {
    if (sources.length > this.rows) {
      throw new RangeError(`a stepper of ${this.rows} rows has room for as many sources, not ${sources.length}`);
    }
    this.#makeRoom(longestSource(sources));
    // Sources of about the same length are read together, so that few positions are masked.
    const order = [...sources.keys()].sort((a, b) => sources[a]!.length - sources[b]!.length);
    const rowOfSource = Array<number>(sources.length);
    for (const [row, source] of order.entries()) rowOfSource[source] = row;
    this.#rowOfSource = rowOfSource;
    for (let start = 0; start < order.length; start += ENCODED_TOGETHER) {
      const group = order.slice(start, start + ENCODED_TOGETHER).map((source) => sources[source]!);
      const rows = { start, end: start + group.length };
      const steps = longestSource(group);
      writeSources(this.#kernels.ints, this.#model.source!, this.rows, rows, steps, group);
      this.#model.encode(this.#kernels, rows, steps);
    }
  }

  /** Row r reads symbols[r], for as many rows as there are symbols. Then `logits` predicts each row's next symbol. */
  step(symbols: ArrayLike<number>): void {
    const { ints, floats } = this.#kernels;
    for (let row = 0; row < symbols.length; row++) ints[this.#model.inputs + row] = symbols[row]!;
    this.#model.decode(this.#kernels, { start: 0, end: symbols.length }, 1, this.#sourceRows);
    this.#model.carry(this.#kernels, 1, symbols.length);
    if (!this.#mixed) return;
    const V = this.config.symbols;
    for (let row = 0; row < symbols.length; row++) {
      const own = this.#model.members.map(({ logits }) => logits + row * V);
      mixLogits(floats, this.#mixed.subarray(row * V, (row + 1) * V), own);
    }
  }

  /** [V] the logits of row r. This is a view, which the next step overwrites. */
  logits(row: number): Float32Array {
    const { symbols } = this.config;
    if (this.#mixed) return this.#mixed.subarray(row * symbols, (row + 1) * symbols);
    const at = this.#model.members[0]!.logits + row * symbols;
    return this.#kernels.floats.subarray(at, at + symbols) as Float32Array;
  }

  /** The state of row r becomes that of row from[r], for as many rows as `from` has. Beam search copies and drops hypotheses this way. */
  moveStates(from: ArrayLike<number>): void {
    if (isInPlace(from)) return;
    // The symbols that were read last are not needed any more.
    const { inputs, states } = this.#model;
    this.#kernels.ints.set(from, inputs);
    for (const state of states) state.move(this.#kernels, inputs, from.length);
    if (!this.config.pairs) return;
    const before = this.#sourceRows.slice();
    for (let row = 0; row < from.length; row++) this.#sourceRows[row] = before[from[row]!]!;
  }

  /**
   * The state of row r becomes its first state: s₀ = 0 of a language model, and what the encoder gives for a source of a transducer. `source`
   * is the number of the source in `encode`.
   */
  resetState(row: number, source = 0): void {
    for (const state of this.#model.states) state.reset(this.#kernels, row, 1);
    if (!this.config.pairs) return;
    const place = this.#rowOfSource[source];
    if (place === undefined)
      throw new RangeError(`there are ${this.#rowOfSource.length} sources, and none is number ${source}`);
    this.#sourceRows[row] = place;
    this.#model.start(this.#kernels, { start: row, end: row + 1 }, this.#sourceRows);
  }

  /** A copy of row r's state. */
  saveState(row: number): SavedState {
    const states = this.#model.states.map((state) => state.save(this.#kernels, row, 1));
    return this.config.pairs ? [...states, [this.#sourceRows[row]!]] : states;
  }

  /** Row r goes on from a saved state. */
  loadState(row: number, saved: SavedState): void {
    const { states } = this.#model;
    for (const [index, state] of states.entries()) state.load(this.#kernels, saved[index]!, row);
    if (this.config.pairs) this.#sourceRows[row] = saved[states.length]![0]!;
  }

  #open(sourceSteps: number) {
    const shape = { steps: 1, sourceSteps, rows: this.rows, training: false };
    const open = openModel(this.#choice, this.config, this.#parameters, shape);
    open.kernels.ints.fill(1, open.model.keep, open.model.keep + this.rows);
    return open;
  }

  /** Opens the model anew where a source is longer than any before. */
  #makeRoom(steps: number): void {
    const { sourceSteps = 0 } = this.#model.shape;
    if (steps <= sourceSteps) return;
    const { model, kernels } = this.#open(Math.max(steps, 2 * sourceSteps));
    this.#model = model;
    this.#kernels = kernels;
  }
}

/** Whether every row stays where it is. */
function isInPlace(from: ArrayLike<number>): boolean {
  for (let row = 0; row < from.length; row++) if (from[row] !== row) return false;
  return true;
}

/**
 * The state of one text: h (and c of an LSTM) of each layer, H numbers each, layer by layer, member by member. The state of a transducer ends
 * with the row of its source, and holds until other sources are encoded.
 */
export type SavedState = readonly ArrayLike<number>[];
