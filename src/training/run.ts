import { processors } from '#host/machine';
import { Arena } from '../kernel/arena.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Engine } from '../kernel/engine.ts';
import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import type { ModelConfig } from '../nn/config.ts';
import { Random } from '../random.ts';
import type { BatchOptions } from '../text/windows.ts';
import { completeRecipeSchema, type Recipe, resolveRecipe } from './complete-recipe.ts';
import type { TrainingData } from './data.ts';
import type { StartEvent } from './events.ts';
import { fitRun, fitThreads } from './fitting.ts';
import { LimitTracker } from './limit-tracker.ts';
import type { Place } from './place.ts';
import * as program from './program.ts';
import { type ProgramConfig, type TrainingEngine, TrainingPlan } from './program.ts';
import { Progress } from './progress.ts';
import type { Limits } from './recipe.ts';
import { requireSavable } from './savable.ts';

/** A run at a moment: what it is made of, and how far it is. Its tensors are in the engine's memory, where `plan` says. */
export interface Run {
  /** With `finish` decided. */
  readonly recipe: Recipe;
  readonly data: TrainingData;
  /** Makes the data of the last phase: the part held out to validate belongs to what is learned. */
  readonly makeAll: () => TrainingData;
  readonly limits: Limits;
  readonly limitTracker: LimitTracker;
  /** Steps between reports. */
  readonly interval: number;
  readonly plan: TrainingPlan;
  readonly engine: TrainingEngine;
  readonly kernelReason: string;
  readonly roundsTwice: boolean;
  /** The vocabulary, as checkpoints hold it. */
  readonly vocabulary: Json;
  /** Decides, with the number of an update, what is dropped in it. */
  readonly dropoutSeed: number;
  readonly progress: Progress;
  /** The state that the run goes back to if it diverges, where the recipe says so (rollback.ts). */
  fallback: Checkpoint | undefined;
  /** The parameters of the best model so far, where the run ends with a last phase that begins with them (finish.ts). */
  best: Float32Array | undefined;
  /** SHA-256 of the trained parameters that the run began with; null where they were drawn. */
  origin: string | null;
}

/**
 * Opens a run: checks the recipe, splits the text, plans and allocates the memory, and starts the threads. The caller closes the
 * engine. The parameters are not set yet. UserError where the recipe, the text or the machine does not allow the run.
 */
export async function openRun(makeData: (recipe: Recipe) => TrainingData, given: Recipe, place: Place): Promise<Run> {
  const resolved = resolveRecipe(given);
  const data = makeData(resolved);
  const { batch, sourceSteps, resetsAtStart } = data;
  const { limits, interval, finish } = fitRun(data, resolved);
  const recipe = completeRecipeSchema.parse({ ...resolved, finish });

  const model: ModelConfig = { ...recipe.model, ...data.sizes };
  const { optimizer, dropout, averaging } = recipe;
  const shape = { steps: batch.window, sourceSteps, rows: batch.rows, training: true, resetsAtStart };
  const config: ProgramConfig = { model, shape, optimizer, dropout, averaging };
  const choice = chooseKernel(place.kernel);
  const fitted = place.threads ?? fitThreads(model, batch, processors());
  const threads = choice.name === 'js' ? 1 : Math.min(fitted, batch.rows);
  const arena = new Arena();
  const plan = new TrainingPlan(arena, config);
  requireSavable(recipe, data, plan);
  const engine = await Engine.start({ choice, threads, program, file: program.PROGRAM, config }, arena);
  return {
    recipe,
    data,
    makeAll: () => makeData(withAll(recipe, batch)),
    limits,
    limitTracker: new LimitTracker(limits), // the run's time begins now
    interval,
    plan,
    engine,
    kernelReason: choice.reason,
    roundsTwice: choice.roundsTwice ?? false,
    vocabulary: data.vocabulary,
    dropoutSeed: new Random(`${recipe.seed}/dropout`).integer(2 ** 32),
    progress: new Progress(),
    fallback: undefined,
    best: undefined,
    origin: null,
  };
}

/** A recipe that holds out nothing to validate, with batches that the memory of the run has room for. */
function withAll(recipe: Recipe, { rows, window, stride }: Required<BatchOptions>): Recipe {
  return { ...recipe, validation: 0, batch: rows, bptt: window, stride };
}

/** What a run tells before its first step. */
export function startEvent({ data, limits, plan, engine, kernelReason, roundsTwice }: Run): StartEvent {
  const { train, validation, test, notes, batch } = data;
  return {
    type: 'start',
    parameters: plan.model.parameters.manifest.size,
    batch,
    limits,
    trainSymbols: train.targets,
    validationSymbols: validation.targets,
    testSymbols: test.targets,
    kernel: engine.kernels.name,
    kernelReason,
    roundsTwice,
    threads: engine.threads,
    notes: engine.notice ? [...notes, engine.notice] : notes,
  };
}
