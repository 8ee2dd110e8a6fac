import { Arena } from '../kernel/arena.ts';
import type { Kernels } from '../kernel/contract.ts';
import type { Engine } from '../kernel/engine.ts';
import type { Inputs, Outputs, Program } from '../kernel/program.ts';
import { type CallTeam, intersection, type Range, type Team } from '../kernel/team.ts';
import { shareRows } from '../nn/active.ts';
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
import { UpdateRatio } from './update-ratio.ts';

/** The compiled module that the workers import: a file of dist/. */
export const PROGRAM = 'training/program.js';

/**
 * - train: one update of the parameters by the window that is in memory.
 * - evaluate: the losses of that window, and `lossScale` times the gradient of their sum by the logits; no parameter changes.
 *
 * Inputs: `steps` T of the window, and `sourceSteps` S of a window of pairs; `lossScale`, which multiplies the gradient; `rate` η; `update`, the number of this update from 1;
 * the bounds `clipNorm` and `clipValue`; `dropoutKey`, which decides what is dropped; `watched`, which is 1 where the update is to be measured,
 * else 0. Outputs are means over the members: `norm` of the gradient's norm, clipped by value and not yet by norm, and `clipped` of
 * whether it was clipped by norm; and `ratio` of what was measured
 * (update-ratio.ts).
 */
export const CALLS = {
  train: {
    inputs: ['steps', 'sourceSteps', 'lossScale', 'rate', 'update', 'clipNorm', 'clipValue', 'dropoutKey', 'watched'],
    outputs: ['norm', 'clipped', 'ratio'],
  },
  evaluate: { inputs: ['steps', 'sourceSteps', 'lossScale'], outputs: [] },
} as const;
type TrainInputs = Inputs<typeof CALLS.train>;

/** Runs the training program. */
export type TrainingEngine = Engine<typeof CALLS>;

/** Everything that decides the layout of the memory and the arithmetic of a step. */
export interface ProgramConfig {
  readonly model: ModelConfig;
  readonly shape: BatchShape;
  readonly optimizer: OptimizerConfig;
  readonly dropout?: DropoutConfig;
  /** Decay of the parameters' moving average; 0 keeps no average. */
  readonly averaging?: number;
}

/** The addresses of everything that a training run keeps in memory; the same in every thread. */
export class TrainingPlan {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly blocks: Blocks;
  readonly norm: GradientNorm;
  readonly ratio: UpdateRatio;
  /** The moving average of the parameters, where one is kept. */
  readonly average: Average | undefined;

  constructor(arena: Arena, { model, shape, optimizer, dropout = NO_DROPOUT, averaging = 0 }: ProgramConfig) {
    this.model = new Model(arena, model, shape, dropout);
    this.optimizer = new Optimizer(arena, this.model.parameters, optimizer);
    this.blocks = new Blocks(this.model.parameters.manifest);
    this.norm = new GradientNorm(arena, this.model.parameters, this.blocks);
    this.ratio = new UpdateRatio(arena, this.model.parameters, this.blocks);
    if (averaging > 0) this.average = new Average(arena, this.model.parameters, averaging);
  }
}

/**
 * One thread's part of the program. For the recurrence, threads divide the rows of the batch; for the weights' gradients, columns; for
 * the update, elements. Between these parts the threads meet at barriers.
 */
export function createProgram(config: ProgramConfig, kernels: Kernels, team: CallTeam): Program<typeof CALLS> {
  const plan = new TrainingPlan(new Arena(), config);
  return {
    train: (inputs) => train(plan, kernels, team, inputs),
    evaluate: (inputs) => evaluate(plan, kernels, team, inputs),
  };
}

function evaluate(
  plan: TrainingPlan,
  k: Kernels,
  team: Team,
  { steps, sourceSteps, lossScale }: Inputs<typeof CALLS.evaluate>,
): void {
  const { model } = plan;
  const extent = model.extent(k, steps, sourceSteps);
  const rows = shareRows(team, model.shape.rows, extent);
  prepareWeights(plan, k, team, undefined);
  team.barrier();
  model.forward(k, rows, extent);
  model.loss(k, rows, extent, lossScale);
  team.barrier();
}

function train(plan: TrainingPlan, k: Kernels, team: CallTeam, inputs: TrainInputs): Outputs<typeof CALLS.train> {
  const { model, blocks, norm, ratio, average } = plan;
  const { gradients } = model.parameters;
  const { steps, sourceSteps, lossScale, clipNorm, clipValue, dropoutKey: key } = inputs;
  const extent = model.extent(k, steps, sourceSteps);
  const rows = shareRows(team, model.shape.rows, extent);
  const elements = blocks.elements(team);
  const count = elements.end - elements.start;

  prepareWeights(plan, k, team, key);
  k.fill(gradients + elements.start, 0, count);
  team.barrier();
  model.forward(k, rows, extent, key);
  model.loss(k, rows, extent, lossScale);
  team.barrier();
  model.pack(k, team, 'backward');
  team.barrier();
  model.backward(k, rows, extent, key);
  team.barrier();
  model.weightGradients(k, team, extent);
  team.barrier();
  model.dropGradients(k, elements, key);
  if (clipValue < Number.POSITIVE_INFINITY) k.clamp(gradients + elements.start, clipValue, count);
  norm.addSquares(k, team);
  team.barrier();
  const norms = model.members.map((_, member) => norm.ofMember(member, k));
  // A gradient that is not finite would spoil every parameter. The trainer sees the norm, and ends the run or goes back.
  if (norms.every(Number.isFinite)) {
    team.commit();
    const updateRange = (range: Range): void => update(plan, k, range, inputs, norms);
    if (inputs.watched) ratio.measure(k, team, updateRange);
    else updateRange(elements);
    average?.update(k, elements, inputs.update);
  }
  team.barrier();
  return {
    norm: norms.reduce((sum, one) => sum + one, 0) / norms.length,
    clipped: norms.filter((one) => one > clipNorm).length / norms.length,
    ratio: inputs.watched ? ratio.value(k) : 0,
  };
}

/** Updates a range of the parameters: each member's by its own gradient, clipped by its own norm. */
function update(
  { optimizer, blocks }: TrainingPlan,
  k: Kernels,
  range: Range,
  { rate, update: step, clipNorm }: TrainInputs,
  norms: readonly number[],
): void {
  for (const [member, norm] of norms.entries()) {
    const scale = norm > 0 ? Math.min(1, clipNorm / norm) : 1;
    optimizer.update(k, intersection(range, blocks.ofMember(member)), { rate, step, scale });
  }
}

/** Brings the weights that products read up to date with the parameters. With a key, weights are dropped. */
function prepareWeights({ model, blocks }: TrainingPlan, k: Kernels, team: Team, key: DropoutKey): void {
  if (model.dropsWeights) {
    model.dropWeights(k, blocks.elements(team), key);
    team.barrier();
  }
  model.pack(k, team);
}
