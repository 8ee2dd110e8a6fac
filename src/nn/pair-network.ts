import type { Input, SymbolInput } from './affine.ts';
import { Embedding } from './embedding.ts';
import { FirstState, LastState, Repeat } from './last-state.ts';
import type { Network, NetworkPlan } from './network.ts';
import { attend } from './pair-attention.ts';
import { PairBuilder } from './pair-builder.ts';
import { type EncoderLayer, encoderLayers } from './pair-encoder.ts';
import { Recurrent } from './recurrent.ts';
import type { Signal } from './signal.ts';
import { atOneStep } from './source.ts';

/** A network of pairs: of a tagger, a classifier or a transducer. */
export function pairNetwork(plan: NetworkPlan): Network {
  const { source } = plan;
  const { pairs } = plan.config;
  if (!source || !pairs) throw new RangeError('a network of pairs needs places for the source');
  const network = { tag: tagger, classify: classifier, transduce: transducer }[pairs.task];
  return network(new PairBuilder(plan, source, pairs));
}

/** y_t = softmax(V h_t + c): one label a symbol. The layers run over the steps of the window, which are those of the source. */
function tagger(builder: PairBuilder): Network {
  const layers = encoderLayers(builder, { ...builder.onWindow, givesFinalState: false });
  const top = layers.at(-1)!.outputs.map((signal) => builder.dropped(signal, builder.plan.dropout.output));
  return builder.finish(top.map((signal) => signal.read()));
}

/** y = softmax(V h_T + c): one label a source. */
function classifier(builder: PairBuilder): Network {
  const { arena, dropout } = builder.plan;
  const layers = encoderLayers(builder, { ...builder.onSource, givesFinalState: true });
  const one = builder.oneStep;
  const last = layers.at(-1)!.recurrences.map(({ states }) => builder.add(new LastState(arena, one, states[0]!)));
  readOtherLastStates(builder, layers);
  const top = last.map(({ output }) => builder.dropped(output, dropout.output, { ...builder.onWindow, shape: one }));
  return builder.finish(
    top.map((signal) => signal.read()),
    one,
  );
}

/** Last states that nobody reads have no gradient. */
function readOtherLastStates(builder: PairBuilder, layers: readonly EncoderLayer[]): void {
  for (const [index, { recurrences }] of layers.entries()) {
    for (const { states } of recurrences) {
      for (const [place, state] of states.entries()) {
        const isTop = index === layers.length - 1 && place === 0;
        if (!isTop) builder.add(new LastState(builder.plan.arena, builder.oneStep, state));
      }
    }
  }
}

/** An encoder, whose last state is the first of the decoder, and a decoder over the symbols before. */
function transducer(builder: PairBuilder): Network {
  const { arena, config, shape, dropout, tensors, inputs: ids, keep } = builder.plan;
  const { zeros, pairs, onSource } = builder;
  const encoder = encoderLayers(builder, { ...onSource, givesFinalState: true });
  const attends = pairs.attention !== 'none';
  const drop = attends ? dropout.layers : 0;
  const memory = encoder.at(-1)!.outputs.map((signal) => builder.dropped(signal, drop, onSource));
  const lasts = encoder.map(({ recurrences }) =>
    recurrences.map(({ states }) => states.map((state) => builder.lastState(state))),
  );
  const firsts = lasts.map((directions, layer) => firstStates(builder, directions, layer));
  builder.starts.push(...firsts.flat());
  const context =
    pairs.context === 'every' ? lasts.at(-1)!.map(([h]) => builder.add(new Repeat(arena, shape, h!))) : [];
  const read: SymbolInput = { ids, symbols: config.symbols };
  const embedding =
    config.embedding > 0 ? builder.add(new Embedding(arena, tensors, shape, read, config.embedding)) : undefined;
  const symbol = embedding ? builder.dropped(embedding.output, dropout.input) : undefined;
  const readSymbol = (): Input => symbol?.read() ?? read;
  let signal: Signal | undefined;
  const decoder: Recurrent[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const below = signal ? builder.dropped(signal, dropout.layers) : undefined;
    const inputs = below ? [below.read()] : [readSymbol(), ...context.map(({ output }) => output.read())];
    const prefix = `layers.${layer}.`;
    const common = { arena, zeros, shape, config, tensors, prefix, inputs };
    const made = new Recurrent({ ...common, learnsInitialState: true, keep });
    for (const [index, first] of firsts[layer]!.entries()) first.startOf(made.states[index]!);
    decoder.push(builder.add(made));
    builder.layers.push(made);
    signal = made.output;
  }
  if (attends) {
    const attended = builder.dropped(attend(builder, signal!, memory), dropout.output);
    return builder.finish([attended.read()], shape, decoder, embedding);
  }
  const top = builder.dropped(signal!, dropout.output);
  const inputs: Input[] =
    context.length > 0 ? [readSymbol(), top.read(), ...context.map(({ output }) => output.read())] : [top.read()];
  return builder.finish(inputs, shape, decoder, embedding);
}

/**
 * What a decoder layer's states start from, state by state: the encoder's own, or, of two directions, tanh(W [h_f; h_b] + b) for h and
 * W [c_f; c_b] + b for c.
 */
function firstStates(builder: PairBuilder, directions: readonly (readonly Signal[])[], layer: number): FirstState[] {
  const [forwards, backwards] = directions;
  if (!backwards) return forwards!.map((signal) => new FirstState(signal));
  const joined = forwards!.map((signal, index) => {
    const inputs = [signal.read(), backwards[index]!.read()];
    const [name, activation] = index === 0 ? (['start', 'tanh'] as const) : (['start_cell', 'none'] as const);
    const parts = { name: `layers.${layer}.${name}`, activation, shape: builder.oneStep };
    const dense = builder.dense(inputs, parts);
    builder.addToEncoder(atOneStep(dense));
    return dense.output;
  });
  return joined.map((signal) => new FirstState(signal));
}
