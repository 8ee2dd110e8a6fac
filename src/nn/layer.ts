import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { BatchShape, Cell, CellBuffers, CellPlan } from './cell.ts';
import type { ModelConfig } from './config.ts';
import { GruAfterCell, GruCell } from './gru.ts';
import { LstmCell } from './lstm.ts';
import { GATES, type MemberParameters, type Parameter } from './parameters.ts';
import { RnnCell } from './rnn.ts';
import { Weight } from './weight.ts';

/** What a layer reads: symbols, as one-hot rows, or the numbers that the layer below puts out. */
export type LayerInput = { readonly kind: 'symbols'; readonly ids: Address } | DenseInput;

/** [T][B][width] numbers, with room for ∂L/∂ of the same make. */
export interface DenseInput {
  readonly kind: 'dense';
  readonly values: Address;
  readonly gradients: Address;
  readonly width: number;
}

/** A recurrent layer: Ux + b for every step, and the cell's recurrence over time, for slices of batch rows. */
export class Layer {
  readonly #batch: number;
  readonly #hidden: number;
  /** G·H. */
  readonly #width: number;
  readonly #buffers: CellBuffers;
  readonly #cell: Cell;
  readonly #input: LayerInput;
  readonly #inputParameter: Parameter;
  readonly #inputWeight: Weight | undefined;
  readonly #bias: Parameter;

  constructor(
    arena: Arena,
    config: ModelConfig,
    parameters: MemberParameters,
    shape: BatchShape,
    index: number,
    input: LayerInput,
    keep: Address,
    zeros: Address,
  ) {
    const { steps, rows, training } = shape;
    const prefix = `layers.${index}.`;
    const H = config.hidden;
    this.#batch = rows;
    this.#hidden = H;
    this.#width = GATES[config.cell] * H;
    this.#buffers = {
      gates: arena.float(steps * rows * this.#width), // [T][B][G·H]
      hidden: arena.float((steps + 1) * rows * H), // [T+1][B][H]
      previous: arena.float(steps * rows * H), // [T][B][H]
      dHidden: arena.float(training ? steps * rows * H : 0), // [T][B][H]
      dPrevious: arena.float(training ? rows * H : 0), // [B][H]
      keep,
      zeros,
    };
    this.#cell = makeCell({ arena, parameters, prefix, shape, hidden: H, buffers: this.#buffers }, config);
    this.#input = input;
    this.#inputParameter = parameters.at(`${prefix}input`); // U [D, G·H]
    this.#bias = parameters.at(`${prefix}bias`); // b [G·H]
    if (input.kind === 'dense') {
      const part = {
        parameter: this.#inputParameter,
        rows: input.width,
        stride: this.#width,
        first: 0,
        columns: this.#width,
      };
      this.#inputWeight = new Weight(arena, part, training);
    }
  }

  /** What the layer keeps of its last run, for those who look inside. */
  get buffers(): CellBuffers {
    return this.#buffers;
  }

  /** What the layer above reads: h of every step. */
  get output(): DenseInput {
    const { hidden, dHidden } = this.#buffers;
    return { kind: 'dense', values: hidden + this.#batch * this.#hidden, gradients: dHidden, width: this.#hidden };
  }

  /** [T+1][B][H] blocks that carry from step to step. */
  get states(): readonly Address[] {
    return this.#cell.states;
  }

  get weights(): readonly Weight[] {
    return this.#inputWeight ? [...this.#cell.weights, this.#inputWeight] : this.#cell.weights;
  }

  /** Steps 0 … steps − 1 of the batch rows `range`. The input must be there for all of them. */
  forward(k: Kernels, range: Range, steps: number): void {
    const { hidden, previous, keep } = this.#buffers;
    const rows = range.end - range.start;
    for (let step = 0; step < steps; step++) {
      const first = step * this.#batch + range.start;
      const at = first * this.#hidden;
      k.keepRows(previous + at, hidden + at, keep + first, rows, this.#hidden);
      this.#project(k, first, rows);
      this.#cell.forward(k, { step, row: range.start, rows });
    }
  }

  /** Back from step steps − 1 to 0: ∂L/∂h of every step must be there; leaves gradients in `gates`, and in the input. */
  backward(k: Kernels, range: Range, steps: number): void {
    const { dHidden, dPrevious, gates, keep } = this.#buffers;
    const H = this.#hidden;
    const rows = range.end - range.start;
    for (let step = steps - 1; step >= 0; step--) {
      const first = step * this.#batch + range.start;
      this.#cell.backward(k, { step, row: range.start, rows }, step === steps - 1);
      if (step > 0) {
        const before = dHidden + (first - this.#batch) * H;
        k.addKeptRows(before, dPrevious + range.start * H, keep + first, rows, H);
      }
      if (this.#input.kind === 'dense') {
        const { gradients, width } = this.#input;
        this.#inputWeight?.backwardFrom(
          k,
          gradients + first * width,
          this.#buffers.zeros,
          gates + first * this.#width,
          rows,
          width,
          this.#width,
        );
      }
    }
  }

  /** Gradients of this thread's columns of every weight and bias, summed over all rows of `steps` steps. */
  weightGradients(k: Kernels, columns: Range, steps: number): void {
    const rows = steps * this.#batch;
    const n = columns.end - columns.start;
    const width = this.#width;
    const d = this.#buffers.gates + columns.start;
    if (this.#input.kind === 'dense') {
      this.#inputWeight?.gradient(k, this.#input.values, d, rows, columns, this.#input.width, width);
    } else {
      k.scatterRows(this.#inputParameter.gradient + columns.start, d, this.#input.ids, rows, n, width, width);
    }
    k.sumRows(this.#bias.gradient + columns.start, d, rows, n, width);
    this.#cell.weightGradients(k, columns, rows);
  }

  /** G·H: the columns to share out. */
  get columns(): number {
    return this.#width;
  }

  /** gates ← Ux + b for `rows` rows from row `first` of [T·B]. */
  #project(k: Kernels, first: number, rows: number): void {
    const width = this.#width;
    const gates = this.#buffers.gates + first * width;
    if (this.#input.kind === 'symbols') {
      k.gatherRows(gates, this.#inputParameter.value, this.#input.ids + first, this.#bias.value, rows, width);
    } else {
      const inputs = this.#input.width;
      this.#inputWeight?.forwardFrom(
        k,
        gates,
        this.#bias.value,
        this.#input.values + first * inputs,
        rows,
        width,
        inputs,
      );
    }
  }
}

function makeCell(plan: CellPlan, config: ModelConfig): Cell {
  switch (config.cell) {
    case 'rnn':
      return new RnnCell(plan, config.activation);
    case 'lstm':
      return new LstmCell(plan);
    case 'gru':
      return config.reset === 'after' ? new GruAfterCell(plan) : new GruCell(plan);
  }
}
