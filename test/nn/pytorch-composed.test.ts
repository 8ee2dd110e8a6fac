import { describe, expect, test } from 'vitest';
import { Bidirectional } from '../../src/nn/bidirectional.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { Embedding } from '../../src/nn/embedding.ts';
import { Recurrent } from '../../src/nn/recurrent.ts';
import { Softmax } from '../../src/nn/softmax.ts';
import { type Arithmetic, type Built, compose, DOUBLE, numbers, type Parts, run, SINGLE } from '../helpers/composed.ts';
import { type ComposedGolden, composedGoldenCases, relativeError } from '../helpers/golden.ts';

const BACK_ENDS = [
  { name: 'float64', arithmetic: DOUBLE, error: 1e-8 },
  { name: 'float32', arithmetic: SINGLE, error: 1e-5 },
] as const;

/** torch.nn.RNN, LSTM and GRU with bidirectional=True. */
function bidirectional(config: ModelConfig) {
  return (parts: Parts): Built => {
    const { places, add } = parts;
    const plan = { ...parts, config, keep: places.keep, keepBackwards: places.keepBackwards, learnsInitialState: true };
    const symbols = { ids: places.ids, symbols: config.symbols };
    let layer: Bidirectional | undefined;
    for (let index = 0; index < config.layers; index++) {
      const below = layer;
      const inputs = () => below?.outputs.map((output) => output.read()) ?? [symbols];
      layer = add(new Bidirectional({ ...plan, prefix: `layers.${index}.`, inputs }));
    }
    return { output: add(new Softmax({ ...parts, inputs: layer!.outputs, symbols: config.symbols })) };
  };
}

type SharedConfig = Pick<ModelConfig, 'hidden' | 'embedding' | 'symbols'>;

/** An LSTM and a GRU that read one embedding. */
function shared({ hidden, embedding, symbols }: SharedConfig) {
  return (parts: Parts): Built => {
    const { arena, tensors, shape, places, add } = parts;
    const source = add(new Embedding(arena, tensors, shape, { ids: places.ids, symbols }, embedding)).output;
    const layers = (['lstm', 'gru'] as const).map((cell, reader) => {
      const config = { cell, activation: 'tanh', reset: 'after', hidden } as const;
      const plan = { ...parts, config, keep: places.keep, prefix: `readers.${reader}.`, inputs: [source.read()] };
      return add(new Recurrent({ ...plan, learnsInitialState: true }));
    });
    return { output: add(new Softmax({ ...parts, inputs: layers.map(({ output }) => output), symbols })) };
  };
}

const CASES = [
  ...composedGoldenCases<ModelConfig>('bidirectional').map((golden) => {
    return { label: `${golden.label}, bidirectional`, golden, build: bidirectional(golden.config) };
  }),
  ...composedGoldenCases<SharedConfig>('shared').map((golden) => {
    return { label: `${golden.label}, which read one embedding`, golden, build: shared(golden.config) };
  }),
];

/** The network with the case's parameters, initial states and symbols. */
function load(golden: ComposedGolden<unknown>, build: (parts: Parts) => Built, arithmetic: Arithmetic) {
  const { steps, rows, symbols, states, parameters } = golden;
  const composed = compose({ steps, rows, training: true }, build, 1, arithmetic);
  const { kernels, network, views, values, places } = composed;
  expect(views.map(({ name }) => name)).toEqual(Object.keys(parameters));
  for (const { name, offset, size } of views) {
    expect(parameters[name]).toHaveLength(size);
    kernels.floats.set(parameters[name]!, values + offset);
  }
  expect(network.states).toHaveLength(states.length);
  for (const [index, state] of network.states.entries()) state.load(kernels, states[index]!);
  kernels.ints.set(symbols.slice(0, steps * rows), places.ids);
  kernels.ints.set(symbols.slice(rows), places.targets);
  return composed;
}

describe.each(BACK_ENDS)('PyTorch, on the $name reference kernels', ({ arithmetic, error }) => {
  test.each(CASES)(
    `$label: logits, loss, final states and every gradient, relative error < ${error.toExponential()}`,
    ({ golden, build }) => {
      const composed = load(golden, build, arithmetic);
      const { kernels, network, views, shape } = composed;
      const { logits, losses, finalStates, gradients } = run(composed);
      const positions = shape.steps * shape.rows;
      // PyTorch's loss is the mean over all positions, and ours the sum.
      const mean = (values: readonly number[]) => values.map((value) => value / positions);
      expect(relativeError(logits, golden.logits), 'logits').toBeLessThan(error);
      const loss = losses.reduce((sum, each) => sum + each, 0);
      expect(relativeError(mean([loss]), [golden.loss]), 'loss').toBeLessThan(error);
      for (const [index, state] of finalStates.entries()) {
        expect(relativeError(state, golden.final_states[index]!), `final state ${index}`).toBeLessThan(error);
      }
      for (const { name, offset, size } of views) {
        const gradient = mean(gradients.slice(offset, offset + size));
        expect(relativeError(gradient, golden.gradients[name]!), `gradient of ${name}`).toBeLessThan(error);
      }
      for (const [index, { carried, width }] of network.states.entries()) {
        const gradient = mean(numbers(kernels, carried, shape.rows * width));
        const name = `gradient of initial state ${index}`;
        expect(relativeError(gradient, golden.state_gradients[index]!), name).toBeLessThan(error);
      }
    },
  );
});
