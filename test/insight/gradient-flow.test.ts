import { describe, expect, test } from 'vitest';
import { measureFlow, truncationLoss } from '../../src/insight/gradient-flow.ts';
import { spreadPositions } from '../../src/insight/positions.ts';
import { chooseKernel } from '../../src/kernel/choose.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { freshParameters } from '../../src/nn/initializers.ts';
import { type Corpus, corpusFromText } from '../../src/text/corpus.ts';
import { wholeCorpus } from '../../src/text/split.ts';
import { SMALL, VARIANTS } from '../helpers/network.ts';
import { type NaiveLoss, type Nudge, naiveNetwork } from './naive-network.ts';

const STREAM = corpusFromText('a bad cab, a dab; a cad bade a cabbed dad: abaca! ', { mode: 'stream' });
const LINES = corpusFromText('abba\nbad\ncabbage\nfeed\nface\n', { mode: 'lines' });
const LAGS = 6;

/** Of a stencil whose error is of the fourth order: rounding 1e-16/h against h⁴. */
const STEP = 1e-3;

/** Parameters large enough for gradients that are not lost in rounding after six steps. */
function parametersOf(config: ModelConfig, seed: string): Float64Array {
  const scale = config.activation === 'logistic' ? 4 : 1.5;
  return Float64Array.from(freshParameters(config, seed), (value) => scale * value);
}

/** The inputs that a position's state has read: of a stream, as many as `measureFlow` reads for it. */
function inputsBefore(corpus: Corpus, target: number, first: number): number[] {
  return [...corpus.ids.slice(Math.max(first, target - 2 * (LAGS + 1)), target)];
}

/** ‖∂L_t/∂s_{t−n}‖ by central differences of four points, s being h or c of a layer. */
function numericNorm(
  naive: NaiveLoss,
  hidden: number,
  inputs: readonly number[],
  target: number,
  place: Pick<Nudge, 'of' | 'layer'>,
  lag: number,
): number {
  let squares = 0;
  for (let unit = 0; unit < hidden; unit++) {
    const loss = (by: number): number => naive(inputs, target, { ...place, step: inputs.length - 1 - lag, unit, by });
    const difference = 8 * (loss(STEP) - loss(-STEP)) - (loss(2 * STEP) - loss(-2 * STEP));
    squares += (difference / (12 * STEP)) ** 2;
  }
  return Math.sqrt(squares);
}

describe.each(VARIANTS)('norms of the $label by lag equal central differences, relative error < 1e-6', (variant) => {
  test.each([
    { mode: 'stream', corpus: STREAM, layers: 1 },
    { mode: 'stream', corpus: STREAM, layers: 3 },
    { mode: 'lines', corpus: LINES, layers: 2 },
  ])('$mode, $layers layers', ({ corpus, layers }) => {
    const config: ModelConfig = { ...SMALL, ...variant, layers, symbols: corpus.vocabulary.size };
    const parameters = parametersOf(config, 'flow');
    const part = wholeCorpus(corpus);
    const positions = spreadPositions(part, 4, 2 * (LAGS + 1));
    const flow = measureFlow(config, parameters, part, { arithmetic: 'double', lags: LAGS, positions: 4 });
    const naive = naiveNetwork(config, parameters);
    for (let lag = 0; lag <= LAGS; lag++) {
      const reaching = positions.filter(({ target, first }) => target - 1 - first >= lag);
      expect(flow.counts[lag]).toBe(reaching.length);
      for (const [layer, norms] of flow.layers.entries()) {
        for (const of of config.cell === 'lstm' ? (['h', 'c'] as const) : (['h'] as const)) {
          const numeric = reaching.map(({ target, first }) =>
            numericNorm(
              naive,
              config.hidden,
              inputsBefore(corpus, target, first),
              corpus.ids[target]!,
              { of, layer },
              lag,
            ),
          );
          const mean = numeric.reduce((sum, value) => sum + value, 0) / numeric.length;
          const found = (of === 'h' ? norms.hidden : norms.cell!)[lag]!;
          if (reaching.length === 0) expect(found).toBeNaN();
          else expect(Math.abs(found - mean) / mean, `${of} of layer ${layer} at lag ${lag}`).toBeLessThan(1e-6);
        }
      }
    }
  });
});

test('single precision gives the same norms to four digits, and a last batch that is short counts once', () => {
  const config: ModelConfig = { ...SMALL, cell: 'lstm', layers: 2, symbols: STREAM.vocabulary.size };
  const parameters = freshParameters(config, 'same');
  const part = wholeCorpus(STREAM);
  const options = { lags: LAGS, positions: 35 }; // 32 and 3
  const exact = measureFlow(config, parameters, part, { ...options, arithmetic: 'double' });
  const fast = measureFlow(config, parameters, part, { ...options, arithmetic: chooseKernel('auto') });
  expect(fast.counts).toEqual(exact.counts);
  for (const [layer, { hidden, cell, carousel }] of exact.layers.entries()) {
    for (const [name, norms] of Object.entries({ hidden, cell: cell!, carousel: carousel! })) {
      for (const [lag, norm] of norms.entries()) {
        const found = fast.layers[layer]![name as 'hidden' | 'cell' | 'carousel']![lag]!;
        expect(Math.abs(found / norm - 1)).toBeLessThan(1e-4);
      }
    }
  }
});

test('the carousel of forget gates that are shut is 0 from the first lag on, and of open ones nearly 1', () => {
  const config: ModelConfig = { ...SMALL, cell: 'lstm', symbols: STREAM.vocabulary.size };
  const carousel = (forget: number): readonly number[] => {
    const parameters = freshParameters(config, 'gates');
    const bias = (config.symbols + config.hidden) * 4 * config.hidden;
    parameters.fill(forget, bias + config.hidden, bias + 2 * config.hidden);
    const flow = measureFlow(config, parameters, wholeCorpus(STREAM), {
      arithmetic: 'double',
      lags: LAGS,
      positions: 5,
    });
    return flow.layers[0]!.carousel!;
  };
  for (const [lag, norm] of carousel(-60).entries()) expect(norm).toBeCloseTo(lag === 0 ? 1 : 0, 9);
  for (const norm of carousel(60)) expect(norm).toBeCloseTo(1, 9);
});

describe('a truncation', () => {
  const norms = [8, 4, 2, 1, 1];

  test('after τ steps cuts off the norms from lag τ on', () => {
    expect(truncationLoss(norms, 1).sliding).toBe(8 / 16);
    expect(truncationLoss(norms, 3).sliding).toBe(2 / 16);
    expect(truncationLoss(norms, 5).sliding).toBe(0);
  });

  test('in chunks reaches back less far from early positions: the mean over the places in a chunk', () => {
    expect(truncationLoss(norms, 1).chunked).toBe(8 / 16);
    expect(truncationLoss(norms, 3).chunked).toBeCloseTo((8 + 4 + 2) / 16 / 3, 12);
  });

  test('of lags that no position has cuts off nothing', () => {
    expect(truncationLoss([1, Number.NaN], 1)).toEqual({ sliding: 0, chunked: 0 });
    expect(truncationLoss([Number.NaN], 1)).toEqual({ sliding: 0, chunked: 0 });
  });
});
