import { describe, expect, test } from 'vitest';
import { Dropout } from '../../src/nn/dropout.ts';
import { Embedding } from '../../src/nn/embedding.ts';
import { Recurrent } from '../../src/nn/recurrent.ts';
import { Signal } from '../../src/nn/signal.ts';
import { Softmax } from '../../src/nn/softmax.ts';
import {
  type Composed,
  clearFlags,
  compose,
  composeFilled,
  expectAgreement,
  fillRandom,
  fillStates,
  fillSymbols,
  lossOf,
  numbers,
  type Parts,
  type Run,
  run,
  signalUnknown,
  unknowns,
} from '../helpers/composed.ts';
import { expectGradientsRight } from '../helpers/differences.ts';
import { crossEntropy, naiveLayer, naiveStep, naiveTensors, plus, product, type Vector } from '../helpers/naive.ts';
import { VARIANTS } from '../helpers/network.ts';

const SHAPE = { steps: 6, rows: 3, training: true };
const SYMBOLS = 7;
const WIDTH = 5;

type Variant = (typeof VARIANTS)[number];

/** Every variant beside the next, and three of different kinds. The readers are of different widths. */
const READERS = [
  ...VARIANTS.map((variant, index) => [variant, VARIANTS[(index + 1) % VARIANTS.length]!]),
  [VARIANTS[0]!, VARIANTS[3]!, VARIANTS[4]!],
].map((variants) => ({ label: variants.map(({ label }) => label).join(', '), variants }));

const hiddenOf = (reader: number): number => 4 + reader;

/** Recurrent layers that read one embedding, and a softmax that reads them all. */
function sharedEmbedding(variants: readonly Variant[]) {
  return (parts: Parts) => {
    const { arena, tensors, shape, places, add } = parts;
    const symbols = { ids: places.ids, symbols: SYMBOLS };
    const embedding = add(new Embedding(arena, tensors, shape, symbols, WIDTH));
    return { ...onOne(parts, embedding.output, variants), source: embedding.output };
  };
}

/** The same, of a signal that is given from outside. */
function sharedSource(variants: readonly Variant[]) {
  return (parts: Parts) => {
    const source = Signal.allocate(parts.arena, parts.shape, WIDTH);
    return { ...onOne(parts, source, variants), source };
  };
}

function onOne(parts: Parts, source: Signal, variants: readonly Variant[]) {
  const { places, add } = parts;
  const layers = variants.map((variant, reader) => {
    const config = { ...variant, hidden: hiddenOf(reader) };
    const plan = { ...parts, config, keep: places.keep, prefix: `readers.${reader}.`, learnsInitialState: true };
    return add(new Recurrent({ ...plan, inputs: [source.read()] }));
  });
  const inputs = layers.map(({ output }) => output);
  const output = add(new Softmax({ ...parts, inputs, symbols: SYMBOLS }));
  return { output, layers };
}

/** The network's logits, losses and final states, computed one sequence at a time from its parameters and initial states. */
function naiveRun({ kernels, values, views, places, built, shape }: SharedNetwork, variants: readonly Variant[]) {
  const tensors = naiveTensors(kernels.floats, values, views);
  const finals = built.layers.map(({ states }) => states.map((): number[] => []));
  const logits: number[][] = [];
  const losses: number[] = [];
  for (let row = 0; row < shape.rows; row++) {
    const ints = (at: number): number[] =>
      Array.from({ length: shape.steps }, (_, step) => kernels.ints[at + step * shape.rows + row]!);
    const xs = ints(places.ids).map((id) => tensors.matrix('embedding')[id]!);
    const outputs = variants.map((variant, reader) => {
      const hidden = hiddenOf(reader);
      const initial = built.layers[reader]!.states.map((state) =>
        numbers(kernels, state.initial + row * hidden, hidden),
      );
      const step = naiveStep({ ...variant, hidden }, tensors, `readers.${reader}.`);
      const states = naiveLayer(step, xs, { h: initial[0]!, c: initial[1] ?? [] }, ints(places.keep));
      finals[reader]![0]!.push(...states.at(-1)!.h);
      finals[reader]![1]?.push(...states.at(-1)!.c);
      return states.map(({ h }) => h);
    });
    const targets = ints(places.targets);
    for (const [time, target] of targets.entries()) {
      const x: Vector = outputs.flatMap((states) => states[time]!);
      const y = plus(product(x, tensors.matrix('output.weight')), tensors.vector('output.bias'));
      logits[time * shape.rows + row] = y;
      losses[time * shape.rows + row] = crossEntropy(y, target);
    }
  }
  return { logits: logits.flat(), losses, finals: finals.flat() };
}

type SharedNetwork = Composed<ReturnType<ReturnType<typeof sharedEmbedding>>>;

describe.each(READERS)('one signal that is read by layers of different kinds: $label', ({ variants }) => {
  test('agrees with naive recurrences in float64, error < 1e-12', () => {
    const composed = composeFilled(SHAPE, sharedEmbedding(variants), 201, SYMBOLS);
    clearFlags(composed, composed.places.keep, [
      [0, 1],
      [3, 0],
      [5, 2],
    ]);
    const naive = naiveRun(composed, variants);
    expectAgreement(run(composed), naive);
  });

  test('has gradients that agree with central differences: of every parameter and every initial state, relative error < 1e-6', () => {
    const composed = composeFilled(SHAPE, sharedEmbedding(variants), 211, SYMBOLS);
    run(composed);
    expectGradientsRight(composed.kernels, unknowns(composed), () => lossOf(composed));
  });

  test('has a gradient of its own that agrees with central differences, relative error < 1e-6', () => {
    const composed = compose(SHAPE, sharedSource(variants), 221);
    const { source } = composed.built;
    const size = SHAPE.steps * SHAPE.rows * WIDTH;
    fillSymbols(composed, SYMBOLS, 222);
    fillStates(composed, 223);
    fillRandom(composed.kernels, source.values, size, 224);
    run(composed);
    // A second run finds in the gradient what the first has left there, and must not add to it.
    const first = numbers(composed.kernels, source.gradients, size);
    run(composed);
    expect(numbers(composed.kernels, source.gradients, size)).toEqual(first);
    const signal = signalUnknown(source, SHAPE);
    expectGradientsRight(composed.kernels, [signal], () => lossOf(composed));
  });

  test('gives states that, carried over chunks, equal one long sequence to the bit', () => {
    const { rows } = SHAPE;
    const build = sharedEmbedding(variants);
    const whole = composeFilled({ ...SHAPE, steps: 12, training: false }, build, 231, SYMBOLS);
    clearFlags(whole, whole.places.keep, [
      [1, 0],
      [5, 1],
      [8, 2],
    ]);
    const expected = run(whole);
    const chunked = compose({ ...SHAPE, steps: 5, training: false }, build, 231);
    fillStates(chunked, 233);
    const logits: number[] = [];
    let finalStates: Run['finalStates'] = [];
    for (const [from, to] of [
      [0, 5],
      [5, 9],
      [9, 12],
    ] as const) {
      for (const place of ['ids', 'targets', 'keep'] as const) {
        const at = whole.places[place];
        chunked.kernels.ints.set(whole.kernels.ints.subarray(at + from * rows, at + to * rows), chunked.places[place]);
      }
      const chunk = run(chunked, { steps: to - from });
      for (const state of chunked.network.states) state.carry(chunked.kernels, to - from);
      logits.push(...chunk.logits);
      finalStates = chunk.finalStates;
    }
    expect(logits).toEqual(expected.logits);
    expect(finalStates).toEqual(expected.finalStates);
  });
});

describe('one signal', () => {
  test('may be read twice by one module', () => {
    const composed = compose(
      SHAPE,
      (parts) => {
        const { arena, shape, places, add } = parts;
        const source = Signal.allocate(arena, shape, WIDTH);
        const plan = { ...parts, config: { ...VARIANTS[0]!, hidden: 4 }, keep: places.keep, prefix: 'layer.' };
        const layer = add(new Recurrent({ ...plan, inputs: [source.read(), source.read()] }));
        const output = add(new Softmax({ ...parts, inputs: [layer.output, source, layer.output], symbols: SYMBOLS }));
        return { output, source };
      },
      241,
    );
    const { source } = composed.built;
    const size = SHAPE.steps * SHAPE.rows * WIDTH;
    fillSymbols(composed, SYMBOLS, 242);
    fillRandom(composed.kernels, source.values, size, 243);
    fillRandom(composed.kernels, source.gradients, size, 244);
    run(composed);
    const signal = signalUnknown(source, SHAPE);
    const tensors = unknowns(composed).filter(({ name }) => !name.startsWith('initial'));
    expectGradientsRight(composed.kernels, [...tensors, signal], () => lossOf(composed));
  });

  test('may be read beside symbols', () => {
    const composed = compose(
      SHAPE,
      (parts) => {
        const { arena, shape, places, add } = parts;
        const source = Signal.allocate(arena, shape, WIDTH);
        const plan = { ...parts, config: { ...VARIANTS[0]!, hidden: 4 }, keep: places.keep, prefix: 'layer.' };
        const inputs = [{ ids: places.ids, symbols: SYMBOLS }, source.read()];
        const layer = add(new Recurrent({ ...plan, inputs }));
        return { output: add(new Softmax({ ...parts, inputs: [layer.output], symbols: SYMBOLS })), source };
      },
      271,
    );
    const { source } = composed.built;
    const size = SHAPE.steps * SHAPE.rows * WIDTH;
    fillSymbols(composed, SYMBOLS, 272);
    fillRandom(composed.kernels, source.values, size, 273);
    run(composed);
    const signal = signalUnknown(source, SHAPE);
    const tensors = unknowns(composed).filter(({ name }) => !name.startsWith('initial'));
    expectGradientsRight(composed.kernels, [...tensors, signal], () => lossOf(composed));
  });

  const dropoutAndReader = (dropoutFirst: boolean) => (parts: Parts) => {
    const { arena, shape, add } = parts;
    const source = Signal.allocate(arena, shape, WIDTH);
    const dropout = () => add(new Dropout(source, { arena, shape, probability: 0.5, variational: false, site: -1 }));
    if (dropoutFirst) dropout();
    const output = new Softmax({ ...parts, inputs: [source], symbols: SYMBOLS });
    if (!dropoutFirst) dropout();
    return { output };
  };

  test.each([true, false])('cannot be read by dropout and by another module, dropout first: %s', (dropoutFirst) => {
    expect(() => compose(SHAPE, dropoutAndReader(dropoutFirst), 251)).toThrow(
      new RangeError('a signal whose gradient is used in place can have one reader only'),
    );
  });

  test('that comes out of dropout may be read by several modules', () => {
    const [kept, dropped] = [0, 0.5].map((probability) => {
      const composed = compose(
        SHAPE,
        (parts) => {
          const { arena, shape, places, add } = parts;
          const source = Signal.allocate(arena, shape, WIDTH);
          const dropout = add(new Dropout(source, { arena, shape, probability, variational: false, site: -1 }));
          const plan = { ...parts, config: { ...VARIANTS[3]!, hidden: 4 }, keep: places.keep, prefix: 'layer.' };
          const layer = add(new Recurrent({ ...plan, inputs: [dropout.output.read()] }));
          const output = add(new Softmax({ ...parts, inputs: [dropout.output, layer.output], symbols: SYMBOLS }));
          return { output, source };
        },
        261,
      );
      const { source } = composed.built;
      const size = SHAPE.steps * SHAPE.rows * WIDTH;
      fillSymbols(composed, SYMBOLS, 262);
      fillRandom(composed.kernels, source.values, size, 263);
      run(composed, { key: 5 });
      const signal = signalUnknown(source, SHAPE);
      expectGradientsRight(composed.kernels, [signal], () => lossOf(composed, 5));
      return numbers(composed.kernels, source.gradients, size);
    });
    expect(kept!.filter((gradient) => gradient === 0)).toEqual([]);
    expect(dropped!.filter((gradient) => gradient === 0).length).toBeGreaterThan(20);
  });
});
