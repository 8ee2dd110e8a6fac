import { describe, expect, test } from 'vitest';
import { importModel } from '../../src/exchange/import.ts';
import { toOnnx } from '../../src/exchange/onnx-export.ts';
import { VARIANTS } from '../helpers/network.ts';
import { largestDifference } from './models.ts';
import { Runtime } from './onnx-runtime.ts';
import { logsOf, PAIR_MODELS, pairCheckpointOf, pairOf } from './pair-models.ts';

const LABELLERS = PAIR_MODELS.filter(({ config }) => config.pairs?.task !== 'transduce');

/** Every cell with a tagger and a classifier, besides those of every form. */
const CASES = [
  ...LABELLERS,
  ...VARIANTS.flatMap(({ label: cell, ...variant }) =>
    LABELLERS.filter(({ label }) => label.includes('2 layers')).map(({ label, config }) => ({
      label: `${cell} as ${label}`,
      config: { ...config, ...variant },
    })),
  ),
];

describe('ONNX Runtime', () => {
  test.each(CASES)('$label: has our log-probabilities of the labels of a whole source', async ({ config }) => {
    const checkpoint = pairCheckpointOf(config);
    const ours = logsOf(checkpoint);
    const runtime = await Runtime.open(toOnnx(checkpoint));
    expect(runtime.inputs).toEqual(['symbols']);
    const logits = await runtime.logits(pairOf(config).source, config.hidden);
    expect(logits).toHaveLength(config.pairs?.task === 'tag' ? 23 : 1);
    expect(largestDifference(logits.map(logSoftmax), ours)).toBeLessThan(1e-5);
  });
});

test('an ONNX file of a tagger is not imported, and what can be is named', () => {
  const bytes = toOnnx(pairCheckpointOf(LABELLERS[0]!.config));
  expect(() => importModel(bytes, 'it')).toThrow(
    'it: it has a model of pairs; export that model as safetensors to import it',
  );
});

function logSoftmax(logits: readonly number[]): number[] {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return logits.map((logit) => logit - Math.log(sum));
}
