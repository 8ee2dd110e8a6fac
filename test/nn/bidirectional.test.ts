import { describe, expect, test } from 'vitest';
import { Bidirectional } from '../../src/nn/bidirectional.ts';
import { BACKWARDS, type Direction, FORWARDS } from '../../src/nn/direction.ts';
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
import { relativeError } from '../helpers/golden.ts';
import {
  crossEntropy,
  naiveLayer,
  naiveStep,
  naiveTensors,
  oneHot,
  plus,
  product,
  type Vector,
} from '../helpers/naive.ts';
import { VARIANTS } from '../helpers/network.ts';

const SHAPE = { steps: 6, rows: 3, training: true };
const SYMBOLS = 7;
const HIDDEN = 4;

type Variant = (typeof VARIANTS)[number];

/** Two bidirectional layers, one on the other, and a softmax that reads both directions. */
function stack(variant: Variant) {
  const config = { ...variant, hidden: HIDDEN };
  return (parts: Parts) => {
    const { places, add } = parts;
    const plan = { ...parts, config, keep: places.keep, keepBackwards: places.keepBackwards, learnsInitialState: true };
    const symbols = { ids: places.ids, symbols: SYMBOLS };
    const first = add(new Bidirectional({ ...plan, prefix: 'layers.0.', inputs: () => [symbols] }));
    const inputs = () => first.outputs.map((output) => output.read());
    const second = add(new Bidirectional({ ...plan, prefix: 'layers.1.', inputs }));
    const output = add(new Softmax({ ...parts, inputs: second.outputs, symbols: SYMBOLS }));
    return { output, layers: [first, second] as const };
  };
}

/** A bidirectional layer that reads a signal given from outside, and a softmax. */
function onSignal(variant: Variant, width: number) {
  return (parts: Parts) => {
    const { arena, shape, places, add } = parts;
    const source = Signal.allocate(arena, shape, width);
    const config = { ...variant, hidden: HIDDEN };
    const plan = { ...parts, config, keep: places.keep, keepBackwards: places.keepBackwards, learnsInitialState: true };
    const layer = add(new Bidirectional({ ...plan, prefix: 'layers.0.', inputs: () => [source.read()] }));
    const output = add(new Softmax({ ...parts, inputs: layer.outputs, symbols: SYMBOLS }));
    return { output, source };
  };
}

describe.each(VARIANTS)('a bidirectional layer of the $label', (variant) => {
  describe('agrees with naive recurrences in both directions in float64, error < 1e-12', () => {
    /** The network's logits, losses and final states, computed one sequence at a time from its parameters and initial states. */
    function naiveRun(composed: Composed) {
      const { kernels, values, views, places, network, shape } = composed;
      const config = { ...variant, hidden: HIDDEN };
      const tensors = naiveTensors(kernels.floats, values, views);
      const perLayer = variant.cell === 'lstm' ? 2 : 1;
      const initial = network.states.map((state) => numbers(kernels, state.initial, shape.rows * HIDDEN));
      const finals = initial.map((): number[] => []);
      const logits: number[][] = [];
      const losses: number[] = [];
      for (let row = 0; row < shape.rows; row++) {
        const ints = (at: number): number[] =>
          Array.from({ length: shape.steps }, (_, step) => kernels.ints[at + step * shape.rows + row]!);
        const stateOf = (index: number): Vector => initial[index]!.slice(row * HIDDEN, (row + 1) * HIDDEN);
        let xs = ints(places.ids).map((id) => oneHot(id, SYMBOLS));
        let index = 0;
        for (const layer of [0, 1]) {
          const outputs = (['forwards', 'backwards'] as const).map((direction) => {
            const step = naiveStep(config, tensors, `layers.${layer}.${direction === 'backwards' ? 'reverse.' : ''}`);
            const state = { h: stateOf(index), c: perLayer === 2 ? stateOf(index + 1) : [] };
            const keep = ints(direction === 'forwards' ? places.keep : places.keepBackwards);
            const states = naiveLayer(step, xs, state, keep, direction);
            const last = states.at(direction === 'forwards' ? -1 : 0)!;
            finals[index]!.push(...last.h);
            if (perLayer === 2) finals[index + 1]!.push(...last.c);
            index += perLayer;
            return states.map(({ h }) => h);
          });
          xs = xs.map((_, time) => outputs.flatMap((states) => states[time]!));
        }
        const targets = ints(places.targets);
        for (const [time, x] of xs.entries()) {
          const y = plus(product(x, tensors.matrix('output.weight')), tensors.vector('output.bias'));
          logits[time * shape.rows + row] = y;
          losses[time * shape.rows + row] = crossEntropy(y, targets[time]!);
        }
      }
      return { logits: logits.flat(), losses, finals };
    }

    test.each([
      { resets: 'none', forwards: [], backwards: [] },
      {
        resets: 'at the first step, in the middle and at the last step of each direction',
        forwards: [
          [0, 1],
          [3, 0],
          [5, 2],
        ],
        backwards: [
          [5, 0],
          [2, 1],
          [3, 1],
          [0, 2],
        ],
      },
    ] as const)('resets: $resets', ({ forwards, backwards }) => {
      const composed = composeFilled(SHAPE, stack(variant), 101, SYMBOLS);
      clearFlags(composed, composed.places.keep, forwards);
      clearFlags(composed, composed.places.keepBackwards, backwards);
      const naive = naiveRun(composed);
      expectAgreement(run(composed), naive);
    });
  });

  describe('has gradients that agree with central differences, relative error < 1e-6', () => {
    test('of every parameter and every initial state of two layers', () => {
      const composed = composeFilled(SHAPE, stack(variant), 111, SYMBOLS);
      run(composed);
      expectGradientsRight(composed.kernels, unknowns(composed), () => lossOf(composed));
    });

    test('across resets of either direction', () => {
      const composed = composeFilled(SHAPE, stack(variant), 121, SYMBOLS);
      clearFlags(composed, composed.places.keep, [
        [0, 1],
        [3, 0],
        [4, 2],
      ]);
      clearFlags(composed, composed.places.keepBackwards, [
        [5, 0],
        [2, 1],
        [3, 1],
      ]);
      run(composed);
      expectGradientsRight(composed.kernels, unknowns(composed), () => lossOf(composed));
    });

    test('of the signal that it reads', () => {
      const composed = compose(SHAPE, onSignal(variant, 5), 131);
      const { source } = composed.built;
      const size = SHAPE.steps * SHAPE.rows * 5;
      fillSymbols(composed, SYMBOLS, 132);
      fillStates(composed, 133);
      fillRandom(composed.kernels, source.values, size, 134);
      run(composed);
      const input = signalUnknown(source, SHAPE);
      expectGradientsRight(composed.kernels, [...unknowns(composed), input], () => lossOf(composed));
    });
  });
});

describe.each(VARIANTS)('a recurrence of the $label that walks backwards', (variant) => {
  const config = { ...variant, hidden: HIDDEN };
  const WIDTH = 5;

  /** One layer that reads a signal in one direction, and a softmax. */
  function oneWay(direction: Direction) {
    return (parts: Parts) => {
      const { arena, shape, places, add } = parts;
      const source = Signal.allocate(arena, shape, WIDTH);
      const inputs = [source.read()];
      const plan = { ...parts, config, keep: places.keep, prefix: 'layers.0.', inputs, direction };
      const layer = add(new Recurrent({ ...plan, learnsInitialState: true }));
      const output = add(new Softmax({ ...parts, inputs: [layer.output], symbols: SYMBOLS }));
      return { output, source, layer };
    };
  }

  /** [T][B][n] with its steps in reverse order. */
  function reversed(values: readonly number[], steps: number): number[] {
    const step = values.length / steps;
    return Array.from({ length: steps }, (_, time) =>
      values.slice((steps - 1 - time) * step, (steps - time) * step),
    ).flat();
  }

  test('equals one that walks forwards over the reversed sequence, to the bit: outputs, states and gradients', () => {
    const { steps, rows } = SHAPE;
    const size = steps * rows * WIDTH;
    const [backwards, forwards] = [BACKWARDS, FORWARDS].map((direction) => {
      const composed = compose(SHAPE, oneWay(direction), 141);
      const { kernels, places, built } = composed;
      fillSymbols(composed, SYMBOLS, 142);
      fillStates(composed, 143);
      fillRandom(kernels, built.source.values, size, 144);
      clearFlags(composed, places.keep, [
        [5, 0],
        [2, 1],
        [3, 2],
      ]);
      if (direction === FORWARDS) {
        for (const at of [places.targets, places.keep]) {
          kernels.ints.set(reversed([...kernels.ints.subarray(at, at + steps * rows)], steps), at);
        }
        kernels.floats.set(reversed(numbers(kernels, built.source.values, size), steps), built.source.values);
      }
      const { logits, losses, finalStates, gradients } = run(composed);
      const turn = (values: readonly number[]) => (direction === FORWARDS ? reversed(values, steps) : [...values]);
      const { output, states } = built.layer;
      return {
        gradients,
        bits: {
          logits: turn(logits),
          losses: turn(losses),
          finalStates,
          outputs: turn(numbers(kernels, output.values, steps * rows * HIDDEN)),
          dOutputs: turn(numbers(kernels, output.gradients, steps * rows * HIDDEN)),
          dInputs: turn(numbers(kernels, built.source.gradients, size)),
          dInitial: states.map(({ carried }) => numbers(kernels, carried, rows * HIDDEN)),
        },
      };
    });
    expect(backwards!.bits).toEqual(forwards!.bits);
    expect(new Set(backwards!.bits.dInputs).size).toBeGreaterThan(size / 2);
    // The gradients of the tensors are the same sums in another order.
    expect(relativeError(backwards!.gradients, forwards!.gradients)).toBeLessThan(1e-12);
  });

  test('and is carried over chunks from the last to the first equals one run over the whole, to the bit', () => {
    const { rows } = SHAPE;
    const whole = composeFilled({ ...SHAPE, steps: 12, training: false }, oneWay(BACKWARDS), 151, SYMBOLS);
    fillRandom(whole.kernels, whole.built.source.values, 12 * rows * WIDTH, 154);
    clearFlags(whole, whole.places.keep, [
      [10, 0],
      [7, 2],
      [4, 1],
    ]);
    const chunked = compose({ ...SHAPE, steps: 5, training: false }, oneWay(BACKWARDS), 151);
    fillStates(chunked, 153);
    const saved = chunked.network.states.map((state) => state.save(chunked.kernels));
    const expected = run(whole);
    const outputs: number[][] = [];
    let finalStates: Run['finalStates'] = [];
    for (const [from, to] of [
      [8, 12],
      [3, 8],
      [0, 3],
    ] as const) {
      const { kernels, places, built, network } = chunked;
      const ints = (at: number) => whole.kernels.ints.subarray(at + from * rows, at + to * rows);
      kernels.ints.set(ints(whole.places.keep), places.keep);
      kernels.ints.set(ints(whole.places.targets), places.targets);
      const read = whole.built.source.values;
      const signal = whole.kernels.floats.subarray(read + from * rows * WIDTH, read + to * rows * WIDTH);
      kernels.floats.set(signal, built.source.values);
      const chunk = run(chunked, { steps: to - from });
      outputs.unshift([...chunk.logits]);
      finalStates = chunk.finalStates;
      for (const state of network.states) state.carry(kernels, to - from);
    }
    expect(outputs.flat()).toEqual(expected.logits);
    expect(finalStates).toEqual(expected.finalStates);
    // What is carried is the initial state, which can be saved, loaded, moved and reset.
    const { kernels, network, places } = chunked;
    kernels.ints.set([2, 2], places.ids);
    for (const [index, state] of network.states.entries()) {
      expect(Array.from(state.save(kernels))).toEqual(expected.finalStates[index]);
      state.load(kernels, saved[index]!);
      state.move(kernels, places.ids, 2);
      state.reset(kernels, 0, 1);
      const row = (of: ArrayLike<number>, at: number) => Array.from(of).slice(at * HIDDEN, (at + 1) * HIDDEN);
      const [zero, second, third] = [0, 1, 2].map((at) => row(state.save(kernels), at));
      expect([zero, second, third]).toEqual([Array(HIDDEN).fill(0), row(saved[index]!, 2), row(saved[index]!, 2)]);
    }
  });

  test('over no steps leaves its state as it is', () => {
    const composed = compose({ ...SHAPE, steps: 0 }, oneWay(BACKWARDS), 161);
    fillStates(composed, 162);
    const before = composed.network.states.map(({ initial }) => numbers(composed.kernels, initial, 3 * HIDDEN));
    expect(run(composed).finalStates).toEqual(before);
  });
});
