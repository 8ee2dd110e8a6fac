import { describe, expect, test } from 'vitest';
import { gateSteps, gateTable } from '../../src/insight/gate-steps.ts';
import { gateCount } from '../../src/nn/cells/index.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { freshParameters } from '../../src/nn/initializers.ts';
import { openModel } from '../../src/nn/open.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { SMALL, VARIANTS } from '../helpers/network.ts';

const { vocabulary } = corpusFromText('deep', { mode: 'lines' });
const subject = (part: Partial<ModelConfig>) => {
  const config: ModelConfig = { ...SMALL, ...part, symbols: vocabulary.size };
  return { config, parameters: freshParameters(config, 'gates'), vocabulary };
};

/** Where each column of nn's gates is shown; C̃ and h̃ are its candidates. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  rnn: ['h'],
  lstm: ['i', 'f', 'C̃', 'o'],
  gru: ['r', 'z', 'h̃'],
};

test.each(VARIANTS)('the gates of the $label are those of the network in float64', ({ label: _, ...variant }) => {
  const model = subject({ ...variant, layers: 2 });
  const ids = [vocabulary.stop!, ...vocabulary.encode('deep')];
  const { model: network, kernels } = openModel('double', model.config, model.parameters, {
    steps: ids.length,
    rows: 1,
    training: false,
  });
  kernels.ints.set(ids, network.inputs);
  kernels.ints.fill(1, network.keep, network.keep + ids.length);
  network.forward(kernels, { start: 0, end: 1 }, { steps: ids.length });
  const G = gateCount(model.config.cell);
  const H = model.config.hidden;
  for (const layer of [1, 2]) {
    const { buffers, states } = network.layers[layer - 1]!;
    for (const unit of [1, H]) {
      const { steps, names } = gateSteps(model, 'deep', { layer, unit });
      expect(steps.map(({ id }) => id)).toEqual(ids);
      for (const [t, { values }] of steps.entries()) {
        const named = Object.fromEntries(names.map((name, index) => [name, values[index]!]));
        for (const [gate, name] of COLUMNS[model.config.cell]!.entries()) {
          expect(named[name]).toBeCloseTo(kernels.floats[buffers.gates + (t * G + gate) * H + unit - 1]!, 12);
        }
        const [h, c] = states.map((state) => kernels.floats[state.values + t * state.width + unit - 1]!);
        expect(named.h).toBeCloseTo(h!, 12);
        if (c !== undefined) expect(named.C).toBeCloseTo(c, 12);
      }
    }
  }
});

test('an LSTM’s row follows its formulas: C = f C₋ + i C̃ and h = o tanh C', () => {
  const { steps } = gateSteps(subject({ cell: 'lstm' }), 'deep', { unit: 2 });
  let before = 0;
  for (const { values } of steps) {
    const [f, i, candidate, C, o, h] = values as [number, number, number, number, number, number];
    expect(C).toBeCloseTo(f * before + i * candidate, 12);
    expect(h).toBeCloseTo(o * Math.tanh(C), 12);
    before = C;
  }
});

test('the table has a row a symbol', () => {
  const table = gateTable(gateSteps(subject({ cell: 'gru' }), 'deep'), vocabulary);
  expect(table.header).toEqual(['reads', 'r', 'z', 'h̃', 'h']);
  expect(table.rows.map(([reads]) => reads)).toEqual(['<stop>', 'd', 'e', 'e', 'p']);
});

describe('refuses', () => {
  test.each([
    [{ layers: 2 }, 'deep', { layer: 3 }, 'layer 3 is more than the model’s 2; give a smaller one'],
    [{ hidden: 4 }, 'deep', { unit: 5 }, 'unit 5 is more than the 4 units of a layer; give a smaller one'],
    [
      { members: 2 },
      'deep',
      {},
      'the model is an ensemble of 2 networks, each with its own gates; give a model of one network',
    ],
    [{}, '', {}, 'the text is empty; give a text of at least one symbol'],
    [{}, 'deeq', {}, '"q" (U+0071)'],
  ])('%j, %j, %j', (part, text, options, message) => {
    expect(() => gateSteps(subject(part), text, options)).toThrow(message);
  });
});
