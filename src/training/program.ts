import { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Program } from '../kernel/pool.ts';
import { type Range, share, type Team } from '../kernel/team.ts';
import type { BatchShape } from '../nn/cell.ts';
import type { ModelConfig } from '../nn/config.ts';
import { type DropoutConfig, type DropoutKey, NO_DROPOUT } from '../nn/dropout.ts';
import { Model } from '../nn/model.ts';
import { Average } from './average.ts';
import { Optimizer, type OptimizerConfig } from './optimizer.ts';

/** What the workers import. */
export const PROGRAM = new URL('../../dist/training/program.js', import.meta.url).href;

/** The program's commands. */
export const COMMAND = { train: 0, evaluate: 1 } as const;

/** Places in the settings: main writes them before it starts a command, but for the norm, which comes back, and `updating`, which is not 0 once any parameter may have changed. */
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
} as const;

/** Numbers of the gradient whose squares are summed by one thread in one go. Blocks are added up in order, by every thread alike. */
const NORM_BLOCK = 4096;

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
  /** Sums of squares of the gradient's blocks. */
  readonly blockSums: Address;
  /** The parameters' moving average, where one is kept. */
  readonly average: Average | undefined;

  constructor(arena: Arena, { model, shape, optimizer, dropout = NO_DROPOUT, averaging = 0 }: ProgramConfig) {
    this.model = new Model(arena, model, shape, dropout);
    this.optimizer = new Optimizer(arena, this.model.parameters, optimizer);
    this.blockSums = arena.float(Math.ceil(this.model.parameters.manifest.size / NORM_BLOCK));
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
  const { model, optimizer, average } = plan;
  const { gradients } = model.parameters;
  const steps = settings[SETTING.steps]!;
  const key = settings[SETTING.dropoutKey]!;
  const rows = share(team, model.shape.rows);
  const elements = elementsOf(plan, team);

  prepareWeights(plan, k, team, key);
  k.fill(gradients + elements.start, 0, elements.end - elements.start);
  team.barrier();
  model.forward(k, rows, steps, key);
  model.loss(k, rows, steps, settings[SETTING.lossScale]!);
  model.backward(k, rows, steps, key);
  team.barrier();
  model.weightGradients(k, team, steps);
  team.barrier();
  model.dropGradients(k, elements, key);
  sumSquares(plan, k, elements, settings[SETTING.clipValue]!);
  team.barrier();
  const norm = totalNorm(plan, k);
  if (team.rank === 0) settings[SETTING.norm] = norm;
  // By every thread: one that dies in its update has set it before, whether or not main has come so far.
  settings[SETTING.updating] = 1;
  // An update by a gradient that is not finite would poison every parameter: leave them as they were, and let the trainer tell.
  if (Number.isFinite(norm)) {
    const scale = Math.min(1, settings[SETTING.clipNorm]! / norm);
    const update = { rate: settings[SETTING.rate]!, step: settings[SETTING.update]!, scale: norm > 0 ? scale : 1 };
    optimizer.update(k, elements, update);
    average?.update(k, elements, update.step);
  }
  team.barrier();
}

/** This thread's share of the flat buffers, in whole blocks of the norm. */
function elementsOf({ model }: TrainingPlan, team: Team): Range {
  return share(team, model.parameters.manifest.size, NORM_BLOCK);
}

/** Brings what products read up to date with the parameters, dropped by the key where there is one. */
function prepareWeights(plan: TrainingPlan, k: Kernels, team: Team, key: DropoutKey): void {
  if (plan.model.dropsWeights) {
    plan.model.dropWeights(k, elementsOf(plan, team), key);
    team.barrier();
  }
  plan.model.pack(k, team);
}

/** Clips this thread's elements by value, then sums their squares block by block. */
function sumSquares({ model, blockSums }: TrainingPlan, k: Kernels, { start, end }: Range, clipValue: number): void {
  const { gradients } = model.parameters;
  if (clipValue < Number.POSITIVE_INFINITY) k.clamp(gradients + start, clipValue, end - start);
  for (let first = start; first < end; first += NORM_BLOCK) {
    const count = Math.min(NORM_BLOCK, end - first);
    k.floats[blockSums + first / NORM_BLOCK] = k.sumOfSquares(gradients + first, count);
  }
}

function totalNorm({ model, blockSums }: TrainingPlan, k: Kernels): number {
  let sum = 0;
  const blocks = Math.ceil(model.parameters.manifest.size / NORM_BLOCK);
  for (let block = 0; block < blocks; block++) sum += k.floats[blockSums + block]!;
  return Math.sqrt(sum);
}
