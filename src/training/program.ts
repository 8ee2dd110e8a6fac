import { Arena } from '../kernel/arena.ts';
import type { Kernels } from '../kernel/contract.ts';
import type { Program } from '../kernel/pool.ts';
import { intersection, share, type Team } from '../kernel/team.ts';
import type { BatchShape } from '../nn/batch.ts';
import type { ModelConfig } from '../nn/config.ts';
import { type DropoutConfig, NO_DROPOUT } from '../nn/dropout.ts';
import type { DropoutKey } from '../nn/dropout-key.ts';
import { Model } from '../nn/model.ts';
import { Average } from './average.ts';
import { Blocks } from './blocks.ts';
import { GradientNorm } from './gradient-norm.ts';
import { Optimizer } from './optimizer.ts';
import type { OptimizerConfig } from './recipe.ts';

/** What the workers import. */
export const PROGRAM = new URL('../../dist/training/program.js', import.meta.url).href;

/** The program's commands. */
export const COMMAND = { train: 0, evaluate: 1 } as const;

/**
 * Places in the settings. Main writes them before it starts a command, but for what comes back: `norm` and `clipped`, means over the members of the
 * gradient's norm and of whether it was clipped, and `updating`, which is not 0 once any parameter may have changed.
 */
export const SETTING = {
  steps: 0,
  lossScale: 1,
  rate: 2,
  update: 3,
  clipNorm: 4,
  clipValue: 5,
  norm: 6,
  updating: 7,
  dropoutKey: 8,
  clipped: 9,
} as const;

/** All that decides the memory's layout and the step's arithmetic. */
export interface ProgramConfig {
  readonly model: ModelConfig;
  readonly shape: BatchShape;
  readonly optimizer: OptimizerConfig;
  readonly dropout?: DropoutConfig;
  /** Decay of the parameters' moving average; none is kept where it is 0. */
  readonly averaging?: number;
}

/** The addresses of everything that a training run keeps in memory; the same in every thread. */
export class TrainingPlan {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly blocks: Blocks;
  readonly norm: GradientNorm;
  /** The parameters' moving average, where one is kept. */
  readonly average: Average | undefined;

  constructor(arena: Arena, { model, shape, optimizer, dropout = NO_DROPOUT, averaging = 0 }: ProgramConfig) {
    this.model = new Model(arena, model, shape, dropout);
    this.optimizer = new Optimizer(arena, this.model.parameters, optimizer);
    this.blocks = new Blocks(this.model.parameters.manifest);
    this.norm = new GradientNorm(arena, this.model.parameters, this.blocks);
    if (averaging > 0) this.average = new Average(arena, this.model.parameters, averaging);
  }
}

/**
 * One thread's part of a training step. Rows of the batch are divided for the recurrence, columns for the weights' gradients, elements
 * for the update; between these, all meet.
 */
export function createProgram(config: ProgramConfig, kernels: Kernels, team: Team, settings: Float64Array): Program {
  const plan = new TrainingPlan(new Arena(), config);
  return (command) => (command === COMMAND.train ? train : evaluate)(plan, kernels, team, settings);
}

function evaluate(plan: TrainingPlan, k: Kernels, team: Team, settings: Float64Array): void {
  const { model } = plan;
  const steps = settings[SETTING.steps]!;
  const rows = share(team, model.shape.rows);
  prepareWeights(plan, k, team, undefined);
  team.barrier();
  model.forward(k, rows, steps);
  model.loss(k, rows, steps, settings[SETTING.lossScale]!);
  team.barrier();
}

function train(plan: TrainingPlan, k: Kernels, team: Team, settings: Float64Array): void {
  const { model, blocks, norm } = plan;
  const { gradients } = model.parameters;
  const steps = settings[SETTING.steps]!;
  const key = settings[SETTING.dropoutKey]!;
  const clipValue = settings[SETTING.clipValue]!;
  const rows = share(team, model.shape.rows);
  const elements = blocks.elements(team);
  const count = elements.end - elements.start;

  prepareWeights(plan, k, team, key);
  k.fill(gradients + elements.start, 0, count);
  team.barrier();
  model.forward(k, rows, steps, key);
  model.loss(k, rows, steps, settings[SETTING.lossScale]!);
  model.backward(k, rows, steps, key);
  team.barrier();
  model.weightGradients(k, team, steps);
  team.barrier();
  model.dropGradients(k, elements, key);
  if (clipValue < Number.POSITIVE_INFINITY) k.clamp(gradients + elements.start, clipValue, count);
  norm.addSquares(k, team);
  team.barrier();
  const norms = model.members.map((_, member) => norm.ofMember(member, k));
  if (team.rank === 0) tellNorms(settings, norms);
  // By every thread: one that dies in its update has set it before, whether or not main has come so far.
  settings[SETTING.updating] = 1;
  // An update by a gradient that is not finite would poison every parameter: leave them as they were, and let the trainer tell.
  if (norms.every(Number.isFinite)) update(plan, k, team, settings, norms);
  team.barrier();
}

/** Means over the members, of which there is one where the model is no ensemble. */
function tellNorms(settings: Float64Array, norms: readonly number[]): void {
  const clipped = norms.filter((norm) => norm > settings[SETTING.clipNorm]!);
  settings[SETTING.norm] = norms.reduce((sum, norm) => sum + norm, 0) / norms.length;
  settings[SETTING.clipped] = clipped.length / norms.length;
}

/** Updates this thread's share of the parameters, each member's by its own gradient, clipped by its own norm. */
function update(
  { optimizer, average, blocks }: TrainingPlan,
  k: Kernels,
  team: Team,
  settings: Float64Array,
  norms: readonly number[],
): void {
  const elements = blocks.elements(team);
  const [rate, step, clipNorm] = [settings[SETTING.rate]!, settings[SETTING.update]!, settings[SETTING.clipNorm]!];
  for (const [member, norm] of norms.entries()) {
    const scale = norm > 0 ? Math.min(1, clipNorm / norm) : 1;
    optimizer.update(k, intersection(elements, blocks.ofMember(member)), { rate, step, scale });
  }
  average?.update(k, elements, step);
}

/** Brings what products read up to date with the parameters, dropped by the key where there is one. */
function prepareWeights({ model, blocks }: TrainingPlan, k: Kernels, team: Team, key: DropoutKey): void {
  if (model.dropsWeights) {
    model.dropWeights(k, blocks.elements(team), key);
    team.barrier();
  }
  model.pack(k, team);
}
