import { attribute } from './onnx-build.ts';
import { type Direction, NetworkGraph, type Recurrence } from './onnx-network.ts';

/** The graph of a tagger's or a classifier's network, which reads whole sources. */
export class LabelGraph extends NetworkGraph {
  build(): string {
    const { layers, sourceSymbols } = this.config;
    const isTagger = this.config.pairs!.task === 'tag';
    let signal = this.read(sourceSymbols!);
    for (let layer = 0; layer < layers; layer++) {
      const name = `layers.${layer}`;
      const recurrence = this.recurrent(name, signal, this.#direction);
      // A classifier reads the last states of the top layer, and not what the layer hands on.
      if (layer === layers - 1 && !isTagger) return this.output(this.#lastStates(name, recurrence));
      const both = this.#sideBySide(`${name}.steps`, recurrence.sequence, [0, 2, 1, 3], [0, 0, -1]);
      signal = this.config.pairs!.fusion === 'tanh' ? this.dense(`${name}.fusion`, both) : both;
    }
    return this.output(signal);
  }

  get #direction(): Direction {
    const { bidirectional, reverseSource } = this.config.pairs!;
    if (bidirectional) return 'bidirectional';
    return reverseSource ? 'reverse' : 'forward';
  }

  #lastStates(name: string, { last }: Recurrence): string {
    return this.#sideBySide(`${name}.last`, last, [1, 0, 2], [0, -1]);
  }

  /** [directions, rows, H] as [rows, directions · H], after `order` has put the directions last but one. In `shape`, 0 keeps a length. */
  #sideBySide(name: string, value: string, order: readonly number[], shape: readonly number[]): string {
    const perm = attribute('perm', { integers: order });
    const turned = this.graph.node('Transpose', [value], [`${this.prefix}${name}.turned`], [perm]);
    const to = this.graph.integers(`sideBySide${shape.length}`, shape);
    return this.graph.node('Reshape', [turned, to], [`${this.prefix}${name}`]);
  }
}
