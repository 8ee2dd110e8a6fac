import type { Input, SymbolInput } from './affine.ts';
import { Attention, AttentionMemory } from './attention.ts';
import type { BatchShape } from './batch.ts';
import { Bidirectional } from './bidirectional.ts';
import type { PairModelConfig } from './config.ts';
import { Dense } from './dense.ts';
import { BACKWARDS, FORWARDS } from './direction.ts';
import { Dropout } from './dropout.ts';
import { Embedding, sharedTable } from './embedding.ts';
import { FirstState, LastState, Repeat } from './last-state.ts';
import type { Module } from './module.ts';
import { Network, type NetworkPlan, type SourcePlaces } from './network.ts';
import { prefixed, type TensorSource } from './parameters.ts';
import { Recurrent, type RecurrentPlan } from './recurrent.ts';
import { AdditiveScore, DotScore, type Score } from './score.ts';
import type { Signal } from './signal.ts';
import { Softmax } from './softmax.ts';
import { atOneStep, onSource } from './source.ts';
import type { State } from './state.ts';
import { Zeros } from './zeros.ts';

/** A network of pairs: of a tagger, a classifier or a transducer. */
export function pairNetwork(plan: NetworkPlan): Network {
  const { source } = plan;
  const { pairs } = plan.config;
  if (!source || !pairs) throw new RangeError('a network of pairs needs places for the source');
  const builder = new Builder(plan, source, pairs);
  switch (pairs.task) {
    case 'tag':
      return builder.tagger();
    case 'classify':
      return builder.classifier();
    case 'transduce':
      return builder.transducer();
  }
}

/** One layer of an encoder. */
interface EncoderLayer {
  /** What the layer above reads: one signal, or one for each direction. */
  readonly outputs: readonly Signal[];
  /** The recurrences: one, or forwards and backwards. */
  readonly recurrences: readonly Recurrent[];
}

/** Puts the modules of a network together, in the order in which they run. */
class Builder {
  readonly #plan: NetworkPlan;
  readonly #source: SourcePlaces;
  readonly #pairs: PairModelConfig;
  readonly #zeros: Zeros;
  readonly #encoder: Module[] = [];
  readonly #starts: FirstState[] = [];
  readonly #decoder: Module[] = [];
  readonly #layers: Recurrent[] = [];
  #attention: Attention | undefined;
  #site: number;

  constructor(plan: NetworkPlan, source: SourcePlaces, pairs: PairModelConfig) {
    this.#plan = plan;
    this.#pairs = pairs;
    this.#source = source;
    this.#zeros = new Zeros(plan.arena);
    // Every place of every member has a key of its own: a network has fewer places than this.
    this.#site = -1 - plan.member * (6 * plan.config.layers + 8);
  }

  /** y_t = softmax(V h_t + c): one label a symbol. The layers run over the steps of the window, which are those of the source. */
  tagger(): Network {
    const { layers } = this.#encode((module) => this.#add(module), this.#plan.shape, false);
    const top = layers.at(-1)!.outputs.map((signal) => this.#dropped(signal, this.#plan.dropout.output));
    return this.#finish(top.map((signal) => signal.read()));
  }

  /** y = softmax(V h_T + c): one label a source. */
  classifier(): Network {
    const { shape, arena, dropout } = this.#plan;
    const { layers } = this.#encode((module) => this.#addOnSource(module), this.#sourceShape(), true);
    const one = { ...shape, steps: 1 };
    const last = layers.at(-1)!.recurrences.map(({ states }) => this.#add(new LastState(arena, one, states[0]!)));
    this.#readOtherLastStates(layers);
    const top = last.map(({ output }) => this.#dropped(output, dropout.output, one));
    return this.#finish(
      top.map((signal) => signal.read()),
      one,
    );
  }

  /** An encoder, whose last state is the first of the decoder, and a decoder over the symbols before. */
  transducer(): Network {
    const { arena, config, shape, dropout, tensors } = this.#plan;
    const { layers: encoder } = this.#encode((module) => this.#addOnSource(module), this.#sourceShape(), true);
    const attends = this.#pairs.attention !== 'none';
    const drop = attends ? dropout.layers : 0;
    const memory = encoder.at(-1)!.outputs.map((signal) => this.#dropped(signal, drop, this.#sourceShape(), true));
    const lasts = encoder.map(({ recurrences }) =>
      recurrences.map(({ states }) => states.map((state) => this.#lastState(state))),
    );
    const firsts = lasts.map((directions, layer) => this.#firstStates(directions, layer).map((s) => new FirstState(s)));
    this.#starts.push(...firsts.flat());
    const context =
      this.#pairs.context === 'every' ? lasts.at(-1)!.map(([h]) => this.#add(new Repeat(arena, shape, h!))) : [];
    const read: SymbolInput = { ids: this.#plan.inputs, symbols: config.symbols };
    const embedding =
      config.embedding > 0 ? this.#add(new Embedding(arena, tensors, shape, read, config.embedding)) : undefined;
    const symbol = embedding ? this.#dropped(embedding.output, dropout.input) : undefined;
    const readSymbol = (): Input => symbol?.read() ?? read;
    let signal: Signal | undefined;
    const decoder: Recurrent[] = [];
    for (let layer = 0; layer < config.layers; layer++) {
      const below = signal ? this.#dropped(signal, dropout.layers) : undefined;
      const inputs = below ? [below.read()] : [readSymbol(), ...context.map(({ output }) => output.read())];
      const made = this.#recurrent(`layers.${layer}.`, inputs, { learnsInitialState: true, keep: this.#plan.keep });
      for (const [index, first] of firsts[layer]!.entries()) first.startOf(made.states[index]!);
      decoder.push(this.#add(made));
      this.#layers.push(made);
      signal = made.output;
    }
    if (attends) {
      const attended = this.#dropped(this.#attend(signal!, memory), dropout.output);
      return this.#finish([attended.read()], shape, decoder, embedding);
    }
    const top = this.#dropped(signal!, dropout.output);
    const inputs: Input[] =
      context.length > 0 ? [readSymbol(), top.read(), ...context.map(({ output }) => output.read())] : [top.read()];
    return this.#finish(inputs, shape, decoder, embedding);
  }

  /** h̃_t = tanh(W [c_t; h_t] + b), where c_t is what the attention finds (Luong et al. 2015). */
  #attend(hidden: Signal, memory: readonly Signal[]): Signal {
    const { arena, config, tensors, shape } = this.#plan;
    const zeros = this.#zeros;
    const over = { ...shape, sourceSteps: this.#sourceShape().steps };
    const score = this.#score(hidden, memory, over);
    const attention = this.#add(
      new Attention({ arena, zeros, shape: over, score, memory, lengths: this.#source.lengths }),
    );
    this.#attention = attention;
    this.#encoder.push(new AttentionMemory(attention));
    const inputs = [...attention.outputs, hidden].map((signal) => signal.read());
    const name = 'attention.output';
    return this.#add(
      new Dense({ arena, zeros, shape, tensors, name, inputs, width: config.hidden, activation: 'tanh' }),
    ).output;
  }

  #score(hidden: Signal, memory: readonly Signal[], shape: BatchShape & { readonly sourceSteps: number }): Score {
    const { arena, config, tensors } = this.#plan;
    const zeros = this.#zeros;
    const dense = (name: string, inputs: readonly Signal[], of: BatchShape, hasBias: boolean): Dense => {
      const readings = inputs.map((signal) => signal.read());
      return new Dense({
        arena,
        zeros,
        shape: of,
        tensors,
        name,
        inputs: readings,
        width: config.hidden,
        activation: 'none',
        hasBias,
      });
    };
    const needsKeys = this.#pairs.attention === 'additive' || memory.length > 1 || memory[0]!.width !== config.hidden;
    const keys = needsKeys
      ? this.#addOnSource(dense('attention.keys', memory, this.#sourceShape(), false)).output
      : memory[0]!;
    if (this.#pairs.attention === 'dot')
      return new DotScore({ arena, zeros, shape, queries: hidden.read(), keys: keys.read() });
    const queries = this.#add(dense('attention.queries', [hidden], shape, true)).output;
    return new AdditiveScore({ arena, zeros, shape, queries: queries.read(), keys: keys.read() }, tensors);
  }

  /** Recurrent layers over the source. */
  #encode(
    add: <M extends Module>(module: M) => M,
    shape: BatchShape,
    givesFinalState: boolean,
  ): { readonly layers: readonly EncoderLayer[] } {
    const { arena, config, tensors, dropout } = this.#plan;
    const named = prefixed(tensors, this.#pairs.task === 'transduce' ? 'encoder.' : '');
    const read: SymbolInput = { ids: this.#source.ids, symbols: config.sourceSymbols!, vocabulary: 'source' };
    const embedding =
      config.embedding > 0 ? add(new Embedding(arena, named, shape, read, config.embedding)) : undefined;
    const onSourceSteps = shape !== this.#plan.shape;
    let below = embedding ? [this.#dropped(embedding.output, dropout.input, shape, onSourceSteps)] : [];
    const layers: EncoderLayer[] = [];
    for (let index = 0; index < config.layers; index++) {
      if (index > 0)
        below = layers.at(-1)!.outputs.map((signal) => this.#dropped(signal, dropout.layers, shape, onSourceSteps));
      const inputs = (): readonly Input[] => (below.length > 0 ? below.map((signal) => signal.read()) : [read]);
      layers.push(this.#encoderLayer(add, named, `layers.${index}.`, inputs, shape, givesFinalState));
    }
    return { layers };
  }

  #encoderLayer(
    add: <M extends Module>(module: M) => M,
    tensors: TensorSource,
    prefix: string,
    inputs: () => readonly Input[],
    shape: BatchShape,
    givesFinalState: boolean,
  ): EncoderLayer {
    const { arena, config } = this.#plan;
    const { keep, keepBackwards, mask } = this.#source;
    const zeros = this.#zeros;
    const common = { arena, zeros, shape, config, tensors, prefix, mask, givesFinalState };
    if (!this.#pairs.bidirectional) {
      const [direction, its] = this.#pairs.reverseSource ? [BACKWARDS, keepBackwards] : [FORWARDS, keep];
      const recurrent = add(new Recurrent({ ...common, inputs: inputs(), keep: its, direction }));
      this.#layers.push(recurrent);
      return { outputs: [recurrent.output], recurrences: [recurrent] };
    }
    const both = add(new Bidirectional({ ...common, inputs, keep, keepBackwards }));
    this.#layers.push(both.forwards, both.backwards);
    const recurrences = [both.forwards, both.backwards];
    if (this.#pairs.fusion === 'concatenate') return { outputs: both.outputs, recurrences };
    const readings = both.outputs.map((signal) => signal.read());
    const name = `${prefix}fusion`;
    const fused = add(
      new Dense({ arena, zeros, shape, tensors, name, inputs: readings, width: config.hidden, activation: 'tanh' }),
    );
    return { outputs: [fused.output], recurrences };
  }

  #lastState(state: State): Signal {
    const { arena, shape } = this.#plan;
    const last = new LastState(arena, { ...shape, steps: 1 }, state);
    this.#encoder.push(last);
    return last.output;
  }

  /** Last states that nobody reads have no gradient. */
  #readOtherLastStates(layers: readonly EncoderLayer[]): void {
    const { arena, shape } = this.#plan;
    const one = { ...shape, steps: 1 };
    for (const [index, { recurrences }] of layers.entries()) {
      for (const { states } of recurrences) {
        for (const [place, state] of states.entries()) {
          const isTop = index === layers.length - 1 && place === 0;
          if (!isTop) this.#add(new LastState(arena, one, state));
        }
      }
    }
  }

  /**
   * What a decoder layer's states start from, state by state: the encoder's own, or, of two directions, tanh(W [h_f; h_b] + b) for h and
   * W [c_f; c_b] + b for c.
   */
  #firstStates(directions: readonly (readonly Signal[])[], layer: number): Signal[] {
    const [forwards, backwards] = directions;
    if (!backwards) return [...forwards!];
    const { arena, config, tensors, shape } = this.#plan;
    return forwards!.map((signal, index) => {
      const inputs = [signal.read(), backwards[index]!.read()];
      const name = `layers.${layer}.${index === 0 ? 'start' : 'start_cell'}`;
      const activation = index === 0 ? 'tanh' : 'none';
      const one = { ...shape, steps: 1 };
      const plan = {
        arena,
        zeros: this.#zeros,
        shape: one,
        tensors,
        name,
        inputs,
        width: config.hidden,
        activation,
      } as const;
      const dense = new Dense(plan);
      this.#encoder.push(atOneStep(dense));
      return dense.output;
    });
  }

  #recurrent(
    prefix: string,
    inputs: readonly Input[],
    more: Pick<RecurrentPlan, 'keep' | 'learnsInitialState'>,
  ): Recurrent {
    const { arena, config, tensors, shape } = this.#plan;
    return new Recurrent({ arena, zeros: this.#zeros, shape, config, tensors, prefix, inputs, ...more });
  }

  #dropped(signal: Signal, probability: number, shape = this.#plan.shape, onSourceSteps = false): Signal {
    const site = this.#site--;
    if (probability === 0) return signal;
    const { arena, dropout } = this.#plan;
    const module = new Dropout(signal, { arena, shape, probability, variational: dropout.variational, site });
    return (onSourceSteps ? this.#addOnSource(module) : this.#add(module)).output;
  }

  #finish(
    inputs: readonly Input[],
    shape = this.#plan.shape,
    decoder: readonly Recurrent[] = [],
    embedding?: Embedding,
  ): Network {
    const { arena, config, tensors } = this.#plan;
    const table = sharedTable(config, embedding);
    const { symbols } = config;
    const output = this.#add(
      new Softmax({ arena, zeros: this.#zeros, shape, tensors, inputs, symbols, embedding: table }),
    );
    const states = decoder.flatMap((layer) => layer.states);
    const parts = { encoder: this.#encoder, starts: this.#starts, decoder: this.#decoder };
    return new Network(parts, this.#layers, output, states, this.#attention);
  }

  #sourceShape(): BatchShape {
    const { shape } = this.#plan;
    return { ...shape, steps: shape.sourceSteps ?? 1 };
  }

  #add<M extends Module>(module: M): M {
    this.#decoder.push(module);
    return module;
  }

  #addOnSource<M extends Module>(module: M): M {
    this.#encoder.push(onSource(module));
    return module;
  }
}
