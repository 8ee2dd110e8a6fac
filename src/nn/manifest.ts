import { Arena } from '../kernel/arena.ts';
import { NONE } from '../kernel/contract.ts';
import { buildNetwork } from './build.ts';
import type { ModelConfig } from './config.ts';
import { NO_DROPOUT } from './dropout.ts';
import { declaredTensors, layOut, type TensorView } from './parameters.ts';

/**
 * The named views of the flat parameter buffer, in order and without gaps. The names are the keys of a checkpoint. The gradient, and each of
 * the optimizer's moments, is a buffer with the same views.
 *
 * The tensors are those that the network's modules declare. A language model with D inputs, H units, G gates and V symbols has
 *
 * - `embedding` E [V, D], if it has an embedding
 * - for each layer l: `layers.l.input` U [D, G·H], `layers.l.recurrent` W [H, G·H], `layers.l.bias` b [G·H], and `layers.l.recurrent_bias`
 *   b' [H] for a GRU that resets after the product. In the bottom layer, D is V or the width of the embedding; in the layers above, it is H.
 * - `output.weight` [H, V], unless the embedding's transpose takes its place, and `output.bias` [V]
 *
 * An ensemble has all of these for each of its members, one member after another: `members.m.layers.l.input`.
 */
export class Manifest {
  readonly config: ModelConfig;
  readonly views: readonly TensorView[];
  /** How many parameters there are: the numbers in the whole buffer. */
  readonly size: number;

  constructor(config: ModelConfig) {
    const specs = networkTensors(config);
    const views: TensorView[] = [];
    for (let member = 0; member < config.members; member++) {
      const prefix = config.members > 1 ? `members.${member}.` : '';
      const last = views.at(-1);
      views.push(...layOut(specs, prefix, last ? last.offset + last.size : 0));
    }
    const last = views.at(-1);
    this.config = config;
    this.views = views;
    this.size = last ? last.offset + last.size : 0;
  }

  /** The view called `name`. RangeError where there is none. */
  view(name: string): TensorView {
    const view = this.views.find((candidate) => candidate.name === name);
    if (view) return view;
    throw new RangeError(`no tensor is called ${name}; there are ${this.views.map((each) => each.name).join(', ')}`);
  }

  /** Whether there is a view called `name`. */
  has(name: string): boolean {
    return this.views.some((view) => view.name === name);
  }

  /** The views of one member's network. */
  ofMember(member: number): readonly TensorView[] {
    const count = this.views.length / this.config.members;
    return this.views.slice(member * count, (member + 1) * count);
  }
}

/** The tensors that a network declares. It is planned for this, and never run. */
function networkTensors(config: ModelConfig) {
  const shape = { steps: 1, sourceSteps: 1, rows: 1, training: false };
  const source = { ids: NONE, mask: NONE, keep: NONE, keepBackwards: NONE, lengths: NONE };
  return declaredTensors((tensors) => {
    const places = { inputs: NONE, keep: NONE, source };
    buildNetwork({ arena: new Arena(), config, shape, dropout: NO_DROPOUT, tensors, member: 0, ...places });
  });
}
