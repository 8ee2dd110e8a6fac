import type { Address } from '../kernel/contract.ts';
import type { CellName, ModelConfig } from './config.ts';

/** A named tensor's place in the one flat buffer of parameters. */
export interface TensorView {
  readonly name: string;
  readonly shape: readonly number[];
  /** Numbers before it in the buffer. */
  readonly offset: number;
  readonly size: number;
}

/** Gates of each cell, stacked along the columns of its matrices in PyTorch's order: LSTM i, f, g, o; GRU r, z, n. */
export const GATES: Record<CellName, number> = { rnn: 1, lstm: 4, gru: 3 };

/**
 * The named views of the flat parameter buffer, in order and without gaps. The gradient and each of the optimizer's moments
 * are buffers of the same make, and the names are the checkpoint's keys.
 *
 * Of layer l, with D inputs, H units and G gates: `layers.l.input` U [D, G·H], `layers.l.recurrent` W [H, G·H],
 * `layers.l.bias` b [G·H], and `layers.l.recurrent_bias` b' [H] of a GRU that resets after the product. D is the
 * size of the vocabulary V or of the embedding at the bottom, H above. `embedding` E [V, D] and `output.weight` V [H, V] are one
 * where they are tied, under the first name.
 */
export class Manifest {
  readonly views: readonly TensorView[];
  /** Numbers in the whole buffer: the count of parameters. */
  readonly size: number;

  constructor(config: ModelConfig) {
    const { symbols, embedding, tied, hidden, layers, cell, reset } = config;
    const views: TensorView[] = [];
    let end = 0;
    const add = (name: string, ...shape: number[]): void => {
      const size = shape.reduce((product, length) => product * length, 1);
      views.push({ name, shape, offset: end, size });
      end += size;
    };
    if (embedding > 0) add('embedding', symbols, embedding);
    for (let layer = 0; layer < layers; layer++) {
      const inputs = layer > 0 ? hidden : embedding || symbols;
      add(`layers.${layer}.input`, inputs, GATES[cell] * hidden);
      add(`layers.${layer}.recurrent`, hidden, GATES[cell] * hidden);
      add(`layers.${layer}.bias`, GATES[cell] * hidden);
      if (cell === 'gru' && reset === 'after') add(`layers.${layer}.recurrent_bias`, hidden);
    }
    if (!tied) add('output.weight', hidden, symbols);
    add('output.bias', symbols);
    this.views = views;
    this.size = end;
  }

  /** The view called `name`, which must exist. */
  view(name: string): TensorView {
    const view = this.views.find((candidate) => candidate.name === name);
    if (!view)
      throw new RangeError(`no tensor is called ${name}; there are ${this.views.map((v) => v.name).join(', ')}`);
    return view;
  }
}

/** Where a tensor and its gradient lie in memory. */
export interface Parameter {
  readonly value: Address;
  readonly gradient: Address;
}

/** The flat buffer at `values`, and its gradient at `gradients`, in the kernel's memory. */
export class Parameters {
  readonly manifest: Manifest;
  readonly values: Address;
  readonly gradients: Address;
  readonly #copies: ReadonlyMap<string, Address>;

  /** @param copies of tensors that products read in place of the tensors themselves, by name */
  constructor(
    manifest: Manifest,
    values: Address,
    gradients: Address,
    copies: ReadonlyMap<string, Address> = new Map(),
  ) {
    this.manifest = manifest;
    this.values = values;
    this.gradients = gradients;
    this.#copies = copies;
  }

  at(name: string): Parameter {
    const { offset } = this.manifest.view(name);
    return { value: this.#copies.get(name) ?? this.values + offset, gradient: this.gradients + offset };
  }
}
