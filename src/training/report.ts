import type { DataPart } from './data.ts';
import { Divergence, hasDiverged, isFarAboveBest } from './divergence.ts';
import { type Evaluation, evaluatePart } from './evaluate-part.ts';
import type { CheckpointEvent, DoneEvent, ReportEvent } from './events.ts';
import { hasLastPhase } from './recipe.ts';
import { keepFallback } from './rollback.ts';
import type { Run } from './run.ts';
import { takeSnapshot } from './snapshot.ts';
import { areTensorsFinite, viewSavedParameters } from './tensors.ts';

/**
 * Validates the model and adds a point to the history. Yields the report, a checkpoint of the best model where this is it, and one of the
 * last state. Throws Divergence where the run has diverged.
 *
 * @param end why the run ends with this report, if it does. An interrupted run goes on when it is resumed, so its loss is not judged as that of its end.
 */
export async function* report(
  run: Run,
  end: DoneEvent['reason'] | undefined,
): AsyncGenerator<ReportEvent | CheckpointEvent> {
  const { recipe, data, plan, engine, progress } = run;
  requireFinite(run);
  const validated = await evaluateSaved(run, data.validation, recipe.select === 'accuracy');
  const { loss, accuracy } = validated ?? {};
  if (loss !== undefined && !Number.isFinite(loss)) throw new Divergence(`the validation loss is ${loss}`);
  const found = { validation: loss, accuracy };
  const isNewBest = progress.judge(found, recipe.schedule.patience);
  const test = isNewBest ? (await evaluateSaved(run, data.test))?.loss : undefined;
  const point = progress.addPoint(found, test);
  const { history } = progress;
  const { symbols } = plan.model.config;
  if (hasDiverged(history, symbols, end !== undefined && end !== 'interrupted'))
    throw new Divergence(`the loss, ${point.loss.toPrecision(3)} nats, is far above the best`);
  const isSound = !isFarAboveBest(history, symbols);
  // Where nothing is held out, the newest model is not the best while its loss is far above the best.
  const best = isNewBest && (isSound || loss !== undefined || history.length === 1);
  if (best && hasLastPhase(recipe)) run.best = viewSavedParameters(plan, engine.kernels).slice();
  if (best && isSound) keepFallback(run);
  yield { type: 'report', point, best };
  const over = end !== undefined || isOutOfPatience(run);
  if (best) yield checkpointEvent(run, 'best', over && !hasLastPhase(recipe));
  yield checkpointEvent(run, 'last', over);
}

/**
 * Yields a checkpoint of the last state between two reports, from which a resumed run goes on as if it had never stopped.
 *
 * @param final whether the run stops here; where there has been no report, the model is then the best, too
 */
export function* offerLastState(run: Run, final: boolean): Generator<CheckpointEvent> {
  requireFinite(run);
  if (final && run.progress.history.length === 0) yield checkpointEvent(run, 'best', true);
  yield checkpointEvent(run, 'last', final);
}

/** Whether the recipe ends the run because validation has stood still for too long. */
export function isOutOfPatience({ recipe, progress }: Run): boolean {
  return progress.sinceBest >= (recipe.patience ?? Number.POSITIVE_INFINITY);
}

export function checkpointEvent(run: Run, kind: 'best' | 'last', final: boolean): CheckpointEvent {
  return { type: 'checkpoint', kind, final, snapshot: () => takeSnapshot(run, kind === 'last') };
}

/** Throws Divergence where a number of the run is not finite. */
export function requireFinite({ plan, engine }: Run): void {
  if (!areTensorsFinite(plan, engine.kernels)) throw new Divergence('the parameters are no longer finite');
}

/** What a part says of the model as it would be saved; undefined where the part is empty. */
export async function evaluateSaved(
  { plan, engine }: Run,
  part: DataPart,
  accuracy = false,
): Promise<Evaluation | undefined> {
  if (part.targets === 0) return undefined;
  plan.average?.exchange(engine.kernels);
  try {
    return await evaluatePart(engine, plan, part, { accuracy });
  } finally {
    plan.average?.exchange(engine.kernels);
  }
}
