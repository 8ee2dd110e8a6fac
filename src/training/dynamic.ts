import { Arena } from '../kernel/arena.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Engine } from '../kernel/engine.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { Part } from '../text/split.ts';
import { runCommand } from './command.ts';
import { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.ts';
import type { Place } from './options.ts';
import * as program from './program.ts';
import { COMMAND, type ProgramConfig, SETTING, TrainingPlan } from './program.ts';
import { OPTIMIZER_DEFAULTS, type OptimizerConfig } from './recipe.ts';

/** How a model goes on learning while it is measured. */
export interface DynamicConfig {
  /** η: learning rate. */
  readonly rate: number;
  /** Symbols between updates, which are also what the gradient goes back. */
  readonly steps: number;
  /** λ: after each update the parameters go back by this share of the way to where they started. */
  readonly decay: number;
}

/** Steps of a window where nothing is learned: as long as the kernels like. */
const STATIC_STEPS = 64;
/** Lines side by side; how many changes nothing in what is measured. */
const LINES = 32;

/** Squares of the gradient are averaged over about a hundred updates, and one has at most the norm that training clips to. */
const OPTIMIZER: OptimizerConfig = { ...OPTIMIZER_DEFAULTS, name: 'rmsprop', epsilon: 1e-4 };
const CLIP_NORM = 1;

/**
 * Measures a model on a part: a stream from end to end with the state carried all the way, each line from s₀ = 0.
 *
 * With `only`, these symbols alone are measured, of a model that doesn't learn. With `dynamic`, the model keeps learning from what it has just been measured on (dynamic evaluation; Graves 2013, Krause et al.
 * 2018): after every window, θ ← θ − η·g / (√s + ε), by RMSprop, then θ ← θ + λ(θ₀ − θ). The checkpoint isn't changed.
 */
export async function evaluateModel(
  { model, parameters }: Pick<Checkpoint, 'model' | 'parameters'>,
  part: Part,
  place: Place,
  dynamic?: DynamicConfig,
  only?: ReadonlySet<number>,
): Promise<Evaluation> {
  const alone = dynamic !== undefined || part.mode === 'stream';
  const rows = alone ? 1 : Math.max(1, Math.min(LINES, part.lines.length));
  const shape = { rows, steps: dynamic?.steps ?? STATIC_STEPS, training: dynamic !== undefined };
  const config: ProgramConfig = { model, shape, optimizer: OPTIMIZER };
  const arena = new Arena();
  const plan = new TrainingPlan(arena, config);
  const origin = arena.float(dynamic ? parameters.length : 0);
  const choice = chooseKernel(place.kernel);
  const threads = choice.name === 'js' ? 1 : Math.min(rows, place.threads ?? 1);
  const engine = await Engine.start({ choice, threads, program, url: program.PROGRAM, config }, arena);
  try {
    engine.kernels.floats.set(parameters, plan.model.parameters.values);
    if (!dynamic) return await evaluate(engine, plan, part, { accuracy: true, only });
    engine.kernels.floats.set(parameters, origin);
    return await evaluate(engine, plan, part, { accuracy: true, read: learner(engine, plan, origin, dynamic) });
  } finally {
    await engine.close();
  }
}

function learner(
  engine: Engine<ProgramConfig>,
  { model }: TrainingPlan,
  origin: number,
  { rate, decay }: DynamicConfig,
): NonNullable<EvaluateOptions['read']> {
  const { settings, kernels } = engine;
  const { values, manifest } = model.parameters;
  settings[SETTING.rate] = rate;
  settings[SETTING.update] = 0;
  settings[SETTING.clipNorm] = CLIP_NORM;
  settings[SETTING.clipValue] = Number.POSITIVE_INFINITY;
  return async (counted) => {
    settings[SETTING.update]!++;
    settings[SETTING.lossScale] = 1 / counted;
    await runCommand(engine, COMMAND.train);
    kernels.average(values, origin, manifest.size, decay);
  };
}
