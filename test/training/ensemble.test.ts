import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { LINES, RECIPE, run, STREAM } from '../helpers/training.ts';

const DROPOUT = { input: 0.1, layers: 0.2, output: 0.3, recurrent: 0.2, variational: true };

describe.each([
  { clipNorm: 5, what: 'its gradient as it is' },
  { clipNorm: 0.1, what: 'its gradient clipped' },
])('the first member of an ensemble, $what,', ({ clipNorm }) => {
  test.each([STREAM, LINES])('is the model that is trained alone, to the bit, in $mode mode', async (corpus) => {
    const recipe = {
      clipNorm,
      dropout: DROPOUT,
      averaging: 0.9,
      limits: { steps: 20 },
      validation: 0.1,
      validateEvery: 5,
    };
    const model = { ...RECIPE.model, layers: 2 };
    const alone = await run(corpus, { ...recipe, model });
    const together = await run(corpus, { ...recipe, model: { ...model, members: 3 } });
    const { parameters } = alone.last.checkpoint;
    expect(together.start.parameters).toBe(3 * parameters.length);
    expect(together.last.checkpoint.parameters.subarray(0, parameters.length)).toEqual(parameters);
    const others = together.last.checkpoint.parameters;
    expect(others.subarray(parameters.length, 2 * parameters.length)).not.toEqual(parameters);
    // What is told of the run is the ensemble's.
    expect(together.reports.at(-1)!.point.validation).not.toBe(alone.reports.at(-1)!.point.validation);
  });
});

test('an ensemble that no checkpoint could hold is refused', async () => {
  const model = { ...RECIPE.model, layers: 5, members: 52 };
  await expect(run(STREAM, { model })).rejects.toThrow(UserError);
  await expect(run(STREAM, { model })).rejects.toThrow('more than 256 layers together');
});
