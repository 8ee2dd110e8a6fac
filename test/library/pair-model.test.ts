import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { rankLabels, sampleLabels } from '../../src/decoding/labels.ts';
import { PairReader } from '../../src/decoding/pair-reader.ts';
import { Stops } from '../../src/decoding/stops.ts';
import { beamTargets, sampleTargets } from '../../src/decoding/transduce.ts';
import { LanguageModel, load, loadModel, loadPairs, PairModel, UserError } from '../../src/index.ts';
import type { Checkpoint } from '../../src/nn/checkpoint.ts';
import { Stepper } from '../../src/nn/stepper.ts';
import { removeFolders, temporaryFolder } from '../helpers/cli.ts';
import { gather } from '../helpers/iteration.ts';
import { PAIR_LISTS, trainedPairs, writePairs } from '../helpers/pair-checkpoints.ts';
import { run, STREAM } from '../helpers/training.ts';

const SOURCES = ['ab', 'c', 'bcab', 'a', 'aaaaaa', 'cab'];

describe.each([
  ['one network', {}],
  ['an ensemble', { members: 2 }],
  ['no attention, context at every step', { pairs: { attention: 'none', context: 'every' } as const }],
])('a transducer of %s', (_, settings) => {
  let checkpoint: Checkpoint;
  let model: PairModel;

  beforeAll(async () => {
    checkpoint = await trainedPairs('transduce', settings);
    model = new PairModel(checkpoint, 'sounds.json');
  });

  const stepper = (rows: number) => new Stepper(model.choice, checkpoint.model, checkpoint.parameters, rows);
  const idsOf = (source: string) => model.vocabularies.source.encode(source);
  const stops = new Stops(0);

  test('finds what beam search finds, for one source and for many', async () => {
    const options = { width: 3, finished: 3, lengthPenalty: 1, length: 9, prompt: [0], stops };
    const expected = [...beamTargets(stepper(3), options, SOURCES.map(idsOf))];
    const found = await gather(model.beams(SOURCES, { k: 3, length: 9 }));
    for (const [at, hypotheses] of expected.entries()) {
      expect(found[at]).toHaveLength(hypotheses.length);
      for (const [rank, { ids, ending, score, logProbability, finished, symbols }] of hypotheses.entries()) {
        const text = model.vocabulary.decode(ids.slice(0, ids.length - ending));
        expect(found[at]![rank]).toMatchObject({ text, completion: text, score, logProbability, finished, symbols });
      }
      expect(await model.beam(SOURCES[at]!, { k: 3, length: 9 })).toEqual(found[at]);
    }
    expect(await gather(model.beams([]))).toEqual([]);
  });

  test('draws what sampling draws, for one source and for many', async () => {
    const options = {
      prompt: [0],
      length: 9,
      stops,
      seed: 5,
      temperature: 1.2,
      repetitionPenalty: 1,
      repetitionWindow: 1,
    };
    const expected = [...sampleTargets(stepper(4), options, 3, SOURCES.map(idsOf))];
    const drawn = await gather(model.samples(SOURCES, { count: 3, length: 9, seed: 5, temperature: 1.2 }));
    expect(drawn.map(({ ids, source }) => ({ ids, source }))).toEqual(
      expected.map(({ ids, source }) => ({ ids, source })),
    );
    for (const { text, ids } of drawn) expect(text).toBe(model.vocabulary.decode(ids));
    const later = await gather(model.samples(SOURCES.slice(2), { count: 3, length: 9, seed: 5, temperature: 1.2 }, 2));
    expect(later).toEqual(drawn.slice(6));
    expect(await gather(model.sample(SOURCES[0]!, { count: 3, length: 9, seed: 5, temperature: 1.2 }))).toEqual(
      drawn.slice(0, 3),
    );
  });

  test('a prefix and constraints are about the target', async () => {
    for (const { text, completion } of await model.beam('ab', { k: 4, prefix: 'B', minLength: 1 })) {
      expect(text).toBe(`B ${completion}`);
      expect(completion).not.toBe('');
    }
    for (const { text } of await model.beam('ab', { k: 4, allow: 'A' })) expect(text).toMatch(/^(A( |$))*$/);
    for (const { text } of await gather(model.sample('cab', { count: 4, forbid: 'A', seed: 2 })))
      expect(text).not.toContain('A');
    const unique = await gather(model.samples(['ab', 'cc'], { count: 4, unique: true, temperature: 2 }));
    expect(unique.map(({ source }) => source)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(new Set(unique.slice(0, 4).map(({ text }) => text)).size).toBe(4);
  });

  test('scores what it finds as it finds it', async () => {
    for (const source of SOURCES) {
      for (const { text, logProbability, symbols, finished } of await model.beam(source, { k: 3 })) {
        if (!finished || text === '') continue;
        const score = await model.score(source, text);
        expect(score.logProbability).toBeCloseTo(logProbability, 4);
        expect(score.symbols).toHaveLength(symbols);
        expect(score.symbols.at(-1)!.symbol).toBe('<stop>');
      }
    }
  });

  test('tells what it attends to', async () => {
    if (checkpoint.model.pairs!.attention === 'none') {
      await expect(model.attention('cab', 'B A')).rejects.toThrow(/^sounds.json: the model has no attention;/);
      return;
    }
    const attended = await model.attention('cab', 'B A');
    expect(attended).toMatchObject({
      source: 'cab',
      target: 'B A',
      sourceSymbols: ['c', 'a', 'b'],
      targetSymbols: ['B', 'A', '<stop>'],
    });
    for (const weights of attended.weights) {
      expect(weights).toHaveLength(3);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    }
    // What comes later changes nothing before.
    expect((await model.attention('cab', 'B')).weights).toEqual(attended.weights.slice(0, 2));
    expect(attended.weights[0]).not.toEqual(attended.weights[1]);
    // Without a target, it is the best one that beam search finds.
    const [best] = await model.beam('cab');
    expect(await model.attention('cab')).toEqual(await model.attention('cab', best!.text));
  });

  test('gives no labels', async () => {
    await expect(model.labels('ab')).rejects.toThrow(
      /^sounds.json: a transducer gives no labels; ask for its targets$/,
    );
  });
});

test('a transducer that has learned its list answers with it, greedily', async () => {
  const model = new PairModel(await trainedPairs('transduce', { steps: 250 }));
  const sources = PAIR_LISTS.transduce.map((pair) => pair.split('\t')[0]!);
  const found = await gather(model.beams(sources, { k: 1 }));
  expect(found.map(([best], at) => `${sources[at]}\t${best!.text}`)).toEqual(PAIR_LISTS.transduce);
});

describe.each(['tag', 'classify'] as const)('a model of the task %s', (task) => {
  let model: PairModel;
  let reader: PairReader;

  beforeAll(async () => {
    const checkpoint = await trainedPairs(task);
    model = new PairModel(checkpoint, 'labels.json');
    reader = new PairReader(model.choice, checkpoint.model, checkpoint.parameters);
  });

  const logitsOf = (source: string) => reader.labelLogits([model.vocabularies.source.encode(source)])[0]!;

  test('ranks labels as `rankLabels` does', async () => {
    const found = await gather(model.beams(SOURCES, { k: 3 }));
    for (const [at, source] of SOURCES.entries()) {
      const ranked = rankLabels(logitsOf(source), { count: 3 });
      expect(found[at]!.map(({ text }) => text)).toEqual(ranked.map(({ ids }) => model.vocabulary.decode(ids)));
      expect(found[at]!.map(({ logProbability }) => logProbability)).toEqual(
        ranked.map(({ logProbability }) => logProbability),
      );
    }
  });

  test('the labels of a symbol are all labels with probabilities that add up to 1', async () => {
    const symbols = await model.labels('cab', 10);
    expect(symbols.map(({ symbol }) => symbol)).toEqual(task === 'tag' ? ['c', 'a', 'b'] : ['cab']);
    for (const { labels } of symbols) {
      expect(labels).toHaveLength(model.vocabulary.size);
      expect(labels.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
      expect(labels.map(({ probability }) => probability)).toEqual(
        labels.map(({ probability }) => probability).toSorted((a, b) => b - a),
      );
    }
    const [best] = await model.beam('cab', { k: 1 });
    expect((await model.labels('cab')).map(({ labels }) => labels[0]!.label).join('')).toBe(best!.text);
  });

  test('draws labels as `sampleLabels` does', async () => {
    const drawn = await gather(model.samples(['cab', 'b'], { count: 5, seed: 3 }));
    const expected = ['cab', 'b'].flatMap((source, at) =>
      Array.from({ length: 5 }, (_, index) =>
        sampleLabels(logitsOf(source), { temperature: 1, seed: `3/${at}` }, index),
      ),
    );
    expect(drawn.map(({ ids }) => ids)).toEqual(expected.map(({ ids }) => ids));
  });

  test('scores the labels that it finds as it finds them', async () => {
    for (const { text, logProbability } of await model.beam('cab', { k: 4 }))
      expect((await model.score('cab', text)).logProbability).toBeCloseTo(logProbability, 5);
  });

  test('refuses what only a search can do', async () => {
    const refusal = (key: string) =>
      `${key} has no meaning for a model of the task ${task}, which chooses each label by itself; leave it out`;
    await expect(model.beam('ab', { groups: 5 })).rejects.toThrow(refusal('groups'));
    await expect(model.beam('ab', { prefix: 'V' })).rejects.toThrow(refusal('prefix'));
    await expect(model.sample('ab', { noRepeat: 2 }).next()).rejects.toThrow(refusal('noRepeat'));
    await expect(model.beam('ab', { q: 1 } as never)).rejects.toThrow(/^there is no option q; there are /);
  });
});

test('constraints narrow the labels of a tagger and a classifier', async () => {
  const tagger = new PairModel(await trainedPairs('tag'));
  const tags = await tagger.beam('abc', { k: 10, contains: ['VV'] });
  expect(tags.map(({ text }) => text).sort()).toEqual(['CVV', 'VVC', 'VVV']);
  const classifier = new PairModel(await trainedPairs('classify'));
  const labels = await classifier.beam('abc', { k: 10, match: 'a .*' });
  expect(labels.map(({ text }) => text).sort()).toEqual(['a vowel', 'a word']);
});

describe('what can’t be read', () => {
  test('is a UserError that names it', async () => {
    const model = new PairModel(await trainedPairs('tag'));
    await expect(model.beam('aé')).rejects.toThrow(/^source: "é" \(U\+00E9\) at position 2 is not in the vocabulary/);
    await expect(model.beam('')).rejects.toThrow(/^source: is an empty source; give at least one symbol$/);
    await expect(model.score('ab', 'V')).rejects.toThrow(
      /^has 2 source symbols and 1 tags; a tag is needed for each symbol$/,
    );
    await expect(model.score('a\tb', 'V')).rejects.toThrow(/^a source and a target are lines without tabs$/);
    const scores = model.scoreLines(['a\tV', 'a', Uint8Array.of(0x61, 9, 0xff), 'a\tX', 'é\tV']);
    expect(scores[0]!.problem).toBeUndefined();
    expect(scores.slice(1).map(({ logProbability }) => logProbability)).toEqual(
      Array(4).fill(Number.NEGATIVE_INFINITY),
    );
    expect(scores.map(({ problem }) => problem?.message.split(/[,;]/)[0])).toEqual([
      undefined,
      'has no tab',
      'is not UTF-8',
      expect.stringMatching(/^"X"/),
      expect.stringMatching(/^"é"/),
    ]);
  });

  test('is read as <unk> where the model has it', async () => {
    const model = new PairModel(await trainedPairs('transduce', { minCount: 6 }));
    expect(model.unknownIn('aéc')).toEqual(['"é" (U+00E9)']);
    expect(await model.beam('aé', { k: 1 })).toEqual(await model.beam('aü', { k: 1 }));
  });
});

describe('opening', () => {
  test('gives the class of the model, and says where it is of the other kind', async () => {
    const folder = temporaryFolder();
    const path = await writePairs(folder, 'classify', { steps: 2 });
    expect(loadPairs(path)).toBeInstanceOf(PairModel);
    expect(await loadModel(path)).toBeInstanceOf(PairModel);
    expect(() => load(path)).toThrow(UserError);
    expect(() => load(path)).toThrow(
      /classify\.json: a model of pairs \(task classify\); a model of texts is needed here$/,
    );
    writeFileSync(path, (await run(STREAM, { limits: { steps: 1 } })).last.text);
    expect(await loadModel(path)).toBeInstanceOf(LanguageModel);
    expect(() => loadPairs(path)).toThrow(/classify\.json: a model of texts; a model of pairs is needed here$/);
    removeFolders();
  });
});
