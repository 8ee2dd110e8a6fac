import { describe, expect, test } from 'vitest';
import { toOnnx } from '../../src/exchange/onnx-export.ts';
import { PairModel } from '../../src/library/pair-model.ts';
import { ATTENTIONS, type ModelConfig } from '../../src/nn/config.ts';
import { VARIANTS } from '../helpers/network.ts';
import { trainedPairs } from '../helpers/pair-checkpoints.ts';
import { largestDifference, randomSymbols } from './models.ts';
import { Runtime, rowsOf, TransducerRuntime } from './onnx-runtime.ts';
import {
  configOf,
  drawnPairConfig,
  logsOf,
  PAIR_MODELS,
  pairCheckpointOf,
  pairOf,
  TRANSDUCERS,
  transducerFiles,
} from './pair-models.ts';

const isTransducer = ({ config }: { readonly config: ModelConfig }) => config.pairs?.task === 'transduce';
const LABELLERS = PAIR_MODELS.filter((model) => !isTransducer(model));

/** Every cell with a tagger and a classifier, besides those of every form. */
const LABEL_CASES = [
  ...LABELLERS,
  ...VARIANTS.flatMap(({ label: cell, ...variant }) =>
    LABELLERS.filter(({ label }) => label.includes('2 layers')).map(({ label, config }) => ({
      label: `${cell} as ${label}`,
      config: { ...config, ...variant },
    })),
  ),
];

const DRAWN = Array.from({ length: 40 }, (_, seed) => ({
  label: `drawn by the seed ${seed}`,
  config: drawnPairConfig(seed),
}));

const TRANSDUCER_CASES = [...PAIR_MODELS, ...TRANSDUCERS, ...DRAWN].filter(isTransducer);

describe('ONNX Runtime', () => {
  test.each(LABEL_CASES)('$label: has our log-probabilities of the labels of a whole source', async ({ config }) => {
    const checkpoint = pairCheckpointOf(config);
    const ours = logsOf(checkpoint);
    const runtime = await Runtime.open(toOnnx(checkpoint));
    expect(runtime.inputs).toEqual(['symbols']);
    const logits = await runtime.logits(pairOf(config).source, config.hidden);
    expect(logits).toHaveLength(config.pairs?.task === 'tag' ? 23 : 1);
    expect(largestDifference(logits.map(logSoftmax), ours)).toBeLessThan(1e-5);
  });

  test.each(TRANSDUCER_CASES)(
    '$label: has our log-probabilities of a target, read as a whole and symbol by symbol',
    async ({ config }) => {
      const checkpoint = pairCheckpointOf(config);
      const ours = logsOf(checkpoint);
      const runtime = await TransducerRuntime.open(transducerFiles(checkpoint));
      const { source, target } = pairOf(config);
      for (const steps of [target.length, 1]) {
        const logits = await runtime.logits(source, target, steps);
        expect(largestDifference(logits.map(logSoftmax), ours)).toBeLessThan(1e-5);
      }
    },
  );

  test.each(ATTENTIONS)('the encoder’s outputs are the decoder’s inputs; attention: %s', async (attention) => {
    const config = configOf({ layers: 2, hidden: 4, pairs: { task: 'transduce', attention, context: 'every' } });
    const { encoder, decoder } = await TransducerRuntime.open(transducerFiles(pairCheckpointOf(config)));
    const states = ['layers.0.h', 'layers.1.h'];
    const more = attention === 'none' ? [] : ['memory', 'keys'];
    expect(encoder.inputs).toEqual(['symbols']);
    expect([...encoder.outputs].sort()).toEqual([...states, 'context', ...more].sort());
    expect([...decoder.inputs].sort()).toEqual(['symbols', ...encoder.outputs].sort());
    expect(decoder.outputs).toEqual(['logits', ...states.map((name) => `${name}.next`)]);
  });

  test.each(PAIR_MODELS.filter(isTransducer))(
    '$label: reads pairs side by side as it reads each alone',
    async ({ config }) => {
      const runtime = await TransducerRuntime.open(transducerFiles(pairCheckpointOf(config)));
      const pairs = [
        pairOf(config),
        { source: pairOf(config).source.toReversed(), target: [0, ...randomSymbols(18, 3)] },
      ];
      const encoded = await runtime.encoder.run(pairs.map(({ source }) => source));
      const { logits } = await runtime.decoder.run(
        pairs.map(({ target }) => target),
        encoded,
      );
      for (const [row, { source, target }] of pairs.entries()) {
        const own = rowsOf(logits!).filter((_, at) => at % pairs.length === row);
        expect(largestDifference(own, await runtime.logits(source, target))).toBeLessThan(1e-5);
      }
    },
  );

  test.each([
    { label: 'dot attention', pairs: {} },
    { label: 'additive attention, context', pairs: { attention: 'additive', context: 'every' } as const },
    { label: 'no attention, one direction', pairs: { attention: 'none', bidirectional: false } as const },
    { label: 'an ensemble', pairs: {}, members: 2 },
  ])('$label: greedy decoding of a trained model finds what a beam of 1 finds', async ({ label: _, ...settings }) => {
    const checkpoint = await trainedPairs('transduce', { steps: 40, ...settings });
    const model = new PairModel(checkpoint);
    const runtime = await TransducerRuntime.open(transducerFiles(checkpoint));
    for (const source of ['ab', 'abc', 'bcab', 'cc', 'bacba']) {
      const [found] = await model.beam(source, { k: 1 });
      const ids = await runtime.greedy([...model.vocabularies.source.encode(source)], model.beamLength({ k: 1 }));
      expect(model.vocabulary.decode(ids)).toBe(found!.text.replace('<stop>', ''));
    }
  });
});

function logSoftmax(logits: readonly number[]): number[] {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return logits.map((logit) => logit - Math.log(sum));
}
