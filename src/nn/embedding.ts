import type { Arena } from '../kernel/arena.ts';
import { type Kernels, NONE } from '../kernel/contract.ts';
import { GRAIN, share, type Team } from '../kernel/team.ts';
import { positionsRun } from './active.ts';
import { type SymbolInput, symbolRowsOf } from './affine.ts';
import { type BatchShape, type Extent, type Pass, rowsAt } from './batch.ts';
import { type ModelConfig, sharesTable } from './config.ts';
import type { Module } from './module.ts';
import type { Parameter, TensorSource } from './parameters.ts';
import { Signal } from './signal.ts';
import type { State } from './state.ts';
import type { Packed } from './weight.ts';

/** Turns symbols into rows of a table E [V, width]: x_t = E[id_t], which is the product of a one-hot row and E. */
export class Embedding implements Module {
  readonly states: readonly State[] = [];
  readonly weights: readonly Packed[] = [];
  readonly output: Signal;
  /** E. */
  readonly table: Parameter;
  readonly #input: SymbolInput;
  readonly #batch: number;

  constructor(arena: Arena, tensors: TensorSource, shape: BatchShape, input: SymbolInput, width: number) {
    const symbolRows = symbolRowsOf([input]);
    this.table = tensors.tensor({ name: 'embedding', shape: [input.symbols, width], role: 'lookup', symbolRows });
    const embedded = { ...input, table: this.table, positions: shape.steps * shape.rows };
    this.output = Signal.allocate(arena, shape, width, embedded);
    this.#input = input;
    this.#batch = shape.rows;
  }

  forward(k: Kernels, pass: Pass): void {
    const { values, width } = this.output;
    for (let step = 0; step < pass.steps; step++) {
      const { start, end } = rowsAt(pass, step);
      const first = step * this.#batch + start;
      k.gatherRows(values + first * width, this.table.value, this.#input.ids + first, NONE, end - start, width);
    }
  }

  /** Nothing: symbols have no gradient. */
  backward(): void {}

  weightGradients(k: Kernels, team: Team, extent: Extent): void {
    const { width, gradients } = this.output;
    const { start, end } = share(team, width, GRAIN);
    for (const { start: first, end: last } of positionsRun(extent, this.#batch)) {
      const d = gradients + first * width + start;
      const ids = this.#input.ids + first;
      k.scatterRows(this.table.gradient + start, d, ids, last - first, end - start, width, width);
    }
  }
}

/** The embedding's table, where the output layer is to use it, too (Press & Wolf 2017). */
export function sharedTable(config: ModelConfig, embedding: Embedding | undefined): Parameter | undefined {
  return sharesTable(config) ? embedding?.table : undefined;
}
