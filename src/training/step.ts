import { power } from '../kernel/power.ts';
import { updateKey } from '../nn/dropout-key.ts';
import type { TrainingData } from './data.ts';
import { Divergence } from './divergence.ts';
import { sumLosses } from './evaluate-part.ts';
import type { StepEvent } from './events.ts';
import { ROLLBACK_FACTOR } from './rollback.ts';
import type { Run } from './run.ts';
import { rateFactor } from './schedule.ts';
import { SaturationWatch } from './statistics.ts';

/** Reads the next window of the text, and updates the parameters once by it. Throws Divergence where the loss or the norm is not finite. */
export async function takeStep(run: Run): Promise<StepEvent> {
  const { data, progress, limitTracker, dropoutSeed } = run;
  const number = progress.step + 1;
  const rate = learningRate(run, number);
  const { epoch, ...step } = await update(run, data, {
    number,
    rate,
    dropoutSeed,
    watched: isBeforeReport(run, number),
  });
  progress.epoch = epoch;
  return { ...step, epoch, progress: limitTracker.progress(progress.step, epoch) };
}

/** What an update is told besides what it reads. */
export interface StepSettings {
  /** Of the updates by this data, from 1. */
  readonly number: number;
  readonly rate: number;
  /** Decides, with the number, what is dropped. */
  readonly dropoutSeed: number;
  /** Whether statistics of the update are kept. */
  readonly watched: boolean;
}

/**
 * Updates the parameters once by the next window of the data. The epoch is that of the data. Throws Divergence where the loss or the norm is
 * not finite.
 */
export async function update(
  run: Run,
  data: TrainingData,
  { number, rate, dropoutSeed, watched }: StepSettings,
): Promise<Omit<StepEvent, 'progress'>> {
  const { recipe, plan, engine, progress } = run;
  const { model } = plan;
  const { kernels } = engine;
  const window = data.next(model, kernels.ints);
  progress.rate = rate;
  const watch = watched ? new SaturationWatch(engine, plan) : undefined;
  const { norm, clipped, ratio } = await engine.call('train', {
    steps: window.steps,
    sourceSteps: window.sourceSteps,
    lossScale: 1 / window.counted,
    rate,
    update: number,
    clipNorm: recipe.clipNorm,
    clipValue: recipe.clipValue,
    dropoutKey: updateKey(dropoutSeed, number),
    watched: Number(watched),
  });
  const losses = sumMemberLosses(run, window.steps * data.batch.rows);
  const loss = losses / window.counted;
  progress.step++;
  if (!Number.isFinite(loss)) throw new Divergence(`the loss is ${loss}`);
  if (!Number.isFinite(norm)) throw new Divergence(`the gradient's norm is ${norm}`);
  model.carry(kernels, window.advance);
  progress.statistics = watch && { updateRatio: ratio, saturation: await watch.count(window.steps) };
  progress.sums.add(losses, window.counted, norm, clipped);
  return {
    type: 'step',
    step: progress.step,
    epoch: window.epoch,
    loss,
    gradientNorm: norm,
    rate,
    symbols: window.counted,
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
