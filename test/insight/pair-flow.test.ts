import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { measurePairFlow, type PairFlow } from '../../src/insight/pair-flow.ts';
import { comparedPairTables, pairFlowCharts, pairFlowTables } from '../../src/insight/pair-flow-tables.ts';
import { type ModelConfig, type ModelOptions, modelSchema } from '../../src/nn/config.ts';
import { freshParameters } from '../../src/nn/initializers.ts';
import { Manifest } from '../../src/nn/manifest.ts';
import type { PairTask } from '../../src/pair-task.ts';
import { type PairPart, wholePairs } from '../../src/text/pair-split.ts';
import { readPairs } from '../../src/text/read-pairs.ts';

async function partOf(lines: readonly string[], task: PairTask): Promise<PairPart> {
  const stdin = Readable.from([Buffer.from(`${lines.join('\n')}\n`)]);
  return wholePairs(await readPairs(['-'], { task, sourceUnit: 'codepoint', targetUnit: 'codepoint', stdin }));
}

/** A linear RNN whose recurrent matrices are I/2: a gradient halves with each step of a recurrence. */
function halving(part: PairPart, pairs: ModelOptions['pairs']): { config: ModelConfig; parameters: Float64Array } {
  const options = { cell: 'rnn', activation: 'linear', hidden: 4, layers: 1, pairs } as const;
  const sizes = { symbols: part.corpus.target.vocabulary.size, sourceSymbols: part.corpus.source.vocabulary.size };
  const config = { ...modelSchema.parse(options), ...sizes };
  const parameters = Float64Array.from(freshParameters(config, 'halving'));
  for (const { role, offset, size } of new Manifest(config).views) {
    if (role !== 'recurrent') continue;
    for (let at = 0; at < size; at++) parameters[offset + at] = at % 5 === 0 ? 0.5 : 0;
  }
  return { config, parameters };
}

async function flowOf(
  lines: readonly string[],
  pairs: ModelOptions['pairs'] & object,
  positions = 1,
): Promise<PairFlow> {
  const part = await partOf(lines, pairs.task);
  const { config, parameters } = halving(part, pairs);
  return measurePairFlow('model', config, parameters, part, { arithmetic: 'double', positions });
}

/** Expects that values from index `first` on, where the largest is, halve up to index `last`; before, there are none. */
function expectHalving(values: readonly (number | null)[], first: number, last: number): void {
  expect(values.length).toBe(last + 1);
  expect(values.slice(0, first).every((value) => value === null)).toBe(true);
  for (let lag = first + 1; lag <= last; lag++) expect(values[lag]! / values[lag - 1]!).toBeCloseTo(0.5, 12);
}

const PLAIN = { task: 'transduce', bidirectional: false, attention: 'none' } as const;

describe('the gradient of one target symbol', () => {
  // Of ABC the middle one of four targets is chosen, the second or third: B or C, at step 2 (from 0).
  test('halves with each step from the decoder into the encoder', async () => {
    const { positions, recurrences } = await flowOf(['vwxyz\tABC'], PLAIN);
    expect(positions).toBe(1);
    const [encoder, decoder] = recurrences;
    expect([encoder!.part, decoder!.part]).toEqual(['encoder', 'decoder']);
    expectHalving(decoder!.byLag, 0, 2);
    expectHalving(encoder!.byLag, 3, 7);
    // One chain: the last state of the encoder is the state before the decoder's first.
    expect(encoder!.byLag[3]! / decoder!.byLag[2]!).toBeCloseTo(0.5, 12);
  });

  test('is the largest at the last place of the source, or, where the source is reversed, at the first', async () => {
    const forwards = (await flowOf(['vwxyz\tABC'], PLAIN)).recurrences[0]!;
    expectHalving([...forwards.byPlace!].reverse(), 0, 4);
    const reversed = (await flowOf(['vwxyz\tABC'], { ...PLAIN, reverseSource: true })).recurrences[0]!;
    expect(reversed.direction).toBe('backwards');
    expectHalving(reversed.byPlace!, 0, 4);
    expectHalving(reversed.byLag, 3, 7);
  });

  test('has a shorter way through attention', async () => {
    const plain = (await flowOf(['vwxyz\tABC'], PLAIN)).recurrences[0]!;
    const attending = (await flowOf(['vwxyz\tABC'], { ...PLAIN, attention: 'dot' })).recurrences[0]!;
    const fade = (values: readonly (number | null)[]) => values.at(-1)! / values[3]!;
    expect(fade(plain.byLag)).toBeCloseTo(1 / 16, 12);
    expect(fade(attending.byLag)).toBeGreaterThan(1 / 8);
  });

  test('halves in both directions of a bidirectional encoder', async () => {
    const { recurrences } = await flowOf(['vwxyz\tABC'], { task: 'transduce', attention: 'none' });
    expect(recurrences.map(({ part, direction }) => `${part} ${direction}`)).toEqual([
      'encoder forwards',
      'encoder backwards',
      'decoder forwards',
    ]);
    for (const { byLag } of recurrences.slice(0, 2)) expectHalving(byLag, 3, 7);
  });

  test('of a classifier starts at the last state, and of a tag at its own symbol', async () => {
    const classifier = (await flowOf(['vwxyz\tA', 'vwxyz\tB'], { task: 'classify', bidirectional: false }))
      .recurrences[0]!;
    expectHalving(classifier.byLag, 0, 4);
    const tagger = await flowOf(['vwxyz\tABCDE'], { task: 'tag' }); // the third of five tags
    for (const { byLag, byPlace } of tagger.recurrences) {
      expectHalving(byLag, 0, 2);
      expect(byPlace).toBeUndefined();
    }
  });
});

test('many positions are averaged, in batches, as if each were measured by itself', async () => {
  const lines = Array.from(
    { length: 20 },
    (_, at) => `${'vwxyz'.slice(0, 1 + (at % 5))}\t${'ABC'.slice(0, 1 + (at % 3))}`,
  );
  const part = await partOf(lines, 'transduce');
  const { config, parameters } = halving(part, { task: 'transduce' });
  const measure = (of: PairPart, positions: number) =>
    measurePairFlow('model', config, parameters, of, { arithmetic: 'double', positions });
  const all = measure(part, 1000);
  expect(all.positions).toBe(part.targets); // more than one batch
  for (const [index, { byLag, byPlace }] of all.recurrences.entries()) {
    const sums = new Map<string, { sum: number; count: number }>();
    for (const pair of part.pairs) {
      const own = { ...part, pairs: Uint32Array.of(pair), targets: (pair % 3) + 2 };
      const lone = measure(own, 1000).recurrences[index]!;
      for (const [place, value] of (lone.byPlace ?? []).entries()) {
        const entry = sums.get(`${place}`) ?? { sum: 0, count: 0 };
        sums.set(`${place}`, { sum: entry.sum + value! * own.targets, count: entry.count + own.targets });
      }
    }
    for (const [place, value] of (byPlace ?? []).entries()) {
      const { sum, count } = sums.get(`${place}`)!;
      expect(value).toBeCloseTo(sum / count, 12);
    }
    expect(byLag.every((value) => value === null || value > 0)).toBe(true);
  }
});

test('charts and tables name the recurrences of one model, and the models that are compared', async () => {
  const plain = await flowOf(['vwxyz\tABC'], PLAIN);
  const both = { ...(await flowOf(['vwxyz\tABC'], { task: 'transduce' })), name: 'both' };
  expect(pairFlowCharts(plain).map(({ series }) => series.map(({ name }) => name))).toEqual([
    ['encoder 1 →', 'decoder 1'],
    ['encoder 1 →'],
  ]);
  const [byLag, byPlace] = pairFlowTables(plain);
  expect(byLag!.rows.map(([lag]) => lag)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  expect(byLag!.rows[0]!.map((cell) => cell === undefined)).toEqual([false, true, false]);
  expect(byPlace!.rows.map(([place]) => place)).toEqual(['1', '2', '3', '4', '5']);
  expect(comparedPairTables([plain, both]).map(({ header }) => header)).toEqual([
    ['lag', 'model', 'both →', 'both ←'],
    ['place', 'model', 'both →', 'both ←'],
  ]);
});
