import { describe, expect, test } from 'vitest';
import { examineBptt } from '../../../src/insight/bptt/bptt.ts';
import { sumOverSteps } from '../../../src/insight/bptt/explicit.ts';
import type { ModelConfig } from '../../../src/nn/config.ts';
import { freshParameters } from '../../../src/nn/initializers.ts';
import { corpusFromText } from '../../../src/text/corpus.ts';
import { SMALL, VARIANTS } from '../../helpers/network.ts';

const LINES = corpusFromText('deep\npeel\n', { mode: 'lines' });
const STREAM = corpusFromText('deep peel', { mode: 'stream' });

function subject(part: Partial<ModelConfig>, { vocabulary } = LINES, scale = 1.5) {
  const config: ModelConfig = { ...SMALL, hidden: 4, ...part, symbols: vocabulary.size };
  const parameters = freshParameters(config, 'bptt').map((value) => scale * value);
  return { config, parameters, vocabulary };
}

describe.each(VARIANTS)('the explicit sum of the $label', ({ label: _, ...variant }) => {
  test.each([
    { what: 'one layer', part: {} },
    { what: 'three layers', part: { layers: 3 } },
    { what: 'two layers over embeddings', part: { layers: 2, embedding: 3 } },
    { what: 'tied embeddings', part: { embedding: 4, tied: true } },
  ])('is the gradient of backpropagation and of central differences, error < 1e-9: $what', ({ part }) => {
    const model = subject({ ...variant, ...part });
    const { checks } = examineBptt(model, 'deepeel', { samples: 40 });
    for (const { tensor, error, explicit } of checks) {
      expect(error.backpropagated, tensor).toBeLessThan(1e-12);
      expect(error.differences, tensor).toBeLessThan(1e-9);
      expect(
        explicit.some((value) => Math.abs(value) > 1e-6),
        tensor,
      ).toBe(true);
    }
  });

  test('of the copies that the steps of the unfolded network have is ∂L/∂W, and each is what central differences say', () => {
    const model = subject({ ...variant, layers: 2 });
    for (const tensor of ['layers.0.recurrent', 'layers.1.input']) {
      const { copies, sum } = examineBptt(model, 'deep', { tensor, copies: true, samples: 30 });
      expect(copies!.error).toBeLessThan(1e-9);
      for (const [place, total] of sum.total.entries()) {
        expect(sum.byCopy.reduce((all, copy) => all + copy[place]!, 0)).toBeCloseTo(total, 12);
      }
    }
  });

  test('truncated after τ steps drops the terms before, and none where τ reaches the start', () => {
    const model = subject(variant);
    const { sum, truncation, unfolded } = examineBptt(model, 'deepeel', { truncate: 2 });
    for (const [t, row] of truncation!.kept.norms.entries()) {
      expect(row).toEqual(sum.norms[t]!.map((norm, k) => (t - k < 2 ? norm : 0)));
    }
    expect(truncation!.dropped.slice(0, 2)).toEqual([0, 0]);
    expect(truncation!.dropped[6]).toBeGreaterThan(0);
    expect(sumOverSteps(unfolded, sum.tensor, 7)).toEqual(sum);
  });
});

test('a stream predicts what follows each symbol, and has no end', () => {
  const { text } = examineBptt(subject({}, STREAM), 'deep');
  expect(text).toEqual({ inputs: [...STREAM.vocabulary.encode('dee')], targets: [...STREAM.vocabulary.encode('eep')] });
});

test('a line may start with <stop>, as in training', () => {
  const { stop = -1 } = LINES.vocabulary;
  const ids = [...LINES.vocabulary.encode('deep')];
  expect(examineBptt(subject({}), 'deep').text).toEqual({ inputs: ids, targets: [...ids.slice(1), stop] });
  expect(examineBptt(subject({}), 'deep', { start: true }).text).toEqual({
    inputs: [stop, ...ids],
    targets: [...ids, stop],
  });
});

describe('refuses', () => {
  test.each([
    ['', {}, {}, 'the text has 0 symbols; give a text of at least one symbol'],
    ['d'.repeat(33), {}, {}, 'the text has 33 losses, more than the table’s limit of 32; give a shorter text'],
    [
      'deep',
      { members: 2 },
      {},
      'the model is an ensemble of 2 networks, which have a state each; give a model of one network',
    ],
    [
      'deep',
      { hidden: 257 },
      {},
      'the model’s state has 514 numbers, more than the limit of 512; give a model with fewer units or layers',
    ],
    [
      'deep',
      {},
      { tensor: 'output.weight' },
      'tensor must be one of layers.0.input, layers.0.recurrent, layers.0.bias, not output.weight',
    ],
    ['deep', {}, { truncate: 0 }, 'truncate must be a whole number from 1, not 0'],
  ])('%j with %j and %j', (text, part, options, message) => {
    expect(() => examineBptt(subject(part), text, options)).toThrow(message);
  });

  test('a text with a symbol that the model does not know', () => {
    expect(() => examineBptt(subject({}), 'deeply')).toThrow('"y" (U+0079)');
  });

  test('one symbol of a stream, and a start that a stream does not have', () => {
    expect(() => examineBptt(subject({}, STREAM), 'd')).toThrow(
      'the text has 1 symbol; give a text of at least two symbols, because the first is given',
    );
    expect(() => examineBptt(subject({}, STREAM), 'deep', { start: true })).toThrow(
      'start needs a model of lines; the model of a stream has no <stop>',
    );
  });
});
