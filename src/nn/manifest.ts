import { Arena } from '../kernel/arena.ts';
import { NONE } from '../kernel/contract.ts';
import { buildNetwork } from './build.ts';
import type { ModelConfig } from './config.ts';
import { NO_DROPOUT } from './dropout.ts';
import { declaredTensors, layOut, type TensorView } from './parameters.ts';

/**
 * The named views of the flat parameter buffer, in order and without gaps. The gradient and each of the optimizer's moments are buffers of
 * the same make, and the names are the checkpoint's keys. The tensors are those that the network's modules declare; of a language model with
 * D inputs, H units, G gates and V symbols:
 *
 * - `embedding` E [V, D], where there is one
 * - of layer l: `layers.l.input` U [D, G·H], `layers.l.recurrent` W [H, G·H], `layers.l.bias` b [G·H], and, of a GRU that resets after the
 *   product, `layers.l.recurrent_bias` b' [H]. At the bottom D is V or the width of the embedding, above it is H.
 * - `output.weight` [H, V], unless it is tied to the embedding, and `output.bias` [V]
 *
 * An ensemble has all of them once a member, one member after the other: `members.m.layers.l.input`.
 */
export class Manifest {
  readonly config: ModelConfig;
  readonly views: readonly TensorView[];
  /** Numbers in the whole buffer: the count of parameters. */
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

  /** The view called `name`, which must exist. */
  view(name: string): TensorView {
    const view = this.views.find((candidate) => candidate.name === name);
    if (view) return view;
    throw new RangeError(`no tensor is called ${name}; there are ${this.views.map((each) => each.name).join(', ')}`);
  }

  /** The views of one member's network. */
  ofMember(member: number): readonly TensorView[] {
    const count = this.views.length / this.config.members;
    return this.views.slice(member * count, (member + 1) * count);
  }
}

/** Plans a network that is never run, to hear which tensors it declares. */
function networkTensors(config: ModelConfig) {
  const shape = { steps: 1, sourceSteps: 1, rows: 1, training: false };
  const source = { ids: NONE, mask: NONE, keep: NONE, keepBackwards: NONE, lengths: NONE };
  return declaredTensors((tensors) => {
    const places = { inputs: NONE, keep: NONE, source };
    buildNetwork({ arena: new Arena(), config, shape, dropout: NO_DROPOUT, tensors, member: 0, ...places });
  });
}
