import { Arena } from '../kernel/arena.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Engine } from '../kernel/engine.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { Part } from '../text/split.ts';
import { OPTIMIZER_DEFAULTS } from './complete-recipe.ts';
import type { DynamicConfig } from './dynamic.ts';
import { type Evaluation, evaluatePart, type WindowToRead } from './evaluate-part.ts';
import type { Place } from './place.ts';
import * as program from './program.ts';
import { type ProgramConfig, type TrainingEngine, TrainingPlan } from './program.ts';
import type { OptimizerConfig } from './recipe.ts';

/** Steps of a window where nothing is learned. The kernels work well with so many. */
const STATIC_STEPS = 64;

/** Lines that are read side by side. Their number changes nothing in what is measured. */
const LINES = 32;

/** Squares of the gradient are averaged over about a hundred updates. */
const OPTIMIZER: OptimizerConfig = { ...OPTIMIZER_DEFAULTS, name: 'rmsprop', epsilon: 1e-4 };

/** The gradient's norm is clipped to the norm that training clips to by default. */
const CLIP_NORM = 1;

/**
 * Measures a model on a part. A stream is read from end to end, with the state carried all the way; each line is read from s₀ = 0.
 *
 * With `dynamic`, the model keeps learning from what it has just been measured on (dynamic.ts). The checkpoint does not change.
 *
 * @param only measures these symbols alone; not for a model that keeps learning
 */
export async function evaluateModel(
  { model, parameters }: Pick<Checkpoint, 'model' | 'parameters'>,
  part: Part,
  place: Place,
  dynamic?: DynamicConfig,
  only?: ReadonlySet<number>,
): Promise<Evaluation> {
  const oneRow = dynamic !== undefined || part.mode === 'stream';
  const rows = oneRow ? 1 : Math.max(1, Math.min(LINES, part.lines.length));
  const shape = { rows, steps: dynamic?.steps ?? STATIC_STEPS, training: dynamic !== undefined };
  const config: ProgramConfig = { model, shape, optimizer: OPTIMIZER };
  const arena = new Arena();
  const plan = new TrainingPlan(arena, config);
  const origin = arena.float(dynamic ? parameters.length : 0);
  const choice = chooseKernel(place.kernel);
  const threads = choice.name === 'js' ? 1 : Math.min(rows, place.threads ?? 1);
  const engine = await Engine.start({ choice, threads, program, file: program.PROGRAM, config }, arena);
  try {
    engine.kernels.floats.set(parameters, plan.model.parameters.values);
    if (!dynamic) return await evaluatePart(engine, plan, part, { accuracy: true, only });
    engine.kernels.floats.set(parameters, origin);
    return await evaluatePart(engine, plan, part, { accuracy: true, learn: learner(engine, plan, origin, dynamic) });
  } finally {
    await engine.close();
  }
}

/** @param origin the address of θ₀ */
function learner(
  engine: TrainingEngine,
  { model }: TrainingPlan,
  origin: number,
  { rate, decay }: DynamicConfig,
): (window: WindowToRead) => Promise<void> {
  const { values, manifest } = model.parameters;
  const settings = { rate, clipNorm: CLIP_NORM, clipValue: Number.POSITIVE_INFINITY, dropoutKey: 0, watched: 0 };
  let update = 0;
  return async (window) => {
    update++;
    await engine.call('train', { ...window, ...settings, update });
    engine.kernels.average(values, origin, manifest.size, decay);
  };
}
