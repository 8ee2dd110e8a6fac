import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { requireEffect } from '../../src/library/effect.ts';
import { prepareRun } from '../../src/library/preparation.ts';
import { type DecidedOptions, recipeOptionsOf } from '../../src/library/recipe-options.ts';
import { type TrainingOptions, train } from '../../src/library/train.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { OPTIMIZER_DEFAULTS, resolveRecipe, SCHEDULE_DEFAULTS } from '../../src/training/complete-recipe.ts';

const TRANSDUCE = { task: 'transduce' } as const;
const TAG = { task: 'tag' } as const;

/** What a run is told, and why it is refused: undefined where everything acts. */
const CASES: readonly (readonly [DecidedOptions, string | undefined])[] = [
  // The constants of an update rule.
  [{ optimizer: { momentum: 0.5 } }, 'optimizer.momentum is for optimizer.name sgd, and this is adam; leave it out'],
  [
    { optimizer: { name: 'rmsprop', momentum: 0.9 } },
    'optimizer.momentum is for optimizer.name sgd, and this is rmsprop',
  ],
  [{ optimizer: { name: 'sgd', momentum: 0.9 } }, undefined],
  [{ optimizer: { name: 'adagrad', smoothing: 0.9 } }, 'optimizer.smoothing is for optimizer.name rmsprop, and'],
  [{ optimizer: { name: 'rmsprop', smoothing: 0.9, epsilon: 1e-6 } }, undefined],
  [{ optimizer: { name: 'sgd', beta1: 0.8 } }, 'optimizer.beta1 is for optimizer.name adam, and this is sgd'],
  [{ optimizer: { name: 'rmsprop', beta2: 0.8 } }, 'optimizer.beta2 is for optimizer.name adam, and this is rmsprop'],
  [{ optimizer: { beta1: 0.8, beta2: 0.9, epsilon: 1e-6, weightDecay: 0.1 } }, undefined],
  [
    { optimizer: { name: 'sgd', epsilon: 1e-6 } },
    'optimizer.epsilon is for optimizer.name rmsprop, adagrad or adam, and this is sgd; leave it out',
  ],
  // The constants of a schedule.
  [{ schedule: { name: 'constant', final: 0.1 } }, 'schedule.final is for schedule.name linear or cosine, and this is'],
  [{ schedule: { final: 0.1, warmup: 3 } }, undefined],
  [{ schedule: { factor: 0.1 } }, 'schedule.factor is for schedule.name step or plateau, and this is cosine'],
  [{ schedule: { name: 'step', factor: 0.1, drops: 2 } }, undefined],
  [{ schedule: { name: 'plateau', drops: 2 } }, 'schedule.drops is for schedule.name step, and this is plateau'],
  [{ schedule: { name: 'step', patience: 2 } }, 'schedule.patience is for schedule.name plateau, and this is step'],
  [{ schedule: { name: 'plateau', factor: 0.1, patience: 2 } }, undefined],
  // What is about the part that is held out.
  [{ patience: 3, validation: 0 }, 'patience needs a part that is held out; give validation'],
  [{ patience: 3 }, undefined],
  [{ select: 'loss', validation: 0 }, 'select needs a part that is held out; give validation'],
  [{ select: 'loss' }, undefined],
  [{ schedule: { name: 'plateau' }, validation: 0 }, 'schedule.name plateau needs a part that is held out; give valid'],
  [{ finish: 'all', validation: 0 }, 'finish all needs a part that is held out; give validation'],
  [{ finish: 'known', validation: 0 }, undefined],
  [{ finish: 'best', validation: 0, test: 0.1, validateEvery: 9 }, undefined],
  [{ finish: 'all' }, undefined],
  // What a cell reads.
  [{ model: { activation: 'relu' } }, 'model.activation is for model.cell rnn, and this is gru; leave it out'],
  [{ model: { cell: 'rnn', activation: 'relu' } }, undefined],
  [{ model: { cell: 'rnn', reset: 'after' } }, 'model.reset is for model.cell gru, and this is rnn; leave it out'],
  [{ model: { cell: 'lstm', reset: 'before' } }, 'model.reset is for model.cell gru, and this is lstm; leave it out'],
  [{ preset: 'balanced', model: { reset: 'after' } }, undefined],
  // How the directions of an encoder join.
  [{ model: { pairs: { ...TAG, bidirectional: false, fusion: 'concatenate' } } }, 'fusion joins two directions; leave'],
  [{ model: { pairs: { ...TAG, fusion: 'concatenate' } } }, undefined],
  // Dropout.
  [
    { model: { layers: 1 }, dropout: { layers: 0.2, output: 0.1 } },
    'dropout.layers is for a model of several layers, and dropout.output is given; leave one out',
  ],
  [{ model: { layers: 1 }, dropout: { layers: 0.2 } }, undefined],
  [{ model: { layers: 1 }, dropout: { layers: 0, output: 0.1 } }, undefined],
  [{ model: { layers: 2 }, dropout: { layers: 0.2, output: 0.1 } }, undefined],
  [{ model: { pairs: TRANSDUCE }, dropout: { layers: 0.2, output: 0.1 } }, undefined],
  [
    { model: { pairs: { ...TRANSDUCE, attention: 'none' } }, dropout: { layers: 0.2, output: 0.1 } },
    'dropout.layers is',
  ],
  [
    { dropout: { variational: true } },
    'dropout.variational is for the dropout of what layers hand on, and there is none',
  ],
  [{ dropout: { variational: true, input: 0.1, recurrent: 0.1 } }, 'dropout.variational is for'],
  [{ dropout: { variational: true, input: 0.1 }, model: { embedding: 9 } }, undefined],
  [{ dropout: { variational: true, layers: 0.1, output: 0 }, model: { layers: 1 } }, 'dropout.variational is for'],
  [{ dropout: { variational: true, layers: 0.1 } }, undefined],
  [{ dropout: { variational: true }, preset: 'best' }, undefined],
  [{ dropout: { variational: false } }, undefined],
  // What presets and the defaults of pairs bring is not the user's.
  [{ preset: 'best', model: { layers: 1 }, dropout: { output: 0.3 } }, undefined],
  [{ model: { pairs: TAG }, dropout: { output: 0.1 } }, undefined],
];

describe('options of a run that can never act are refused, and others are not', () => {
  test.each(CASES)('%j', (options, problem) => {
    const check = () => requireEffect(options, resolveRecipe(recipeOptionsOf(options)));
    if (problem === undefined) return expect(check).not.toThrow();
    expect(check).toThrow(UsageError);
    expect(check).toThrow(problem);
  });

  test('before a text is read, by everything that begins a run', async () => {
    const options = { optimizer: { momentum: 0.5 } };
    const refused = 'optimizer.momentum is for optimizer.name sgd, and this is adam; leave it out';
    await expect(prepareRun(['no-such-file.txt'], { text: { mode: 'stream' }, ...options })).rejects.toThrow(refused);
    await expect(train('no-such-file.txt', { text: { mode: 'stream' }, ...options }).next()).rejects.toThrow(refused);
  });
});

const TEXT = corpusFromText('deep\nlearn\nmachine', { mode: 'lines' });

async function start(options: TrainingOptions): Promise<unknown> {
  const events = train(TEXT, options);
  const { value } = await events.next();
  await events.return();
  return value;
}

describe('the library', () => {
  test('takes recipes that are made of defaults, or whole: there, a default says nothing', async () => {
    const started = { type: 'start' };
    const parts = { optimizer: { ...OPTIMIZER_DEFAULTS, name: 'sgd' }, schedule: SCHEDULE_DEFAULTS } as const;
    expect(await start({ ...parts, model: { hidden: 4 } })).toMatchObject(started);
    expect(await start(resolveRecipe({ model: { hidden: 4, cell: 'lstm' }, validation: 0 }))).toMatchObject(started);
  });

  test.each([
    [{ text: { unit: 'byte' } }, 'text.unit says how a text is read, and this one is a corpus, which has been read'],
    [{ pairs: { maxLength: 3 } }, 'pairs.maxLength says how a text is read, and this one is a corpus'],
    [{ model: { pairs: TAG } }, 'model.pairs.task says how a text is read, and this one is a corpus'],
  ])('refuses to read a corpus anew: %j', async (options, problem) => {
    await expect(start(options as TrainingOptions)).rejects.toThrow(problem);
  });

  test('refuses options of texts and of pairs where they have no meaning, as rnn train does', async () => {
    const tagger = { model: { pairs: TAG } };
    await expect(train('no-such-file.tsv', { ...tagger, bptt: 9 }).next()).rejects.toThrow(
      'bptt is for texts, not for',
    );
    await expect(train('no-such-file.tsv', { pairs: { maxLength: 3 }, bptt: 9 }).next()).rejects.toThrow(
      'pairs.maxLength is for pairs; leave it out, or give their task with task',
    );
  });
});
