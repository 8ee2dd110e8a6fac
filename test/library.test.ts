import { beforeAll, describe, expect, test } from 'vitest';
import { UsageError, UserError } from '../src/errors.ts';
import { compareRuns } from '../src/library/compare.ts';
import type { BeamRequest, SampleRequest } from '../src/library/completion-options.ts';
import { evaluate } from '../src/library/evaluate.ts';
import { evaluatePairs, evaluatePredictions } from '../src/library/evaluate-pairs.ts';
import { exportModel, importModel } from '../src/library/exchange.ts';
import { gradientFlow } from '../src/library/gradient-flow.ts';
import { inspect } from '../src/library/inspect.ts';
import { LanguageModel } from '../src/library/language-model.ts';
import { load, loadModel } from '../src/library/load.ts';
import { loadPairs } from '../src/library/load-pairs.ts';
import { prepareRun } from '../src/library/preparation.ts';
import { readSaved } from '../src/library/saved-model.ts';
import { train } from '../src/library/train.ts';
import type { Checkpoint } from '../src/nn/checkpoint.ts';
import { loadCheckpoint, saveCheckpoint } from '../src/nn/checkpoint-file.ts';
import { corpusFromText } from '../src/text/corpus.ts';
import { readCorpus } from '../src/text/read-corpus.ts';
import { resolveRecipe } from '../src/training/complete-recipe.ts';
import type { RecipeOptions } from '../src/training/recipe.ts';
import { commandOf } from './helpers/commands.ts';
import { gather } from './helpers/iteration.ts';

const WORDS = ['deep', 'learn', 'machine', 'lean', 'dean'];

/** What `rnn train` is told by arguments. */
async function trainOptions(...args: string[]): Promise<RecipeOptions> {
  let given: object | undefined;
  const command = await commandOf('train', (options) => {
    given = options;
  });
  await command.parseAsync(['text.txt', ...args], { from: 'user' });
  const { corpus: _, ...recipe } = given as RecipeOptions & { corpus: string[] };
  return recipe;
}

test('the command line has no defaults of its own: what it is not told, the schema decides', async () => {
  expect(await trainOptions()).toEqual({});
  expect(resolveRecipe(await trainOptions('--hidden', '9', '--lr', '0.1'))).toEqual(
    resolveRecipe({ model: { hidden: 9 }, rate: 0.1 }),
  );
});

test('what is said takes the place of a default, and what depends on it follows', () => {
  const recipe = resolveRecipe({ model: { hidden: 9 }, optimizer: { name: 'sgd' }, bptt: 20, clipValue: 3 });
  expect(recipe).toMatchObject({ model: { hidden: 9, layers: 2 }, rate: 0.5, bptt: 20, stride: 20, clipValue: 3 });
  expect(recipe.clipNorm).toBe(Number.POSITIVE_INFINITY);
});

async function trainOn(words: readonly string[]): Promise<Checkpoint> {
  let checkpoint: Checkpoint | undefined;
  const recipe = { model: { hidden: 16, layers: 1 }, limits: { steps: 60 }, validation: 0, seed: 'library' };
  for await (const event of train(corpusFromText(words.join('\n'), { mode: 'lines' }), recipe)) {
    if (event.type === 'checkpoint') checkpoint = event.snapshot();
  }
  return checkpoint!;
}

describe('a language model', () => {
  let checkpoint: Checkpoint;
  let model: LanguageModel;
  beforeAll(async () => {
    checkpoint = await trainOn(WORDS);
    model = new LanguageModel(checkpoint, 'words.json');
  });

  test('gives a text the probability that beam search found it with', async () => {
    const found = (await model.beam('', { k: 8 })).filter(({ finished }) => finished);
    expect(found.length).toBeGreaterThan(3);
    for (const { text, logProbability, symbols } of found) {
      const [score] = await model.scoreLines([text]);
      expect(score!.logProbability).toBeCloseTo(logProbability, 4);
      expect(score!.symbols).toHaveLength(symbols);
    }
  });

  test('a prefix stands before its completion, and is given, not scored', async () => {
    const [best] = await model.beam('de', { k: 3 });
    expect(best).toMatchObject({ text: `de${best!.completion}`, symbols: best!.completion.length + 1 });
    const whole = (await model.score(best!.text)).symbols.map(({ bits }) => -bits * Math.LN2);
    expect(best!.logProbability).toBeCloseTo(
      whole.slice(2).reduce((sum, one) => sum + one, 0),
      4,
    );
  });

  test('a search for many prefixes is the searches for each', async () => {
    const prefixes = ['d', 'lea', '', 'm'];
    const alone = await Promise.all(prefixes.map((prefix) => model.beam(prefix, { k: 4 })));
    expect(await gather(model.beams(prefixes, { k: 4 }))).toEqual(alone);
    expect(await gather(model.beams([]))).toEqual([]);
  });

  test('what is streamed is the first of what is drawn, and a seed draws it again', async () => {
    const request = { prefix: 'l', seed: 7, temperature: 1.5 };
    const draw = (options: SampleRequest) => gather(model.sample(options));
    const drawn = await draw({ ...request, count: 5 });
    expect((await gather(model.stream(request))).join('')).toBe(drawn[0]!.completion);
    expect(await draw({ ...request, count: 5 })).toEqual(drawn);
    expect(await draw({ ...request, count: 5, seed: 8 })).not.toEqual(drawn);
    for (const { text, completion } of drawn) expect(text).toBe(`l${completion}`);
  });

  test('lines are scored each for itself', async () => {
    const scores = await model.scoreLines(WORDS);
    for (const [at, word] of WORDS.entries()) expect(await model.scoreLines([word])).toEqual([scores[at]]);
    const sum = scores.reduce((total, { logProbability }) => total + logProbability, 0);
    expect((await model.score(WORDS.join('\n'))).logProbability).toBeCloseTo(sum, 4);
    expect(await model.score('')).toEqual({ logProbability: 0, bitsPerCharacter: 0, unknown: 0, symbols: [] });
  });

  test('several calls may be in progress at once: none disturbs another', async () => {
    const alone = { drawn: await gather(model.sample({ count: 3 })), found: await model.beam('d') };
    const samples = model.sample({ count: 3 });
    const drawn = [(await samples.next()).value];
    const [found, again] = await Promise.all([model.beam('d'), model.beam('d')]);
    for await (const sample of samples) drawn.push(sample);
    expect({ drawn, found, again }).toEqual({ ...alone, again: alone.found });
  });

  test('known texts are not drawn, and with `unique` none twice', async () => {
    const drawn = await gather(model.sample({ count: 12, unique: true, known: new Set(['deep']) }));
    const texts = drawn.map(({ text }) => text);
    expect(new Set(texts).size).toBe(12);
    expect(texts).not.toContain('deep');
  });

  test('a path must be text, what is trained on too, and what is inspected must be a model', async () => {
    const message = 'path must be a text, not 3';
    expect(() => importModel(3 as never)).toThrow(new UsageError(message));
    expect(() => readSaved(3 as never)).toThrow(new UsageError(message));
    expect(() => loadCheckpoint(3 as never)).toThrow(new UsageError(message));
    expect(() => saveCheckpoint(3 as never, model.checkpoint)).toThrow(new UsageError(message));
    await expect(exportModel(model, 3 as never)).rejects.toThrow(new UsageError(message));
    for (const [text, shown] of [
      [3, '3'],
      [undefined, 'missing'],
      [['book.txt', 3], '["book.txt",3]'],
    ]) {
      await expect(train(text as never).next()).rejects.toThrow(
        new UsageError(`text must be a text, or a list, each of it a text, not ${shown}`),
      );
    }
    for (const other of [3, undefined, {}]) {
      expect(() => inspect(other as never)).toThrow(
        new UsageError(
          `model must be a model, as load or readSaved gives it, not ${JSON.stringify(other) ?? 'missing'}`,
        ),
      );
    }
    for (const [sources, shown] of [
      [3, 'sources must be a list, each of it a text, not 3'],
      [undefined, 'sources must be a list, each of it a text, not missing'],
      [['book.txt', 3], 'each of sources must be a text, not 3'],
    ] as const) {
      await expect(prepareRun(sources as never)).rejects.toThrow(new UsageError(shown));
      await expect(readCorpus(sources as never)).rejects.toThrow(new UsageError(shown));
      await expect(evaluate(model, sources as never)).rejects.toThrow(new UsageError(shown));
      expect(() => compareRuns(sources as never)).toThrow(new UsageError(shown.replace('sources', 'paths')));
    }
    await expect(prepareRun(['book.txt'], null as never)).rejects.toThrow('the options must be an object, not null');
    await expect(gradientFlow(3 as never)).rejects.toThrow(new UsageError('text must be a text, not 3'));
    expect(() => corpusFromText(3 as never)).toThrow(/^text must be a text, or bytes, not 3$/);
    for (const of of [evaluate, evaluatePairs, exportModel] as const) {
      await expect(of(3 as never, 'book.txt' as never)).rejects.toThrow(/^model must be a model, as load or readSaved/);
    }
    await expect(evaluatePredictions(3 as never, [], 'other.tsv')).rejects.toThrow(
      /^model must be a model, as load or/,
    );
    expect(() => load(3 as never)).toThrow(new UsageError(message));
    expect(() => loadPairs(3 as never)).toThrow(new UsageError(message));
    await expect(loadModel(3 as never)).rejects.toThrow(new UsageError(message));
  });

  test('what it cannot read or do is a UserError that names it', async () => {
    await expect(model.score('deep sea')).rejects.toThrow(UserError);
    await expect(model.sample({ prefix: 'z' }).next()).rejects.toThrow(/^prefix: "z"/);
    await expect(model.beam('z')).rejects.toThrow(/^prefix: "z"/);
    await expect(model.sample({ match: '[a-z]{9}', length: 5 }).next()).rejects.toThrow(
      /^the shortest completion .* and length allows 5; give a larger length$/,
    );
  });

  test.each([
    [{ count: -1 }, /^count must be a whole number from 1, not -1$/],
    [{ temperature: -1 }, /^temperature must be a number from 0, not -1$/],
    [{ temperature: '1' }, /^temperature must be a number from 0, not "1"$/],
    [{ length: 0 }, /^length must be a whole number from 1, not 0$/],
    [{ topP: 0 }, /^topP must be a number above 0 to 1, not 0$/],
    [{ known: ['deep'] }, /^known must be a Set of texts/],
    [{ tempreature: 1 }, /^there is no option tempreature; there are match, /],
    [{ match: '(' }, /^match: \(: unterminated group/],
  ])('sample refuses %j, by the key', async (request, message) => {
    await expect(model.sample(request as SampleRequest).next()).rejects.toThrow(message);
    await expect(model.stream(request as SampleRequest).next()).rejects.toThrow(message);
    await expect(model.sample(request as SampleRequest).next()).rejects.toThrow(UserError);
  });

  test.each([
    ['score', [5], /^text must be .*, not 5$/],
    ['score', [undefined], /^text must be .*, not missing$/],
    ['scoreLines', ['deep'], /^text must be a list of texts$/],
    ['scoreLines', [['deep', null]], /^text must be .*, not null$/],
    ['beam', [5], /^prefix must be .*, not 5$/],
    ['beam', [['d']], /^prefix must be .*, not \["d"\]$/],
    ['next', [{}], /^prefix must be /],
  ] as const)('%s refuses %j in the place of a text', async (method, args, message) => {
    const asked = async (): Promise<unknown> => (model[method] as (...given: unknown[]) => Promise<unknown>)(...args);
    await expect(asked()).rejects.toThrow(message);
    await expect(asked()).rejects.toThrow(UserError);
  });

  test.each([
    [{ k: 0 }, /^k must be a whole number from 1 to 10000, not 0$/],
    [{ k: 2.5 }, /^k must be a whole number from 1 to 10000, not 2.5$/],
    [{ lengthPenalty: Number.NaN }, /^lengthPenalty must be a number from 0, not NaN$/],
    [{ k: 5, groups: 2 }, /^groups 2 doesn't divide k 5; give a k that is a multiple$/],
    [{ width: 3 }, /^there is no option width; there are /],
  ])('beam refuses %j, by the key', async (request, message) => {
    await expect(model.beam('d', request as BeamRequest)).rejects.toThrow(message);
  });

  test('evaluates a text as rnn eval does, and refuses what it can’t be told', async () => {
    const corpus = corpusFromText(WORDS.join('\n'), { vocabulary: model.vocabulary });
    const result = await evaluate(model, corpus);
    const { logProbability, symbols } = await model.score(WORDS.join('\n'));
    expect(result.symbols).toBe(symbols.length);
    expect(result.loss).toBeCloseTo(-logProbability / symbols.length, 5);
    await expect(evaluate(model, corpus, { only: 'd', dynamic: {} })).rejects.toThrow(
      /^only can't be given with dynamic/,
    );
    await expect(evaluate(model, corpus, { threads: 0 })).rejects.toThrow(
      /^threads must be a whole number from 1 to 256, not 0$/,
    );
  });

  test('a vocabulary that does not fit the model, or is damaged, is refused by the name given', () => {
    const vocabulary = checkpoint.vocabulary as { symbols: string[] };
    const less = { ...checkpoint, vocabulary: { ...vocabulary, symbols: vocabulary.symbols.slice(1) } };
    expect(() => new LanguageModel(less, 'words.json')).toThrow(
      /^words\.json: .* its vocabulary has \d+ symbols, its model \d+/,
    );
    const turned = { ...checkpoint, vocabulary: { ...vocabulary, symbols: vocabulary.symbols.toReversed() } };
    expect(() => new LanguageModel(turned, 'words.json')).toThrow(/^words\.json: the vocabulary is damaged/);
  });
});
