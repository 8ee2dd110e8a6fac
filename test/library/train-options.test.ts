import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { prepareRun } from '../../src/library/preparation.ts';
import { recipeOptionsOf } from '../../src/library/recipe-options.ts';
import { type TrainingOptions, train } from '../../src/library/train.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { resolveRecipe } from '../../src/training/complete-recipe.ts';
import type { RecipeOptions } from '../../src/training/recipe.ts';

const TEXT = corpusFromText('deep\nlearn\nmachine', { mode: 'lines' });

/** Why `train` refuses the options. */
async function refusal(options: unknown): Promise<string> {
  const first = train(TEXT, options as TrainingOptions).next();
  const error: unknown = await first.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('train refuses', () => {
  test.each([
    // A wrong type.
    [{ model: { hidden: '16' } }, 'model.hidden must be a whole number from 1 to 32768, not "16"'],
    [{ model: 7 }, 'model must be an object, not 7'],
    [{ seed: 1 }, 'seed must be a text, not 1'],
    [{ dropout: { variational: 'yes' } }, 'dropout.variational must be true or false, not "yes"'],
    [{ text: { mode: 'words' } }, 'text.mode must be one of auto, stream, lines, files, not "words"'],
    [{ text: { vocabulary: 'abc' } }, 'text.vocabulary must be a vocabulary'],
    [{ place: { kernel: 'gpu' } }, 'place.kernel must be one of auto, wasm256, wasm128, js, not "gpu"'],
    [{ signal: true }, /^signal must be an AbortSignal, .*, not true$/u],
    [{ resume: 'book.last.json' }, 'resume must be a checkpoint, as loadCheckpoint reads it'],
    ['fast', 'the options must be an object, not "fast"'],
    // A key that is no option.
    [
      { hidden: 16 },
      /^there is no option hidden; there are model, initializer, .*, text, pairs, place, signal, resume$/u,
    ],
    [{ model: { units: 16 } }, /^there is no option model\.units; there are cell, activation, /u],
    [{ text: { units: 'byte' } }, /^there is no option text\.units; there are mode, separator, unit, /u],
    [{ place: { thread: 2 } }, 'there is no option place.thread; there are kernel, threads'],
    // A value out of range.
    [{ model: { hidden: 0 } }, 'model.hidden must be a whole number from 1 to 32768, not 0'],
    [{ rate: -1 }, 'rate must be a number above 0, not -1'],
    [{ dropout: { layers: 1 } }, 'dropout.layers must be a number from 0 to below 1, not 1'],
    [{ limits: { seconds: 0 } }, 'limits.seconds must be a number above 0, not 0'],
    [{ text: { minCount: 0.5 } }, 'text.minCount must be a whole number from 1, not 0.5'],
    [{ place: { threads: 0 } }, 'place.threads must be a whole number from 1 to 256, not 0'],
    // Values that don't go together.
    [
      { model: { hidden: 16, embedding: 8, tied: true } },
      'tied needs embeddings as wide as a layer: embedding is 8, hidden 16; make them equal',
    ],
    [{ bptt: 10, stride: 20 }, 'stride 20 is more than bptt 10: steps would be left out; make it 10 or less'],
  ])('%j', async (options, message) => {
    expect(await refusal(options)).toMatch(message);
  });

  test('an option before it reads the text', async () => {
    const first = train('no-such-file.txt', { rate: 0 }).next();
    await expect(first).rejects.toThrow('rate must be a number above 0, not 0');
  });
});

test('train takes options of every kind', async () => {
  const signal = new AbortController().signal;
  const options: TrainingOptions = {
    model: { hidden: 4, layers: 1 },
    limits: { steps: 2 },
    validation: 0,
    text: { stdin: Readable.from([Buffer.from('deep\nlearn\nmachine')]), unit: 'byte', mode: 'lines' },
    place: { threads: 1, kernel: 'js' },
    signal,
  };
  const types = [];
  for await (const { type } of train('-', options)) types.push(type);
  expect(types).toEqual(['start', 'step', 'step', 'report', 'checkpoint', 'checkpoint', 'done']);
});

test('a reader of the corpus alone has its options checked, too', () => {
  const read = () => corpusFromText('abc', { unit: 'word' as 'byte' });
  expect(read).toThrow(UserError);
  expect(read).toThrow('unit must be one of codepoint, byte, grapheme, token, not "word"');
});

test('a time is a limit beside the epochs of a preset that has grown with it, and other limits replace them', () => {
  const text = corpusFromText('the text of a test. '.repeat(2000));
  const limitsOf = (limits: RecipeOptions['limits']) => recipeOptionsOf({ preset: 'best', limits }, text).limits;
  expect(limitsOf({ seconds: 3600 })).toEqual({ seconds: 3600, epochs: 10 });
  expect(limitsOf({})).toEqual({ epochs: 10 });
  expect(limitsOf({ steps: 5, seconds: 3600 })).toEqual({ steps: 5, seconds: 3600 });
  expect(recipeOptionsOf({ preset: 'best', limits: { seconds: 3600 } }).limits).toEqual({ seconds: 3600 });
});

describe('a model of pairs', () => {
  const pairs = { task: 'tag' } as const;

  test('has defaults of its own, which options replace one by one', () => {
    const recipe = resolveRecipe({ model: { pairs } });
    expect(recipe).toMatchObject({
      model: { cell: 'gru', layers: 1, hidden: 128, embedding: 64 },
      rate: 0.002,
      dropout: { input: 0.2, layers: 0.3, output: 0.3, recurrent: 0 },
      optimizer: { name: 'adam', weightDecay: 0.3 },
    });
    const given = {
      model: { pairs, layers: 2, embedding: 0 },
      dropout: { layers: 0 },
      optimizer: { name: 'sgd' },
    } as const;
    expect(resolveRecipe(given)).toMatchObject({
      model: { cell: 'gru', layers: 2, embedding: 0 },
      rate: 0.1,
      dropout: { input: 0.2, layers: 0, output: 0 },
      optimizer: { weightDecay: 0 },
    });
    expect(resolveRecipe({ model: { pairs, cell: undefined } }).model.cell).toBe('gru');
    expect(resolveRecipe(recipe)).toEqual(recipe);
  });

  test('has the size of a preset, and no other field of it', () => {
    const recipe = resolveRecipe(recipeOptionsOf({ preset: 'best', model: { pairs } }));
    expect(recipe).toMatchObject({
      model: { members: 5, hidden: 256, layers: 1 },
      rate: 0.002,
      dropout: { layers: 0.3 },
    });
    expect(recipe.batch).toBeUndefined();
  });
});

test('a run whose model.pairs is no object is refused before the task is decided', async () => {
  const run = prepareRun(['no-such-file.tsv'], { model: { pairs: 5 as never } });
  await expect(run).rejects.toThrow('model.pairs must be an object, not 5');
});
