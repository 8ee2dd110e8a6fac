import { Arena } from '../kernel/arena.ts';
import type { KernelChoice } from '../kernel/choose.ts';
import { Engine } from '../kernel/engine.ts';
import { Profile } from '../kernel/profile.ts';
import { median } from '../kernel/timing.ts';
import type { BatchShape } from '../nn/batch.ts';
import type { ModelConfig } from '../nn/config.ts';
import { initialize } from '../nn/initializers.ts';
import { Random } from '../random.ts';
import { OPTIMIZER_DEFAULTS } from './complete-recipe.ts';
import { trainingFlops } from './flops.ts';
import * as program from './program.ts';
import { type ProgramConfig, type TrainingEngine, TrainingPlan } from './program.ts';

/** Steps before the timing begins: V8 compiles in tiers, and the first touch of memory is slow. */
const WARM_UP_STEPS = 5;

export interface TrainingSpeed {
  readonly threads: number;
  /** The median over the steps. */
  readonly millisecondsPerStep: number;
  readonly charsPerSecond: number;
  /** Counts the products that the mathematics needs, and nothing else. */
  readonly gflops: number;
  /** Shares of the main thread's time, where they were asked for. The rest is JavaScript between kernels. */
  readonly profile?: Readonly<Record<string, number>>;
}

/**
 * The speed of training: truncated BPTT with carried states, Adam, the gradient's norm clipped. The symbols are random, because the speed
 * does not depend on the text.
 */
export async function measureTraining(
  choice: KernelChoice,
  model: ModelConfig,
  size: Pick<BatchShape, 'steps' | 'rows'>,
  threads: number,
  seconds: number,
  withProfile = false,
): Promise<TrainingSpeed> {
  const shape = { ...size, training: true, resetsAtStart: true };
  const config: ProgramConfig = { model, shape, optimizer: OPTIMIZER_DEFAULTS };
  const arena = new Arena();
  const plan = new TrainingPlan(arena, config);
  const profile = withProfile ? new Profile() : undefined;
  const measured = profile ? profiled(profile) : program;
  const engine = await Engine.start({ choice, threads, program: measured, file: program.PROGRAM, config }, arena);
  fillMemory(engine, plan);
  const inputs = {
    steps: shape.steps,
    sourceSteps: 0,
    lossScale: 1 / (shape.steps * shape.rows),
    rate: 2e-3,
    clipNorm: 5,
    clipValue: Number.POSITIVE_INFINITY,
    dropoutKey: 0,
    watched: 0,
  };
  const times: number[] = [];
  let update = 0;
  const run = async (): Promise<void> => {
    update++;
    const start = performance.now();
    await engine.call('train', { ...inputs, update });
    plan.model.carry(engine.kernels, shape.steps);
    times.push(performance.now() - start);
  };
  for (let step = 0; step < WARM_UP_STEPS; step++) await run();
  times.length = 0;
  profile?.clear();
  const end = performance.now() + 1000 * seconds;
  while (times.length < 3 || performance.now() < end) await run();
  await engine.close();
  const milliseconds = median(times);
  const chars = shape.steps * shape.rows;
  return {
    threads: engine.threads,
    millisecondsPerStep: milliseconds,
    charsPerSecond: (1000 * chars) / milliseconds,
    gflops: (trainingFlops(model) * chars) / milliseconds / 1e6,
    ...(profile ? { profile: shares(profile, times) } : {}),
  };
}

/** Draws parameters and symbols. */
function fillMemory({ kernels }: TrainingEngine, { model }: TrainingPlan): void {
  const { manifest, values } = model.parameters;
  const random = new Random('benchmark');
  const positions = model.shape.steps * model.shape.rows;
  initialize(kernels.floats.subarray(values), manifest, model.config, random);
  for (let position = 0; position < positions; position++) {
    kernels.ints[model.inputs + position] = random.integer(model.config.symbols);
    kernels.ints[model.targets + position] = random.integer(model.config.symbols);
    kernels.ints[model.keep + position] = 1;
  }
}

/** The training program, timed on the main thread. The workers load the program themselves, without timing. */
function profiled(profile: Profile): typeof program {
  return {
    ...program,
    createProgram: (config, kernels, team) =>
      program.createProgram(config, profile.kernels(kernels), profile.team(team)),
  };
}

function shares(profile: Profile, times: readonly number[]): Record<string, number> {
  const total = times.reduce((sum, time) => sum + time, 0);
  return Object.fromEntries([...profile.milliseconds].map(([part, time]) => [part, time / total]));
}
