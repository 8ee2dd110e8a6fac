import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logSoftmax } from '../../src/decoding/log-softmax.ts';
import { Reader } from '../../src/decoding/reader.ts';
import { scoreSequences } from '../../src/decoding/score.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { NO_DROPOUT } from '../../src/nn/dropout.ts';
import { Manifest } from '../../src/nn/manifest.ts';
import { mixLogits, mixLosses } from '../../src/nn/mixture.ts';
import { Random } from '../../src/random.ts';
import {
  forwardBackward,
  makeNetwork,
  type Network,
  randomState,
  randomSymbols,
  SMALL,
  VARIANTS,
} from '../helpers/network.ts';
import { JS, markovModel, memberOf, randomModel, stepperOf, type TinyModel } from '../helpers/tiny-models.ts';

const M = 3;
const SHAPE = { steps: 6, rows: 4, training: true };

function ensembleOf(models: readonly TinyModel[]): TinyModel {
  const parameters = Float32Array.from(models.flatMap((model) => [...model.parameters]));
  return { config: { ...models[0]!.config, members: models.length }, parameters };
}

describe('the mean of distributions', () => {
  test('of losses is −log of the mean of probabilities: of 1/2 and 1/8, 5/16', () => {
    const floats = Float64Array.from([Math.log(2), 0, Math.log(8), 0, 9, 9]);
    mixLosses(floats, 4, [0, 2], 2);
    expect(floats[4]).toBeCloseTo(Math.log(16 / 5), 12);
    expect(floats[5]).toBe(0); // both are sure, or the position isn't counted
  });

  test('loses no more than members lose on average (Jensen’s inequality)', () => {
    const losses = fc.array(fc.float({ min: 0, max: 50, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(losses, (own) => {
        const floats = Float64Array.from([...own, 0]);
        mixLosses(floats, own.length, [...own.keys()], 1);
        expect(floats[own.length]).toBeLessThanOrEqual(own.reduce((sum, loss) => sum + loss, 0) / own.length + 1e-12);
        expect(floats[own.length]).toBeGreaterThanOrEqual(Math.min(...own) - 1e-12);
      }),
    );
  });

  test('of logits is the log of the mean of softmaxes: of (1/2, 1/2) and (1/4, 3/4), (3/8, 5/8)', () => {
    const out = new Float32Array(2);
    mixLogits(Float64Array.from([7, 7, 0, Math.log(3)]), out, [0, 2]);
    expect(out[0]).toBeCloseTo(Math.log(3 / 8), 6);
    expect(out[1]).toBeCloseTo(Math.log(5 / 8), 6);
  });

  test('is finite where no member gives a symbol a probability that a double can hold', () => {
    const out = new Float32Array(2);
    mixLogits(Float64Array.from([0, -2000, 0, -3000]), out, [0, 2]);
    expect(out[0]).toBeCloseTo(-Math.log(1), 6);
    expect(out[1]).toBeCloseTo(-2000 - Math.log(2), 3);
    const losses = Float64Array.from([2000, 3000, 0]);
    mixLosses(losses, 2, [0, 1], 1);
    expect(losses[2]).toBeCloseTo(2000 + Math.log(2), 9);
  });

  test('of numbers that aren’t is none, which decoding tells of', () => {
    const out = new Float32Array(2);
    mixLogits(Float64Array.from([0, Number.NaN, 0, 0]), out, [0, 2]);
    expect([...out].some(Number.isNaN)).toBe(true);
  });
});

describe.each(VARIANTS)('an ensemble of the $label', ({ label: _, ...cell }) => {
  test.each([
    { embedding: 0, tied: false },
    { embedding: 5, tied: true },
  ])('has every member’s own gradient and loss, to the bit, and the loss of their mean: %o', (input) => {
    const config: ModelConfig = { ...SMALL, ...cell, ...input, layers: 2, members: M };
    const together = prepared(makeNetwork(config, SHAPE, 7));
    const all = numbersOf(together);
    const size = all.values.length / M;
    const losses = Array.from({ length: M }, (_, member) => {
      const alone = prepared(
        makeNetwork({ ...config, members: 1 }, SHAPE, 7),
        all.values.slice(member * size, (member + 1) * size),
      );
      forwardBackward(alone, 0.5);
      return { gradients: numbersOf(alone).gradients, losses: lossesOf(alone) };
    });
    forwardBackward(together, 0.5);
    expect(numbersOf(together).gradients).toEqual(Float64Array.from(losses.flatMap(({ gradients }) => [...gradients])));
    for (const [at, loss] of lossesOf(together).entries()) {
      const mean = losses.reduce((sum, own) => sum + Math.exp(-own.losses[at]!), 0) / M;
      expect(loss).toBeCloseTo(-Math.log(mean), 12);
    }
  });

  test.each([
    { dropout: { input: 0.5 }, reached: 'layers.0.input' },
    { dropout: { layers: 0.5 }, reached: 'layers.1.input' },
    { dropout: { output: 0.5 }, reached: 'output.weight' },
    { dropout: { recurrent: 0.5 }, reached: 'layers.0.recurrent' },
  ])('drops other numbers in each member: $dropout', ({ dropout, reached }) => {
    const config: ModelConfig = { ...SMALL, ...cell, layers: 2, members: 2 };
    const [dropped, whole] = [{ ...NO_DROPOUT, ...dropout }, NO_DROPOUT].map((each) => {
      const network = { ...prepared(makeNetwork(config, SHAPE, 7, 8, each)), key: 11 };
      const { values, manifest } = network.model.parameters;
      // Members of the same numbers differ by what is dropped alone.
      network.kernels.floats.copyWithin(values + manifest.size / 2, values, values + manifest.size / 2);
      forwardBackward(network);
      const { gradients } = numbersOf(network);
      return [0, 1].map((member) => {
        const { offset, size } = manifest.view(`members.${member}.${reached}`);
        return gradients.slice(offset, offset + size);
      });
    });
    expect(dropped![0]).not.toEqual(dropped![1]);
    expect(whole![0]).toEqual(whole![1]);
  });

  test('predicts the mean of what its members predict, symbol by symbol and many at once', () => {
    const model = randomModel({ ...cell, layers: 2, members: M }, 3, 2);
    const steppers = Array.from({ length: M }, (_, member) => stepperOf(memberOf(model, member), 1));
    const together = stepperOf(model, 2);
    const text = [1, 5, 2, 2, 6, 0, 3];
    const read: number[] = [];
    let expected = 0;
    for (const [at, id] of text.entries()) {
      for (const stepper of steppers) stepper.step([id]);
      together.step([(id + 1) % SMALL.symbols, id]); // another text stands in row 0
      const mean = Array.from({ length: SMALL.symbols }, (_, symbol) =>
        steppers.reduce((sum, stepper) => sum + Math.exp(logs(stepper.logits(0))[symbol]!) / M, 0),
      );
      for (const [symbol, p] of mean.entries()) expect(logs(together.logits(1))[symbol]).toBeCloseTo(Math.log(p), 5);
      if (at + 1 < text.length) {
        read.push(text[at + 1]!);
        expected -= Math.log(mean[text[at + 1]!]!);
      }
    }
    const reader = new Reader(JS, model.config, model.parameters);
    const [losses] = scoreSequences(reader, [{ start: text[0]!, ids: read }]);
    expect(losses!.reduce((sum, loss) => sum + loss, 0)).toBeCloseTo(expected, 4);
  });
});

describe('an ensemble', () => {
  const model = randomModel({ cell: 'lstm', layers: 2, members: M }, 3, 2);

  test('moves the states of all its members, as hypotheses of a beam do', () => {
    const [many, one] = [stepperOf(model, 2), stepperOf(model, 1)];
    for (const [left, right] of [
      [1, 2],
      [3, 4],
      [5, 6],
    ]) {
      many.step([left!, right!]);
      one.step([right!]);
    }
    many.moveStates([1, 0]);
    many.step([0, 0]);
    one.step([0]);
    expect(many.logits(0)).toEqual(one.logits(0));
    expect(many.logits(1)).not.toEqual(one.logits(0));
  });

  test('reads a text that is divided among the rows as it reads it symbol by symbol', () => {
    const random = new Random('long');
    const ids = Array.from({ length: 6000 }, () => random.integer(SMALL.symbols));
    const stepper = stepperOf(model, 1);
    let expected = 0;
    for (const [at, id] of ids.entries()) {
      stepper.step([at === 0 ? 0 : ids[at - 1]!]);
      expected -= logs(stepper.logits(0))[id]!;
    }
    const [losses] = scoreSequences(new Reader(JS, model.config, model.parameters), [{ start: 0, ids }]);
    const sum = losses!.reduce((total, loss) => total + loss, 0);
    expect(Math.abs(sum / expected - 1)).toBeLessThan(1e-6);
  });

  test('of twice the same model says what the model says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: 3, maxLength: 3 }), {
          minLength: 3,
          maxLength: 3,
        }),
        (table) => {
          const model = markovModel(table);
          const [once, twice] = [stepperOf(model, 1), stepperOf(ensembleOf([model, model]), 1)];
          for (const id of [0, 1, 2]) {
            once.step([id]);
            twice.step([id]);
            for (const [symbol, log] of logs(once.logits(0)).entries())
              expect(logs(twice.logits(0))[symbol]).toBeCloseTo(log, 4);
          }
        },
      ),
    );
  });

  test('has its members’ tensors by name, one member after the other', () => {
    const manifest = new Manifest({ ...SMALL, members: 2, cell: 'gru', reset: 'after' });
    expect(manifest.views.map(({ name }) => name)).toEqual([
      'members.0.layers.0.input',
      'members.0.layers.0.recurrent',
      'members.0.layers.0.bias',
      'members.0.layers.0.recurrent_bias',
      'members.0.output.weight',
      'members.0.output.bias',
      'members.1.layers.0.input',
      'members.1.layers.0.recurrent',
      'members.1.layers.0.bias',
      'members.1.layers.0.recurrent_bias',
      'members.1.output.weight',
      'members.1.output.bias',
    ]);
  });
});

function prepared(network: Network, values?: Float64Array): Network {
  if (values) network.kernels.floats.set(values, network.model.parameters.values);
  randomSymbols(network, 5);
  // The same state for every member.
  const { states, config } = network.model;
  randomState(network, 6);
  const { floats } = network.kernels;
  const own = states.length / config.members;
  const block = SHAPE.rows * config.hidden;
  for (const [index, state] of states.entries())
    floats.copyWithin(state.initial, states[index % own]!.initial, states[index % own]!.initial + block);
  return network;
}

function numbersOf({ model, kernels }: Network): { values: Float64Array; gradients: Float64Array } {
  const { values, gradients, manifest } = model.parameters;
  const at = (from: number) => Float64Array.from(kernels.floats.subarray(from, from + manifest.size));
  return { values: at(values), gradients: at(gradients) };
}

function lossesOf({ model, kernels }: Network): number[] {
  return [...kernels.floats.subarray(model.losses, model.losses + SHAPE.steps * SHAPE.rows)];
}

function logs(logits: Float32Array): number[] {
  const out = new Float64Array(logits.length);
  logSoftmax(out, logits);
  return [...out];
}
