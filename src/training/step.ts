import { power } from '../kernel/power.ts';
import { updateKey } from '../nn/dropout-key.ts';
import { Divergence } from './divergence.ts';
import { sumLosses } from './evaluate-part.ts';
import type { StepEvent } from './events.ts';
import { ROLLBACK_FACTOR } from './rollback.ts';
import type { Run } from './run.ts';
import { rateFactor } from './schedule.ts';
import { UpdateWatch } from './statistics.ts';

/** Reads the next window of the text, and updates the parameters once by it. Throws Divergence where the loss or the norm is not finite. */
export async function takeStep(run: Run): Promise<StepEvent> {
  const { recipe, data, plan, engine, progress, limitTracker } = run;
  const { model } = plan;
  const { kernels } = engine;
  const window = data.next(model, kernels.ints);
  const update = progress.step + 1;
  progress.rate = learningRate(run, update);
  const watch = isBeforeReport(run, update) ? new UpdateWatch(engine, plan) : undefined;
  const { norm, clipped } = await engine.call('train', {
    steps: window.steps,
    sourceSteps: window.sourceSteps,
    lossScale: 1 / window.counted,
    rate: progress.rate,
    update,
    clipNorm: recipe.clipNorm,
    clipValue: recipe.clipValue,
    dropoutKey: updateKey(run.dropoutSeed, update),
  });
  const losses = sumMemberLosses(run, window.steps * data.batch.rows);
  const loss = losses / window.counted;
  progress.step = update;
  if (!Number.isFinite(loss)) throw new Divergence(`the loss is ${loss}`);
  if (!Number.isFinite(norm)) throw new Divergence(`the gradient's norm is ${norm}`);
  model.carry(kernels, window.advance);
  progress.statistics = await watch?.statistics(window.steps);
  progress.epoch = window.epoch;
  progress.sums.add(losses, window.counted, norm, clipped);
  return {
    type: 'step',
    step: progress.step,
    epoch: progress.epoch,
    loss,
    gradientNorm: norm,
    rate: progress.rate,
    symbols: window.counted,
    progress: limitTracker.progress(progress.step, progress.epoch),
  };
}

function learningRate({ recipe, progress, limitTracker }: Run, update: number): number {
  const over = limitTracker.progress(progress.step, progress.epoch);
  const scheduled = recipe.rate * rateFactor(recipe.schedule, update, over, progress.plateaus);
  return scheduled * power(ROLLBACK_FACTOR, progress.rollbacks);
}

/** Whether a report is known to follow a step. It is not known where time or a signal ends the run. */
function isBeforeReport({ interval, limits }: Run, step: number): boolean {
  return step % interval === 0 || step === limits.steps;
}

/**
 * The mean over the members of the sums of their own losses. Each member learns from its own losses; so a member that diverges shows in
 * this mean, even where the ensemble predicts well without it.
 */
function sumMemberLosses({ plan, engine }: Run, positions: number): number {
  const { members } = plan.model;
  const { floats } = engine.kernels;
  return members.reduce((sum, { losses }) => sum + sumLosses(floats, losses, positions), 0) / members.length;
}
