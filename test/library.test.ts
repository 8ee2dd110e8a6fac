import { beforeAll, describe, expect, test } from 'vitest';
import { recipeFrom } from '../src/cli/recipe.ts';
import { trainCommand } from '../src/cli/train.ts';
import { UserError } from '../src/errors.ts';
import { LanguageModel } from '../src/library/language-model.ts';
import { train } from '../src/library/train.ts';
import type { Checkpoint } from '../src/nn/checkpoint.ts';
import { corpusFromText } from '../src/text/corpus.ts';
import { resolveRecipe } from '../src/training/recipe.ts';

const WORDS = ['deep', 'learn', 'machine', 'lean', 'dean'];

test('a recipe of which nothing is said is that of rnn train without options', () => {
  const command = trainCommand().action(() => {});
  command.parse(['text.txt'], { from: 'user' });
  const given = (recipe: object) => JSON.parse(JSON.stringify(recipe)) as object;
  expect(given(resolveRecipe())).toEqual(given(recipeFrom(command.opts())));
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

  test('gives a text the probability that beam search found it with', () => {
    const found = model.beam('', { k: 8 }).filter(({ finished }) => finished);
    expect(found.length).toBeGreaterThan(3);
    for (const { text, logProbability, symbols } of found) {
      const score = model.scoreLines([text])[0]!;
      expect(score.logProbability).toBeCloseTo(logProbability, 4);
      expect(score.symbols).toHaveLength(symbols);
    }
  });

  test('a prefix stands before its completion, and is given, not scored', () => {
    const [best] = model.beam('de', { k: 3 });
    expect(best).toMatchObject({ text: `de${best!.completion}`, symbols: best!.completion.length + 1 });
    const whole = model.score(best!.text).symbols.map(({ bits }) => -bits * Math.LN2);
    expect(best!.logProbability).toBeCloseTo(
      whole.slice(2).reduce((sum, one) => sum + one, 0),
      4,
    );
  });

  test('a search for many prefixes is the searches for each', () => {
    const prefixes = ['d', 'lea', '', 'm'];
    const alone = prefixes.map((prefix) => model.beam(prefix, { k: 4 }));
    expect(model.beams(prefixes, { k: 4 })).toEqual(alone);
    expect(model.beams([])).toEqual([]);
  });

  test('what is streamed is the first of what is drawn, and a seed draws it again', () => {
    const request = { prefix: 'l', seed: 7, temperature: 1.5 };
    const drawn = model.sample({ ...request, count: 5 });
    expect([...model.stream(request)].join('')).toBe(drawn[0]!.completion);
    expect(model.sample({ ...request, count: 5 })).toEqual(drawn);
    expect(model.sample({ ...request, count: 5, seed: 8 })).not.toEqual(drawn);
    for (const { text, completion } of drawn) expect(text).toBe(`l${completion}`);
  });

  test('lines are scored each for itself', () => {
    expect(model.scoreLines(WORDS)).toEqual(WORDS.map((word) => model.scoreLines([word])[0]));
    const sum = model.scoreLines(WORDS).reduce((total, { logProbability }) => total + logProbability, 0);
    expect(model.score(WORDS.join('\n')).logProbability).toBeCloseTo(sum, 4);
    expect(model.score('')).toEqual({ logProbability: 0, bitsPerCharacter: 0, unknown: 0, symbols: [] });
  });

  test('what it cannot read or do is a UserError that names it', () => {
    expect(() => model.score('deep sea')).toThrow(UserError);
    expect(() => model.sample({ prefix: 'z' })).toThrow(/"z"/);
    expect(() => model.sample({ match: '[a-z]{9}', length: 5 })).toThrow(UserError);
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
