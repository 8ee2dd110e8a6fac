import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { freshParameters } from '../../src/nn/initializers.ts';
import { OPTIMIZER_DEFAULTS } from '../../src/training/complete-recipe.ts';
import { trainingFlops } from '../../src/training/flops.ts';
import { OPTIMIZERS } from '../../src/training/recipe.ts';
import { SMALL } from '../helpers/network.ts';
import { memberOf, type TinyModel } from '../helpers/tiny-models.ts';
import { LINES, RECIPE, run, STREAM } from '../helpers/training.ts';

const MEMBERS = [0, 1, 2];
const MODEL = { ...RECIPE.model, layers: 2 };
const DROPOUT = { input: 0.1, layers: 0.2, output: 0.3, recurrent: 0.2, variational: true };

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('each member of an ensemble becomes the same model, to the bit, as a network that is trained alone', () => {
  test.each(OPTIMIZERS)(
    'from the same parameters by %s, with its gradient clipped by its own norm; events have the means',
    async (name) => {
      const recipe = {
        optimizer: { ...OPTIMIZER_DEFAULTS, name },
        averaging: 0.9,
        clipNorm: 0.3,
        limits: { steps: 15 },
        validateEvery: 15,
      };
      const config: ModelConfig = { ...MODEL, members: MEMBERS.length, symbols: STREAM.vocabulary.size };
      const start: TinyModel = { config, parameters: freshParameters(config, RECIPE.seed) };
      const ids = Uint32Array.from({ length: config.symbols }, (_, id) => id);
      const alone = await Promise.all(
        MEMBERS.map((member) => {
          const { config: model, parameters } = memberOf(start, member);
          return run(STREAM, { ...recipe, model: MODEL }, { origin: { model, parameters, ids } });
        }),
      );
      const together = await run(STREAM, { ...recipe, model: { ...MODEL, members: MEMBERS.length } });
      const { parameters } = together.last.checkpoint;
      for (const member of MEMBERS) {
        expect(memberOf({ config, parameters }, member).parameters).toEqual(alone[member]!.last.checkpoint.parameters);
      }
      for (const [at, { loss, gradientNorm }] of together.steps.entries()) {
        expect(loss).toBeCloseTo(mean(alone.map(({ steps }) => steps[at]!.loss)), 12);
        expect(gradientNorm).toBeCloseTo(mean(alone.map(({ steps }) => steps[at]!.gradientNorm)), 12);
      }
      const points = alone.map(({ reports }) => reports.at(-1)!.point);
      const { clipped, saturation } = together.reports.at(-1)!.point;
      expect(clipped).toBeCloseTo(mean(points.map((point) => point.clipped)), 12);
      expect(clipped).toBeGreaterThan(0);
      for (const [layer, gates] of saturation!.entries()) {
        for (const [gate, { low, high }] of gates.entries()) {
          expect(low).toBeCloseTo(mean(points.map((point) => point.saturation![layer]![gate]!.low)), 12);
          expect(high).toBeCloseTo(mean(points.map((point) => point.saturation![layer]![gate]!.high)), 12);
        }
      }
    },
  );

  test.each([STREAM, LINES])('with every dropout, for the first member, in $mode mode', async (corpus) => {
    const recipe = { dropout: DROPOUT, averaging: 0.9, limits: { steps: 20 }, validation: 0.1, validateEvery: 5 };
    const alone = await run(corpus, { ...recipe, model: MODEL });
    const together = await run(corpus, { ...recipe, model: { ...MODEL, members: 3 } });
    const { parameters } = alone.last.checkpoint;
    expect(together.start.parameters).toBe(3 * parameters.length);
    expect(together.last.checkpoint.parameters.subarray(0, parameters.length)).toEqual(parameters);
    // The validation loss is the ensemble's.
    expect(together.reports.at(-1)!.point.validation).not.toBe(alone.reports.at(-1)!.point.validation);
  });
});

test('one member that diverges is noticed, though the ensemble predicts well without it', async () => {
  const recipe = { model: { ...MODEL, members: 3 }, limits: { steps: 80 }, validateEvery: 10 };
  const ruined = run(STREAM, recipe, {}, (event) => {
    if (event.type !== 'checkpoint' || event.kind !== 'last' || event.final) return;
    const { parameters } = event.snapshot(); // views of what is trained
    for (let j = (2 * parameters.length) / 3; j < parameters.length; j++) parameters[j]! *= 300;
  }).then(() => 'done');
  await expect(ruined).rejects.toThrow(/training diverged/);
});

test('an ensemble of four takes four times the arithmetic', () => {
  expect(trainingFlops({ ...SMALL, members: 4 })).toBe(4 * trainingFlops(SMALL));
});

test('an ensemble of too many layers for a checkpoint is refused', async () => {
  const model = { ...RECIPE.model, layers: 5, members: 52 };
  await expect(run(STREAM, { model })).rejects.toThrow(UserError);
  await expect(run(STREAM, { model })).rejects.toThrow('52 members of 5 layers have 260 layers, more than 256');
});
