import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { Arena } from '../../src/kernel/arena.ts';
import type { KernelChoice } from '../../src/kernel/choose.ts';
import { Engine } from '../../src/kernel/engine.ts';
import { initialize } from '../../src/nn/initializers.ts';
import { Random } from '../../src/random.ts';
import { wholeCorpus } from '../../src/text/split.ts';
import { OPTIMIZER_DEFAULTS } from '../../src/training/complete-recipe.ts';
import { evaluatePart } from '../../src/training/evaluate-part.ts';
import * as program from '../../src/training/program.ts';
import { TrainingPlan } from '../../src/training/program.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { SMALL } from '../helpers/network.ts';
import { LINES } from '../helpers/training.ts';

const [CHOICE] = KERNEL_CHOICES as [KernelChoice];
const FAILING = new URL('../helpers/failing-program.mjs', import.meta.url).href;

interface Failure {
  /** The call, counted from 1, in which a worker dies. */
  readonly failAt?: number;
  readonly failInUpdate?: boolean;
}

/** Three steps and an evaluation, by so many threads: the norms, the evaluation, and the parameters at the end. */
async function work(threads: number, failure: Failure = {}) {
  const shape = { rows: 6, steps: 5, training: true };
  const optimizer = { ...OPTIMIZER_DEFAULTS, name: 'adam' as const };
  const model = { ...SMALL, hidden: 40, symbols: LINES.vocabulary.size };
  const config = { model, shape, optimizer, ...failure };
  const arena = new Arena();
  const plan = new TrainingPlan(arena, config);
  const engine = await Engine.start({ choice: CHOICE, threads, program, file: FAILING, config }, arena);
  expect(engine.threads).toBe(threads);
  try {
    const { floats, ints } = engine.kernels;
    const { manifest, values } = plan.model.parameters;
    initialize(floats.subarray(values), manifest, model, new Random(1));
    const random = new Random(2);
    const norms: number[] = [];
    for (let step = 1; step <= 3; step++) {
      for (let p = 0; p < shape.rows * shape.steps; p++) {
        ints[plan.model.inputs + p] = random.integer(model.symbols);
        ints[plan.model.targets + p] = random.integer(model.symbols);
        ints[plan.model.keep + p] = Number(random.next() > 0.1);
      }
      const { norm } = await engine.call('train', {
        steps: shape.steps,
        sourceSteps: 0,
        lossScale: 1 / 30,
        rate: 0.01,
        update: step,
        clipNorm: 1,
        clipValue: Infinity,
        dropoutKey: 0,
        watched: 0,
      });
      norms.push(norm);
      plan.model.carry(engine.kernels, shape.steps);
    }
    const evaluation = await evaluatePart(engine, plan, wholeCorpus(LINES));
    return { norms, evaluation, parameters: floats.slice(values, values + manifest.size), threads: engine.threads };
  } finally {
    await engine.close();
  }
}

describe.runIf(CHOICE.name !== 'js')('a worker thread that dies', () => {
  test.each([
    { when: 'in the first step', failAt: 1 },
    { when: 'in the third step', failAt: 3 },
    { when: 'in an evaluation', failAt: 5 },
  ])('$when is replaced by main, which goes on alone with the same result to the bit', async ({ failAt }) => {
    const alone = await work(1);
    expect(await work(3)).toEqual({ ...alone, threads: 3 });
    expect(await work(3, { failAt })).toEqual(alone);
  });

  test('in the middle of an update ends the run with one line that says so', async () => {
    const error: unknown = await work(3, { failInUpdate: true }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/^a worker thread died in the middle of an update; [^\n]+$/u);
  });
});
