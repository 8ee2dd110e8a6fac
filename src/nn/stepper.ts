import type { KernelChoice } from '../kernel/choose.ts';
import type { Kernels } from '../kernel/contract.ts';
import type { ModelConfig } from './config.ts';
import { mixLogits } from './mixture.ts';
import type { Model } from './model.ts';
import { openModel } from './open.ts';

/**
 * Runs a trained model symbol by symbol, for up to `rows` texts side by side: (symbol, state) → (logits, state). The texts are independent: a
 * row's numbers are the same, to the bit, whatever the other rows read.
 */
export class Stepper {
  readonly config: ModelConfig;
  /** How many texts can be read at once. */
  readonly rows: number;
  readonly #model: Model;
  readonly #kernels: Kernels;
  /** [rows][V] log p̄ of an ensemble. These take the place of logits, which only its members have. */
  readonly #mixed: Float32Array | undefined;

  /** @param parameters the flat buffer, as a checkpoint has it */
  constructor(choice: KernelChoice, config: ModelConfig, parameters: Float32Array, rows: number) {
    const { model, kernels } = openModel(choice, config, parameters, { steps: 1, rows, training: false });
    this.config = config;
    this.rows = rows;
    this.#model = model;
    this.#kernels = kernels;
    this.#mixed = config.members > 1 ? new Float32Array(rows * config.symbols) : undefined;
    this.#kernels.ints.fill(1, this.#model.keep, this.#model.keep + rows);
  }

  /** Row r reads symbols[r], for as many rows as there are symbols. Then `logits` predicts each row's next symbol. */
  step(symbols: ArrayLike<number>): void {
    const { ints, floats } = this.#kernels;
    for (let row = 0; row < symbols.length; row++) ints[this.#model.inputs + row] = symbols[row]!;
    this.#model.forward(this.#kernels, { start: 0, end: symbols.length }, 1);
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
    for (const state of this.#model.states) state.move(this.#kernels, from);
  }

  /** The state of row r becomes s₀ = 0. */
  resetState(row: number): void {
    for (const state of this.#model.states) state.reset(this.#kernels, row, 1);
  }

  /** A copy of row r's state. */
  saveState(row: number): SavedState {
    return this.#model.states.map((state) => state.save(this.#kernels, row, 1));
  }

  /** Row r goes on from a saved state. */
  loadState(row: number, saved: SavedState): void {
    for (const [index, state] of this.#model.states.entries()) state.load(this.#kernels, saved[index]!, row);
  }
}

/** The state of one text: h (and c of an LSTM) of each layer, H numbers each, layer by layer, member by member. */
export type SavedState = readonly ArrayLike<number>[];
