import { attribute } from './onnx-build.ts';
import { type Handed, type Handover, handover } from './onnx-handover.ts';
import { NetworkGraph } from './onnx-network.ts';

/** The graph of a transducer's decoder, which reads one symbol after another, or all of a target. */
export class DecoderGraph extends NetworkGraph {
  /** Returns the name of the logits [steps, rows, V]. */
  build(): string {
    const handed = handover(this.config);
    const symbol = this.read(this.config.symbols);
    const context = handed.context ? [this.#everyStep(handed.context)] : [];
    let signal = this.concatenated('read', [symbol, ...context]);
    for (let layer = 0; layer < this.config.layers; layer++) signal = this.stepped(layer, signal);
    if (handed.memory) return this.output(this.#attend(signal, handed, handed.memory));
    return this.output(context.length > 0 ? this.concatenated('found', [symbol, signal, ...context]) : signal);
  }

  /** The context [1, rows, C] beside every symbol: [steps, rows, C]. */
  #everyStep({ name, shape }: Handed): string {
    const context = this.graph.input(this.prefix + name, shape);
    const steps = this.graph.node('Shape', ['symbols'], [`${this.prefix}shape`]);
    const width = this.graph.integers('contextWidth', [Number(shape.at(-1))]);
    const axis = attribute('axis', { integer: 0 });
    const to = this.graph.node('Concat', [steps, width], [`${this.prefix}context.shape`], [axis]);
    return this.graph.node('Expand', [context, to], [`${this.prefix}context.steps`]);
  }

  /** tanh(W [c; h] + b), where c = Σ_i α_i m_i and α is the softmax of the scores over the source. */
  #attend(hidden: string, { keys }: Handover, handed: Handed): string {
    const memory = this.graph.input(this.prefix + handed.name, handed.shape);
    const ownKeys = keys ? this.graph.input(this.prefix + keys.name, keys.shape) : memory;
    const isDot = this.config.pairs!.attention === 'dot';
    const scores = isDot ? this.#dotScores(hidden, ownKeys) : this.#additiveScores(hidden, ownKeys);
    const name = `${this.prefix}attention`;
    const weights = this.graph.node('Softmax', [scores], [`${name}.weights`], [attribute('axis', { integer: -1 })]);
    const mean = this.graph.node('MatMul', [weights, memory], [`${name}.mean`]);
    const found = this.transposed('attention.found', mean, [1, 0, 2]);
    return this.dense('attention.output', this.concatenated('attention.both', [found, hidden]));
  }

  /** q · k of every step and key [rows, steps, source_steps]; h is [steps, rows, H], and the keys are [rows, source_steps, H]. */
  #dotScores(hidden: string, keys: string): string {
    // The queries are turned, and not the keys: there are many keys for each step of a search.
    const queries = this.transposed('attention.queries', hidden, [1, 2, 0]);
    const scores = this.graph.node('MatMul', [keys, queries], [`${this.prefix}attention.products`]);
    return this.transposed('attention.scores', scores, [0, 2, 1]);
  }

  /** v · tanh(W h + b + k) of every step and key [rows, steps, source_steps]. */
  #additiveScores(hidden: string, keys: string): string {
    const turned = this.transposed('attention.turned', this.linear('attention.queries', hidden), [1, 0, 2]);
    const queries = this.unsqueezed('attention.eachQuery', turned, 2);
    const all = this.unsqueezed('attention.eachKey', keys, 1);
    const sum = this.graph.node('Add', [queries, all], [`${this.prefix}attention.sum`]);
    const squashed = this.graph.node('Tanh', [sum], [`${this.prefix}attention.squashed`]);
    return this.graph.node('MatMul', [squashed, this.weight('attention.vector')], [`${this.prefix}attention.scores`]);
  }
}
