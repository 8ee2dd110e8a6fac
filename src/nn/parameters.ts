import type { Address } from '../kernel/contract.ts';
import type { CellName, ModelConfig } from './config.ts';

/** A named tensor's place in the one flat buffer of parameters. */
export interface TensorView {
  /** Of its own in the whole model: the checkpoint's key. */
  readonly name: string;
  /** The same in every member of an ensemble: what the tensor is in its network. */
  readonly tensor: string;
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
 * where they are tied, under the first name. An ensemble has all of them once a member, one member after the other:
 * `members.m.layers.l.input`.
 */
export class Manifest {
  readonly config: ModelConfig;
  readonly views: readonly TensorView[];
  /** Numbers in the whole buffer: the count of parameters. */
  readonly size: number;

  constructor(config: ModelConfig) {
    const tensors = tensorsOf(config);
    const views: TensorView[] = [];
    let end = 0;
    for (let member = 0; member < config.members; member++) {
      for (const [tensor, shape] of tensors) {
        const size = shape.reduce((product, length) => product * length, 1);
        views.push({ name: memberPrefix(config, member) + tensor, tensor, shape, offset: end, size });
        end += size;
      }
    }
    this.config = config;
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

/** The tensors of one network in order: shapes by name. */
function tensorsOf({ symbols, embedding, tied, hidden, layers, cell, reset }: ModelConfig): Map<string, number[]> {
  const tensors = new Map<string, number[]>();
  if (embedding > 0) tensors.set('embedding', [symbols, embedding]);
  for (let layer = 0; layer < layers; layer++) {
    const inputs = layer > 0 ? hidden : embedding || symbols;
    tensors.set(`layers.${layer}.input`, [inputs, GATES[cell] * hidden]);
    tensors.set(`layers.${layer}.recurrent`, [hidden, GATES[cell] * hidden]);
    tensors.set(`layers.${layer}.bias`, [GATES[cell] * hidden]);
    if (cell === 'gru' && reset === 'after') tensors.set(`layers.${layer}.recurrent_bias`, [hidden]);
  }
  if (!tied) tensors.set('output.weight', [hidden, symbols]);
  tensors.set('output.bias', [symbols]);
  return tensors;
}

/** Before the names of a member's tensors. */
function memberPrefix({ members }: ModelConfig, member: number): string {
  return members > 1 ? `members.${member}.` : '';
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

  ofMember(member: number): MemberParameters {
    const prefix = memberPrefix(this.manifest.config, member);
    return { at: (tensor) => this.at(prefix + tensor) };
  }
}

/** One network's tensors, by the names that they have in it. */
export interface MemberParameters {
  at(tensor: string): Parameter;
}
