import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/kernel/arena.ts';
import type { KernelChoice } from '../../src/kernel/choose.ts';
import { Engine } from '../../src/kernel/engine.ts';
import { CELLS } from '../../src/nn/config.ts';
import { OPTIMIZER_DEFAULTS } from '../../src/training/complete-recipe.ts';
import { sumLosses } from '../../src/training/evaluate-part.ts';
import * as program from '../../src/training/program.ts';
import { PROGRAM, TrainingPlan } from '../../src/training/program.ts';
import type { OptimizerConfig } from '../../src/training/recipe.ts';
import { type GoldenCase, type GoldenCurve, goldenCases, loadChunk, relativeError } from '../helpers/golden.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';

const CURVES = CELLS.flatMap(goldenCases).flatMap((golden) => golden.curves.map((curve) => ({ golden, curve })));

/** Over ten updates; float32 is good to 1e-7, and Adam divides small differences by small moments. */
const TOLERANCE = 1e-4;

/** torch.nn.utils.clip_grad_norm_ divides by norm + 1e-6, ours by the norm. */
const TORCH_NORM_EPSILON = 1e-6;

function optimizerOf(curve: GoldenCurve): OptimizerConfig {
  const { optimizer, weight_decay: weightDecay, losses: _, norms: __, parameters: ___, ...constants } = curve;
  return { ...OPTIMIZER_DEFAULTS, ...constants, weightDecay, name: optimizer === 'adamw' ? 'adam' : optimizer };
}

/** The program's own training steps on the case's chunks in turn. */
async function trainProgram(golden: GoldenCase, curve: GoldenCurve, choice: KernelChoice, threads: number) {
  const { config: model, steps, rows, states } = golden;
  const config = { model, shape: { steps, rows, training: true }, optimizer: optimizerOf(curve) };
  const arena = new Arena();
  const plan = new TrainingPlan(arena, config);
  const engine = await Engine.start({ choice, threads, program, file: PROGRAM, config }, arena);
  const { kernels } = engine;
  const network = { model: plan.model, kernels };
  const { manifest, values } = plan.model.parameters;
  for (const { name, offset } of manifest.views) kernels.floats.set(golden.parameters[name]!, values + offset);
  plan.model.loadStates(kernels, states);
  kernels.ints.fill(1, plan.model.keep, plan.model.keep + steps * rows);
  const losses: number[] = [];
  const norms: number[] = [];
  for (let index = 0; index < curve.losses.length; index++) {
    loadChunk(network, golden, index);
    const { norm } = await engine.call('train', {
      steps,
      sourceSteps: 0,
      lossScale: 1 / (steps * rows),
      rate: curve.rate,
      update: index + 1,
      clipNorm: curve.clip,
      clipValue: Number.POSITIVE_INFINITY,
      dropoutKey: 0,
      watched: 0,
    });
    losses.push(sumLosses(kernels.floats, plan.model.losses, steps * rows) / (steps * rows));
    norms.push(norm);
    plan.model.carry(kernels, steps);
  }
  const parameters = new Map(
    manifest.views.map(({ name, offset, size }) => [
      name,
      Float32Array.from(kernels.floats.subarray(values + offset, values + offset + size)),
    ]),
  );
  await engine.close();
  return { losses, norms, parameters };
}

describe.each(KERNEL_CHOICES)('ten steps of the program on $name, with PyTorch’s', (choice) => {
  test.each(CURVES)(
    `$golden.label, $curve.optimizer: losses, norms and parameters, relative error < ${TOLERANCE}`,
    async ({ golden, curve }) => {
      const { losses, norms, parameters } = await trainProgram(golden, curve, choice, 1);
      for (const [index, loss] of curve.losses.entries()) {
        expect(relativeError([losses[index]!], [loss]), `loss ${index + 1}`).toBeLessThan(TOLERANCE);
        expect(relativeError([norms[index]!], [curve.norms[index]!]), `norm ${index + 1}`).toBeLessThan(TOLERANCE);
      }
      for (const [name, values] of parameters) {
        expect(relativeError(values, curve.parameters[name]!), name).toBeLessThan(TOLERANCE);
      }
      // Some steps were clipped, and some were not, or the curve would say nothing of clipping.
      expect(norms.some((norm) => norm > curve.clip + TORCH_NORM_EPSILON)).toBe(true);
      expect(norms.some((norm) => norm < curve.clip)).toBe(true);
    },
  );

  test.runIf(choice.name !== 'js')('three threads compute the same to the bit', async () => {
    for (const { golden, curve } of CURVES) {
      expect(await trainProgram(golden, curve, choice, 3)).toEqual(await trainProgram(golden, curve, choice, 1));
    }
  });
});
