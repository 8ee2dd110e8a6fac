import { describe, expect, test } from 'vitest';
import { Random } from '../../src/random.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { splitCorpus } from '../../src/text/split.ts';
import { type Recipe, textParts } from '../../src/training/complete-recipe.ts';
import { evaluateModel } from '../../src/training/evaluate-model.ts';
import { readRun } from '../../src/training/record.ts';
import { ALONE, checkpointOf, type FinishedRun, LINES, RECIPE, run, STREAM } from '../helpers/training.ts';

/** Eighty words of six letters, none of which says anything about another. */
const random = new Random('words');
const LIST = corpusFromText(
  Array.from({ length: 80 }, () => Array.from({ length: 6 }, () => 'abcdefgh'[random.integer(8)]).join('')).join('\n'),
  { mode: 'lines' },
);

const HELD: Partial<Recipe> = { validation: 0.1, test: 0.1, validateEvery: 20, limits: { steps: 200 }, rate: 0.02 };
const ALL: Partial<Recipe> = { ...HELD, finish: 'all' };
const KNOWN: Partial<Recipe> = { ...HELD, finish: 'known' };

/** The loss of a part of the lines by the model that a run saved. */
async function lossOf(part: 'train' | 'validation' | 'test', { best }: FinishedRun): Promise<number> {
  const parts = splitCorpus(LIST, textParts({ ...RECIPE, ...HELD } as Recipe));
  return (await evaluateModel(best.checkpoint, parts[part], ALONE)).loss;
}

describe('a last phase', () => {
  test('teaches the best model the validation part, and not the test part', async () => {
    const [without, withIt] = [await run(LIST, HELD), await run(LIST, ALL)];
    expect(withIt.done.finishSteps).toBe(without.done.bestStep! / 2);
    const gain = async (part: 'validation' | 'test'): Promise<number> =>
      (await lossOf(part, without)) - (await lossOf(part, withIt));
    expect(await gain('validation')).toBeGreaterThan((await gain('test')) + 0.05);
    expect(withIt.done.test).toBeCloseTo(await lossOf('test', withIt), 4);
  });

  test('leaves the run before it, and its losses, as they are', async () => {
    const [without, withIt] = [await run(LIST, HELD), await run(LIST, ALL)];
    const count = without.steps.length;
    expect(withIt.steps.slice(0, count)).toEqual(without.steps);
    expect(withIt.done).toMatchObject({ validation: without.done.validation, bestStep: without.done.bestStep });
    const { history, step, finishSteps } = readRun(withIt.best.checkpoint, 'test');
    expect(history.slice(0, -1)).toEqual(readRun(without.last.checkpoint, 'test').history);
    expect(history.at(-1)).not.toHaveProperty('validation');
    expect({ step, finishSteps }).toEqual({ step: history.at(-1)!.step, finishSteps: withIt.done.finishSteps });
    expect(step).toBe(count + finishSteps);
    expect(readRun(without.best.checkpoint, 'test').finishSteps).toBe(0);
  });

  test('is the default of a list in a run without limits, and of nothing else', async () => {
    const finishOf = async (corpus: typeof LINES, recipe: Partial<Recipe>): Promise<[string | undefined, boolean]> => {
      const { best, done } = await run(corpus, { validation: 0.2, ...recipe });
      return [readRun(best.checkpoint, 'test').recipe.finish, done.finishSteps > 0];
    };
    expect(await finishOf(LINES, { limits: {} })).toEqual(['all', true]);
    expect(await finishOf(LINES, { limits: {}, validation: 0 })).toEqual(['best', false]);
    expect(await finishOf(LINES, { limits: {}, validation: 0, finish: 'all' })).toEqual(['best', false]);
    expect(await finishOf(LINES, { limits: {}, finish: 'best' })).toEqual(['best', false]);
    expect(await finishOf(LINES, { limits: { steps: 5 } })).toEqual(['best', false]);
    expect(await finishOf(STREAM, { limits: {} })).toEqual(['best', false]);
    expect(await finishOf(STREAM, { limits: { steps: 5 }, finish: 'all', validateEvery: 1 })).toEqual(['all', true]);
  });

  test.each([0.1, 0])(
    'known: the model knows better what it learns, where a part of %s is held out',
    async (validation) => {
      const [all, known] = [await run(LIST, { ...ALL, validation }), await run(LIST, { ...KNOWN, validation })];
      expect(known.done.finishSteps).toBe(3 * (known.done.bestStep ?? 200));
      expect(known.done.validation).toBe(all.done.validation);
      expect(await lossOf('train', known)).toBeLessThan((await lossOf('train', all)) - 0.15);
    },
  );

  test('gives the same bits with two threads, with an average, and resumed from any state before it', async () => {
    const recipe: Partial<Recipe> = { ...ALL, averaging: 0.9, model: { ...RECIPE.model, members: 2 } };
    const alone = await run(LIST, recipe);
    const together = await run(LIST, recipe, { place: { ...ALONE, threads: 2 } });
    expect(together.best.text).toBe(alone.best.text);
    for (const { text } of alone.kept.filter(({ kind }) => kind === 'last')) {
      const resume = checkpointOf(text);
      const rest = await run(LIST, readRun(resume, 'test').recipe, { resume });
      expect(rest.best.text).toBe(alone.best.text);
    }
  });

  test('that is interrupted saves nothing, and the state before it leads to the same model', async () => {
    const whole = await run(LIST, ALL);
    const controller = new AbortController();
    const at = 200 + Math.ceil(whole.done.finishSteps / 2);
    const part = await run(LIST, ALL, { signal: controller.signal }, (event) => {
      if (event.type === 'step' && event.step === at) controller.abort();
    });
    expect(part.done).toMatchObject({ reason: 'interrupted', step: 200, finishSteps: 0 });
    expect(readRun(part.best.checkpoint, 'test').finishSteps).toBe(0);
    const rest = await run(LIST, ALL, { resume: checkpointOf(part.last.text) });
    expect(rest.best.text).toBe(whole.best.text);
  });

  test('that diverges leaves the best model as it was', async () => {
    // The warm-up makes the rates of the run itself next to nothing. The last phase has none.
    const recipe: Partial<Recipe> = {
      ...ALL,
      rate: 1e14,
      schedule: { ...RECIPE.schedule, warmup: 2 ** 52 },
      optimizer: { ...RECIPE.optimizer, name: 'sgd' },
      clipNorm: Number.POSITIVE_INFINITY,
    };
    const { best, done, events } = await run(LIST, recipe);
    expect(done).toMatchObject({ reason: 'steps', step: 200, finishSteps: 0 });
    expect(readRun(best.checkpoint, 'test').finishSteps).toBe(0);
    expect(events).toContainEqual({ type: 'notice', text: expect.stringContaining('the best model stays as it was') });
  });
});
