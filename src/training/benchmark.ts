import { Arena } from '../kernel/arena.ts';
import type { KernelChoice } from '../kernel/choose.ts';
import { Engine } from '../kernel/engine.ts';
import { Profile } from '../kernel/profile.ts';
import { median } from '../kernel/timing.ts';
import type { BatchShape } from '../nn/batch.ts';
import type { ModelConfig } from '../nn/config.ts';
import { initialize } from '../nn/initializers.ts';
import { Random } from '../random.ts';
import { trainingFlops } from './flops.ts';
import * as program from './program.ts';
import { COMMAND, type ProgramConfig, SETTING, TrainingPlan } from './program.ts';
import { OPTIMIZER_DEFAULTS } from './recipe.ts';

/** Steps that are not timed: V8 compiles in tiers, and memory is touched for the first time. */
const WARM_UP_STEPS = 5;

export interface TrainingSpeed {
  readonly threads: number;
  /** Median of the steps. */
  readonly millisecondsPerStep: number;
  readonly charsPerSecond: number;
  /** Of the products that the mathematics needs. */
  readonly gflops: number;
  /** Shares of the main thread's time, where they were asked for; the rest is JavaScript between kernels. */
  readonly profile?: Readonly<Record<string, number>>;
}

/**
 * The speed of training on random symbols, for speed doesn't depend on the text: truncated BPTT with carried state, Adam, the
 * gradient's norm clipped.
 */
export async function measureTraining(
  choice: KernelChoice,
  model: ModelConfig,
  size: Pick<BatchShape, 'steps' | 'rows'>,
  threads: number,
  seconds: number,
  withProfile = false,
): Promise<TrainingSpeed> {
  const shape = { ...size, training: true };
  const config: ProgramConfig = { model, shape, optimizer: OPTIMIZER_DEFAULTS };
  const arena = new Arena();
  const plan = new TrainingPlan(arena, config);
  const profile = withProfile ? new Profile() : undefined;
  const measured = profile ? profiled(profile) : program;
  const engine = await Engine.start({ choice, threads, program: measured, url: program.PROGRAM, config }, arena);
  prepare(engine, plan);
  const times: number[] = [];
  const run = (): void => {
    engine.settings[SETTING.update]!++;
    const start = performance.now();
    engine.run(COMMAND.train);
    plan.model.carry(engine.kernels, shape.steps);
    times.push(performance.now() - start);
  };
  for (let step = 0; step < WARM_UP_STEPS; step++) run();
  times.length = 0;
  profile?.clear();
  const end = performance.now() + 1000 * seconds;
  while (times.length < 3 || performance.now() < end) run();
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

function prepare({ kernels, settings }: Engine<ProgramConfig>, { model }: TrainingPlan): void {
  const { manifest, values } = model.parameters;
  const random = new Random('benchmark');
  const positions = model.shape.steps * model.shape.rows;
  initialize(kernels.floats.subarray(values), manifest, model.config, random);
  for (let position = 0; position < positions; position++) {
    kernels.ints[model.inputs + position] = random.integer(model.config.symbols);
    kernels.ints[model.targets + position] = random.integer(model.config.symbols);
    kernels.ints[model.keep + position] = 1;
  }
  settings[SETTING.steps] = model.shape.steps;
  settings[SETTING.lossScale] = 1 / positions;
  settings[SETTING.rate] = 2e-3;
  settings[SETTING.update] = 0;
  settings[SETTING.clipNorm] = 5;
  settings[SETTING.clipValue] = Number.POSITIVE_INFINITY;
}

/** The training program, timed on the thread that runs it; the workers run it as it is. */
function profiled(profile: Profile): typeof program {
  return {
    ...program,
    createProgram: (config, kernels, team, settings) =>
      program.createProgram(config, profile.kernels(kernels), profile.team(team), settings),
  };
}

function shares(profile: Profile, times: readonly number[]): Record<string, number> {
  const total = times.reduce((sum, time) => sum + time, 0);
  return Object.fromEntries([...profile.milliseconds].map(([part, time]) => [part, time / total]));
}
