import { counted, grouped } from '../counts.ts';
import { power } from '../kernel/power.ts';
import { Random } from '../random.ts';
import { Divergence, isFarAboveBest } from './divergence.ts';
import type { NoticeEvent, TrainEvent } from './events.ts';
import { bestPoint } from './history.ts';
import type { Progress } from './progress.ts';
import { hasLastPhase, type LastPhase } from './recipe.ts';
import { checkpointEvent, evaluateSaved, requireFinite } from './report.ts';
import { ROLLBACK_FACTOR } from './rollback.ts';
import type { Run } from './run.ts';
import { rateFactor } from './schedule.ts';
import { update } from './step.ts';
import { startAnew } from './tensors.ts';
import { Turns } from './turns.ts';

// The part that is held out to validate finds the best model, and then the model does not know it: a list of words that is completed lacks
// one word in twenty. So a run may end with a last phase, in which its best model learns everything but the test part.

interface Phase {
  /** Steps, as a share of the steps of the best model. */
  readonly steps: number;
  /** The learning rate that the phase begins with, as a share of the recipe's. From there, it falls along a cosine. */
  readonly rate: number;
}

/** README.md has what was measured: a longer and faster phase makes the model know the lines better, and predict new ones worse. */
const PHASES: Readonly<Record<LastPhase, Phase>> = {
  all: { steps: 0.5, rate: 0.3 },
  known: { steps: 3, rate: 1 },
};

/**
 * The last phase of a run that is over. It begins with the parameters of the best model and with moments of 0, and reads all lines, those
 * of the validation part included. The model that it makes replaces the best one.
 *
 * The newest state of the run stays that of the end before this phase. Resumed from there, the run does the whole phase, with the
 * same bits. So a phase that is interrupted saves nothing.
 */
export async function* finish(run: Run, signal: AbortSignal | undefined): AsyncGenerator<TrainEvent, void, void> {
  const { recipe, progress, plan, engine } = run;
  const best = bestPoint(progress.history);
  if (!run.best || !best || !hasLastPhase(recipe)) return;
  const phase = PHASES[recipe.finish];
  const data = run.makeAll();
  const steps = Math.max(1, Math.round(phase.steps * best.step));
  const before = { step: progress.step, epoch: progress.epoch, history: [...progress.history] };
  const dropoutSeed = new Random(`${recipe.seed}/finish/dropout`).integer(2 ** 32);
  const peak = phase.rate * recipe.rate * power(ROLLBACK_FACTOR, progress.rollbacks);
  const schedule = { ...recipe.schedule, name: 'cosine', warmup: 0 } as const;
  const turns = new Turns();
  const tooLearned = best.validation === undefined ? '' : ', the validation part too';
  yield notice(
    `the best model, of step ${grouped(best.step)}, now learns all of the text${tooLearned}: ${counted(steps, 'step')}`,
  );
  startAnew(plan, engine.kernels, run.best);
  try {
    for (let number = 1; number <= steps; number++) {
      if (signal?.aborted) return goBack(progress, before);
      const rate = peak * rateFactor(schedule, number, (number - 1) / steps);
      const { epoch, ...step } = await update(run, data, { number, rate, dropoutSeed, watched: false });
      progress.epoch = before.epoch + epoch;
      yield { ...step, epoch: progress.epoch, progress: number / steps };
      if (turns.isOver) await turns.next();
    }
    requireFinite(run);
    const point = progress.addPoint({}, (await evaluateSaved(run, run.data.test))?.loss);
    if (isFarAboveBest(progress.history, plan.model.config.symbols)) throw new Divergence(`the loss is ${point.loss}`);
    progress.finishSteps = steps;
    yield { type: 'report', point, best: false };
  } catch (error) {
    if (!(error instanceof Divergence)) throw error;
    goBack(progress, before);
    yield notice(
      `the last phase diverged (${error.message}): the best model stays as it was, without the validation part`,
    );
    return;
  }
  yield checkpointEvent(run, 'best', true);
}

/** Progress as it was before the phase. */
function goBack(progress: Progress, before: Pick<Progress, 'step' | 'epoch' | 'history'>): void {
  Object.assign(progress, before);
  progress.sums.takeMeans();
}

function notice(text: string): NoticeEvent {
  return { type: 'notice', text };
}
