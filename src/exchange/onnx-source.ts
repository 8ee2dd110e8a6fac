import { type Handed, handover } from './onnx-handover.ts';
import { type Direction, NetworkGraph } from './onnx-network.ts';

/** What the layers over a source write. */
interface Encoded {
  /** What the top layer hands on, for every step [steps, rows, directions · H], or [steps, rows, H] if directions are fused. */
  readonly sequence: string;
  /** h, and c of an LSTM, of each layer after the source: [1, rows, directions · H]. */
  readonly lasts: readonly (readonly string[])[];
}

/** A graph of a network that reads whole sources: its layers over the source. */
abstract class SourceGraph extends NetworkGraph {
  /** @param of stands before the names of the tensors: `encoder.` */
  protected encode(of = ''): Encoded {
    const { layers, sourceSymbols } = this.config;
    let sequence = this.read(sourceSymbols!, `${of}embedding`);
    const lasts: string[][] = [];
    for (let layer = 0; layer < layers; layer++) {
      const name = `${of}layers.${layer}`;
      const recurrence = this.recurrent(name, sequence, this.#direction);
      lasts.push(recurrence.lasts.map((last, index) => this.#last(`${name}.last.${index}`, last)));
      const both = this.#sideBySide(`${name}.steps`, recurrence.sequence, [0, 2, 1, 3]);
      sequence = this.config.pairs!.fusion === 'tanh' ? this.dense(`${name}.fusion`, both) : both;
    }
    return { sequence, lasts };
  }

  get #direction(): Direction {
    const { bidirectional, reverseSource } = this.config.pairs!;
    if (bidirectional) return 'bidirectional';
    return reverseSource ? 'reverse' : 'forward';
  }

  /** [directions, rows, H] as [1, rows, directions · H]. */
  #last(name: string, last: string): string {
    if (!this.config.pairs!.bidirectional) return last;
    return this.unsqueezed(name, this.#sideBySide(`${name}.both`, last, [1, 0, 2]), 0);
  }

  /** A value as [rows, directions · H], or [steps, rows, directions · H], where `order` puts the directions last but one. */
  #sideBySide(name: string, value: string, order: readonly number[]): string {
    const turned = this.transposed(`${name}.turned`, value, order);
    // 0 keeps a length.
    const to = this.graph.integers(`sideBySide${order.length}`, [...order.slice(2).map(() => 0), -1]);
    return this.graph.node('Reshape', [turned, to], [this.prefix + name]);
  }
}

/** The graph of a tagger's or a classifier's network. */
export class LabelGraph extends SourceGraph {
  /** Returns the name of the logits: [steps, rows, V] of a tagger, [rows, V] of a classifier, which reads the last h of the top layer. */
  build(): string {
    const { sequence, lasts } = this.encode();
    if (this.config.pairs!.task === 'tag') return this.output(sequence);
    const axis = this.graph.integers('axis0', [0]);
    return this.output(this.graph.node('Squeeze', [lasts.at(-1)![0]!, axis], [`${this.prefix}last`]));
  }
}

/** The graph of a transducer's encoder, whose outputs are what `handover` lists. */
export class EncoderGraph extends SourceGraph {
  build(): void {
    const { states, context, memory, keys } = handover(this.config);
    const { sequence, lasts } = this.encode('encoder.');
    const output = ({ name, shape }: Handed, value: string): void =>
      this.graph.output(this.prefix + name, shape, value);
    for (const [layer, own] of states.entries()) {
      for (const [at, state] of own.entries()) output(state, this.#start(layer, at, lasts[layer]![at]!));
    }
    if (context) output(context, lasts.at(-1)![0]!);
    if (memory) output(memory, this.#rowsFirst(memory, sequence));
    if (keys) output(keys, this.#rowsFirst(keys, this.linear('attention.keys', sequence)));
  }

  /** What a state of the decoder starts from: the encoder's own, or, of two directions, tanh(W [h_f; h_b] + b) for h and W [c_f; c_b] + b for c. */
  #start(layer: number, at: number, last: string): string {
    if (!this.config.pairs!.bidirectional) return last;
    return at === 0 ? this.dense(`layers.${layer}.start`, last) : this.linear(`layers.${layer}.start_cell`, last);
  }

  #rowsFirst({ name }: Handed, value: string): string {
    return this.transposed(`${name}.turned`, value, [1, 0, 2]);
  }
}
