import { describe, expect, test } from 'vitest';
import { Bidirectional } from '../../src/nn/bidirectional.ts';
import { BACKWARDS, FORWARDS } from '../../src/nn/direction.ts';
import { Recurrent } from '../../src/nn/recurrent.ts';
import { Signal } from '../../src/nn/signal.ts';
import { Softmax } from '../../src/nn/softmax.ts';
import {
  clearFlags,
  compose,
  composeFilled,
  fillRandom,
  fillStates,
  fillSymbols,
  lossOf,
  numbers,
  type Parts,
  run,
  unknowns,
} from '../helpers/composed.ts';
import { expectGradientsRight } from '../helpers/differences.ts';
import { VARIANTS } from '../helpers/network.ts';
import { OwnSteps, StateCopy, StateLoss } from '../helpers/state-modules.ts';

/** Few steps: a logistic RNN's gradients vanish so fast that over more of them rounding would drown the central differences. */
const SHAPE = { steps: 4, rows: 3, training: true };
const SYMBOLS = 7;
const HIDDEN = 4;

type Variant = (typeof VARIANTS)[number];

const DIRECTIONS = [
  { name: 'forwards', direction: FORWARDS, first: 0 },
  { name: 'backwards', direction: BACKWARDS, first: SHAPE.steps - 1 },
] as const;

describe.each(VARIANTS)('the gradient by the initial state of the $label', (variant) => {
  const config = { ...variant, hidden: HIDDEN };

  test.each(DIRECTIONS)('is 0 in a row that is reset at the first step, $name', ({ direction, first }) => {
    const composed = composeFilled(
      SHAPE,
      (parts) => {
        const { places, add } = parts;
        const inputs = [{ ids: places.ids, symbols: SYMBOLS }];
        const plan = { ...parts, config, keep: places.keep, prefix: 'layer.', inputs, direction };
        const layer = add(new Recurrent({ ...plan, learnsInitialState: true }));
        return { output: add(new Softmax({ ...parts, inputs: [layer.output], symbols: SYMBOLS })) };
      },
      301,
      SYMBOLS,
    );
    clearFlags(composed, composed.places.keep, [[first, 1]]);
    run(composed);
    for (const { carried } of composed.network.states) {
      const rows = [0, 1, 2].map((row) => numbers(composed.kernels, carried + row * HIDDEN, HIDDEN));
      expect(rows[1]).toEqual(Array(HIDDEN).fill(0));
      for (const row of [rows[0], rows[2]]) expect(Math.max(...row!.map(Math.abs))).toBeGreaterThan(1e-6);
    }
    expectGradientsRight(composed.kernels, unknowns(composed), () => lossOf(composed));
  });

  test('passes through a layer that runs over no steps', () => {
    const composed = compose({ ...SHAPE, steps: 0 }, (parts) => finalStateLoss(parts, variant, true), 311);
    fillStates(composed, 312);
    run(composed);
    const states = unknowns(composed).filter(({ name }) => name.startsWith('initial'));
    expectGradientsRight(composed.kernels, states, () => lossOf(composed));
  });
});

/** Two bidirectional layers with a loss of the final states of both, beside that of a softmax, or as the only one that reads the second. */
function finalStateLoss(parts: Parts, variant: Variant, isRead: boolean) {
  const { arena, shape, places, add } = parts;
  const config = { ...variant, hidden: HIDDEN };
  const { keep, keepBackwards } = places;
  const plan = { ...parts, config, keep, keepBackwards, learnsInitialState: true, givesFinalState: true };
  const symbols = { ids: places.ids, symbols: SYMBOLS };
  const first = add(new Bidirectional({ ...plan, prefix: 'layers.0.', inputs: () => [symbols] }));
  const inputs = () => first.outputs.map((signal) => signal.read());
  const second = add(new Bidirectional({ ...plan, prefix: 'layers.1.', inputs }));
  add(new StateLoss(arena, shape, [...first.states, ...second.states]));
  const read = isRead ? second.outputs : [Signal.allocate(arena, shape, 3)];
  const output = add(new Softmax({ ...parts, inputs: read, symbols: SYMBOLS }));
  return { output, second };
}

describe.each(VARIANTS)('a loss that depends on the final states of the $label', (variant) => {
  test.each([
    { and: 'and on the outputs', isRead: true },
    { and: 'but not on the outputs', isRead: false },
  ])('$and has gradients that agree with central differences, relative error < 1e-6', ({ isRead }) => {
    const composed = composeFilled(SHAPE, (parts) => finalStateLoss(parts, variant, isRead), 321, SYMBOLS);
    clearFlags(composed, composed.places.keep, [[2, 1]]);
    clearFlags(composed, composed.places.keepBackwards, [[3, 0]]);
    for (const output of composed.built.second.outputs) {
      expect(output.isRead).toBe(isRead);
      // What an earlier window has left there.
      fillRandom(composed.kernels, output.gradients, SHAPE.steps * SHAPE.rows * HIDDEN, 324);
    }
    run(composed);
    const blocks = unknowns(composed).filter(({ name }) => isRead || name !== 'output.weight');
    expectGradientsRight(composed.kernels, blocks, () => lossOf(composed));
  });
});

describe.each(VARIANTS)('an encoder of the $label whose final states a decoder starts from', (variant) => {
  const SOURCE_STEPS = 3;
  const SOURCE_SYMBOLS = 9;
  const config = { ...variant, hidden: HIDDEN };

  /** An encoder that reads symbols of its own, over a number of steps of its own; nothing reads the outputs of its second layer. */
  function encoderDecoder(backwards: boolean) {
    return (parts: Parts) => {
      const { arena, places, add } = parts;
      const source = arena.int(SOURCE_STEPS * SHAPE.rows);
      const sourceKeep = arena.int(SOURCE_STEPS * SHAPE.rows);
      const direction = backwards ? BACKWARDS : FORWARDS;
      const shape = { ...parts.shape, steps: SOURCE_STEPS };
      const encoderPlan = { ...parts, shape, config, keep: sourceKeep, direction, learnsInitialState: true };
      const encoder = stack({ ...encoderPlan, givesFinalState: true }, 'encoder.', {
        ids: source,
        symbols: SOURCE_SYMBOLS,
      });
      for (const layer of encoder) add(new OwnSteps(layer, SOURCE_STEPS));
      const decoderPlan = { ...parts, config, keep: places.keep, learnsInitialState: true };
      const decoder = stack(decoderPlan, 'decoder.', { ids: places.ids, symbols: SYMBOLS });
      const states = (layers: readonly Recurrent[]) => layers.flatMap((layer) => layer.states);
      add(new OwnSteps(new StateCopy(states(encoder), states(decoder)), SOURCE_STEPS));
      for (const layer of decoder) add(layer);
      const output = add(new Softmax({ ...parts, inputs: [decoder[1].output], symbols: SYMBOLS }));
      return { output, encoder, source, sourceKeep };
    };
  }

  function stack(
    plan: Omit<ConstructorParameters<typeof Recurrent>[0], 'inputs' | 'prefix'>,
    prefix: string,
    symbols: { ids: number; symbols: number },
  ) {
    const first = new Recurrent({ ...plan, prefix: `${prefix}0.`, inputs: [symbols] });
    const second = new Recurrent({ ...plan, prefix: `${prefix}1.`, inputs: [first.output.read()] });
    return [first, second] as const;
  }

  test.each([false, true])(
    'has gradients that agree with central differences, relative error < 1e-6; the source is read backwards: %s',
    (backwards) => {
      const composed = compose(SHAPE, encoderDecoder(backwards), 331);
      const { kernels, network, built, places } = composed;
      const positions = SOURCE_STEPS * SHAPE.rows;
      fillSymbols(composed, SYMBOLS, 332);
      for (let p = 0; p < positions; p++) kernels.ints[built.source + p] = (5 * p + 2) % SOURCE_SYMBOLS;
      kernels.ints.fill(1, built.sourceKeep, built.sourceKeep + positions);
      clearFlags(composed, places.keep, [
        [0, 2],
        [2, 0],
      ]);
      fillStates(composed, 333);
      expect(built.encoder[1].output.isRead).toBe(false);
      fillRandom(kernels, built.encoder[1].output.gradients, positions * HIDDEN, 334);
      run(composed);
      const encoderStates = new Set(built.encoder.flatMap(({ states }) => states.map(({ initial }) => initial)));
      // The initial states of the decoder are overwritten by those of the encoder.
      const blocks = unknowns(composed).filter(
        ({ name, value }) => !name.startsWith('initial') || encoderStates.has(value),
      );
      expect(blocks.length).toBe(composed.views.length + network.states.length / 2);
      expectGradientsRight(kernels, blocks, () => lossOf(composed), 5e-5);
    },
  );
});
