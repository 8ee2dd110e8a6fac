import { describe, expect, test } from 'vitest';
import { Bidirectional } from '../../src/nn/bidirectional.ts';
import { gateCount } from '../../src/nn/cells/index.ts';
import { Softmax } from '../../src/nn/softmax.ts';
import type { State } from '../../src/nn/state.ts';
import {
  type Composed,
  clearFlags,
  compose,
  fillStates,
  fillSymbols,
  lossOf,
  numbers,
  ofRow,
  type Parts,
  run,
  unknowns,
} from '../helpers/composed.ts';
import { expectGradientsRight } from '../helpers/differences.ts';
import { relativeError } from '../helpers/golden.ts';
import { VARIANTS } from '../helpers/network.ts';
import { StateLoss } from '../helpers/state-modules.ts';

const STEPS = 6;
const SYMBOLS = 7;
const HIDDEN = 4;

/** Of each row, how many symbols it has. */
const LENGTHS = [4, 6, 1, 0, 3];
const ROWS = LENGTHS.length;

interface Layout {
  readonly label: string;
  /** The step of a row's first symbol. */
  readonly start: (length: number) => number;
  /** Whether the state is reset before a row's first symbol, and, backwards, before its last. */
  readonly resets: boolean;
}

const LAYOUTS: readonly Layout[] = [
  { label: 'at the start, reset where a row begins', start: () => 0, resets: true },
  { label: 'at the start, from an initial state', start: () => 0, resets: false },
  { label: 'at the end, reset where a row begins', start: (length) => STEPS - length, resets: true },
  { label: 'in the middle, from an initial state', start: (length) => Math.floor((STEPS - length) / 2), resets: false },
];

type Variant = (typeof VARIANTS)[number];

interface StackOptions {
  readonly masked: boolean;
  /** Whether the loss depends on the final states as well. */
  readonly ofStates: boolean;
}

/** Two bidirectional layers and a softmax. */
function stack(variant: Variant, { masked, ofStates }: StackOptions) {
  return (parts: Parts) => {
    const { arena, shape, places, add } = parts;
    const { keep, keepBackwards, mask } = places;
    const plan = {
      ...parts,
      config: { ...variant, hidden: HIDDEN },
      keep,
      keepBackwards,
      ...(masked ? { mask } : {}),
      learnsInitialState: true,
      givesFinalState: ofStates,
    };
    const symbols = { ids: places.ids, symbols: SYMBOLS };
    const first = add(new Bidirectional({ ...plan, prefix: 'layers.0.', inputs: () => [symbols] }));
    const inputs = () => first.outputs.map((output) => output.read());
    const second = add(new Bidirectional({ ...plan, prefix: 'layers.1.', inputs }));
    if (ofStates) add(new StateLoss(arena, shape, [...first.states, ...second.states]));
    const output = add(new Softmax({ ...parts, inputs: second.outputs, symbols: SYMBOLS }));
    return { output, layers: [first, second].flatMap(({ forwards, backwards }) => [forwards, backwards]) };
  };
}

type MaskedNetwork = Composed<ReturnType<ReturnType<typeof stack>>>;

/** Rows of unequal length; what is outside them is masked and not counted, and holds symbols that must not matter. */
function maskedRows(variant: Variant, { start, resets }: Layout, ofStates: boolean): MaskedNetwork {
  const shape = { steps: STEPS, rows: ROWS, training: true };
  const composed = compose(shape, stack(variant, { masked: true, ofStates }), 401);
  const { kernels, places } = composed;
  fillSymbols(composed, SYMBOLS, 402);
  fillStates(composed, 403);
  for (const [row, length] of LENGTHS.entries()) {
    for (let step = 0; step < STEPS; step++) {
      if (step >= start(length) && step < start(length) + length) continue;
      kernels.ints[places.mask + step * ROWS + row] = 0;
      kernels.ints[places.targets + step * ROWS + row] = -1;
    }
    if (!resets || length === 0) continue;
    clearFlags(composed, places.keep, [[start(length), row]]);
    clearFlags(composed, places.keepBackwards, [[start(length) + length - 1, row]]);
  }
  return composed;
}

/** One of those rows in a network of its own, as long as the row is. */
function rowAlone(variant: Variant, masked: MaskedNetwork, row: number, { start }: Layout, ofStates: boolean) {
  const length = LENGTHS[row]!;
  const shape = { steps: length, rows: 1, training: true };
  const alone: MaskedNetwork = compose(shape, stack(variant, { masked: false, ofStates }), 401);
  for (let step = 0; step < length; step++) {
    for (const place of ['ids', 'targets', 'keep', 'keepBackwards'] as const) {
      const from = masked.places[place] + (start(length) + step) * ROWS + row;
      alone.kernels.ints[alone.places[place] + step] = masked.kernels.ints[from]!;
    }
  }
  for (const [index, state] of masked.network.states.entries()) {
    alone.network.states[index]!.load(alone.kernels, state.save(masked.kernels, row, 1));
  }
  return alone;
}

/** What a run has left in memory for one row, at its symbols: by position and by state, after `run`. */
function leftFor(composed: MaskedNetwork, gates: number, row: number, from: number, length: number) {
  const { kernels, built, network, shape } = composed;
  const at = (address: number, width: number): number[] => {
    const all = numbers(kernels, address, shape.steps * shape.rows * width);
    return ofRow(all, row, shape.rows, width).slice(from * width, (from + length) * width);
  };
  const ofState = (address: number, { width }: State) => numbers(kernels, address + row * width, width);
  return {
    losses: at(network.losses, 1),
    dLogits: at(network.logits, SYMBOLS),
    layers: built.layers.map(({ output, states, buffers }) => ({
      outputs: at(output.values, HIDDEN),
      dOutputs: at(output.gradients, HIDDEN),
      dGates: at(buffers.gates, gates * HIDDEN),
      states: states.map((state) => ofState(state.final(shape.steps), state)),
      dInitial: states.map((state) => ofState(state.carried, state)),
    })),
  };
}

describe.each(VARIANTS)('rows of unequal length of the $label', (variant) => {
  const gates = gateCount(variant.cell);

  describe.each(LAYOUTS)('$label', (layout) => {
    test('equal each row alone at its own length, to the bit: outputs, states, losses, and gradients at every position', () => {
      const masked = maskedRows(variant, layout, true);
      const { logits, gradients } = run(masked);
      const sum = gradients.map(() => 0);
      for (const [row, length] of LENGTHS.entries()) {
        const alone = rowAlone(variant, masked, row, layout, true);
        const own = run(alone);
        const from = layout.start(length);
        const atSymbols = ofRow(logits, row, ROWS, SYMBOLS).slice(from * SYMBOLS, (from + length) * SYMBOLS);
        expect(atSymbols).toEqual(own.logits);
        expect(leftFor(masked, gates, row, from, length)).toEqual(leftFor(alone, gates, 0, 0, length));
        for (const [j, gradient] of own.gradients.entries()) sum[j]! += gradient;
      }
      // The gradients of the tensors are the same sums in another order.
      expect(relativeError(gradients, sum)).toBeLessThan(1e-12);
    });

    test('have the gradients of a row alone, to the bit, where the targets of that row alone are counted', () => {
      for (const [row, length] of LENGTHS.entries()) {
        const masked = maskedRows(variant, layout, false);
        const { kernels, places } = masked;
        for (let position = 0; position < STEPS * ROWS; position++) {
          if (position % ROWS !== row) kernels.ints[places.targets + position] = -1;
        }
        const alone = rowAlone(variant, masked, row, layout, false);
        const { gradients } = run(masked);
        expect(gradients.filter((gradient) => gradient !== 0).length > 0).toBe(length > 0);
        expect(gradients).toEqual(run(alone).gradients);
      }
    });
  });

  test.each([LAYOUTS[0]!, LAYOUTS[3]!])(
    '$label have gradients that agree with central differences, relative error < 1e-6',
    (layout) => {
      const masked = maskedRows(variant, layout, true);
      run(masked);
      expectGradientsRight(masked.kernels, unknowns(masked), () => lossOf(masked));
    },
  );

  test('have losses of 0 and no gradient where they are masked, whatever symbols stand there', () => {
    const [one, other] = [411, 412].map((seed) => {
      const masked = maskedRows(variant, LAYOUTS[0]!, true);
      const { kernels, places, built } = masked;
      for (let position = 0; position < STEPS * ROWS; position++) {
        if (kernels.ints[places.mask + position] === 0) {
          kernels.ints[places.ids + position] = (seed + position) % SYMBOLS;
        }
      }
      const { losses, finalStates, gradients } = run(masked);
      for (let position = 0; position < STEPS * ROWS; position++) {
        if (kernels.ints[places.mask + position] !== 0) continue;
        expect(losses[position]).toBe(0);
        for (const { output } of built.layers) {
          const gradient = numbers(kernels, output.gradients + position * HIDDEN, HIDDEN);
          expect(gradient.every((number) => number === 0)).toBe(true);
        }
      }
      return { losses, finalStates, gradients };
    });
    expect(one).toEqual(other);
  });

  test('may be reset at a step where they are masked: the state is 0 from then on, and no gradient passes the step', () => {
    const masked = maskedRows(variant, LAYOUTS[3]!, true);
    const { kernels, places, network } = masked;
    // Row 3 is masked at every step, row 2 has a symbol at step 2 alone.
    clearFlags(masked, places.keep, [
      [2, 3],
      [4, 2],
      [1, 0],
    ]);
    clearFlags(masked, places.keepBackwards, [
      [0, 3],
      [5, 2],
      [0, 0],
    ]);
    const { finalStates } = run(masked);
    for (const state of finalStates) {
      expect(state.slice(3 * HIDDEN, 4 * HIDDEN)).toEqual(Array(HIDDEN).fill(0));
    }
    for (const { carried } of network.states) {
      expect(numbers(kernels, carried + 3 * HIDDEN, HIDDEN).every((gradient) => gradient === 0)).toBe(true);
    }
    expectGradientsRight(kernels, unknowns(masked), () => lossOf(masked));
  });
});
