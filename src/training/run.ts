import { availableParallelism } from 'node:os';
import { Arena } from '../kernel/arena.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Engine } from '../kernel/engine.ts';
import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import type { ModelConfig } from '../nn/config.ts';
import { Random } from '../random.ts';
import { createBatches } from '../text/batches.ts';
import type { Corpus } from '../text/corpus.ts';
import { type Split, splitCorpus } from '../text/split.ts';
import type { Batches, BatchOptions } from '../text/windows.ts';
import type { StartEvent } from './events.ts';
import { fitRun, fitThreads } from './fitting.ts';
import { LimitTracker } from './limit-tracker.ts';
import type { Place } from './place.ts';
import * as program from './program.ts';
import { type ProgramConfig, type TrainingEngine, TrainingPlan } from './program.ts';
import { Progress } from './progress.ts';
import { type Limits, type Recipe, resolveRecipe } from './recipe.ts';
import { toJson } from './record.ts';
import { requireSavable } from './savable.ts';

/** A run at a moment: what it is made of, and how far it is. Its tensors are in the engine's memory, where `plan` says. */
export interface Run {
  readonly recipe: Recipe;
  readonly corpus: Corpus;
  readonly split: Split;
  readonly batch: Required<BatchOptions>;
  readonly batches: Batches;
  readonly limits: Limits;
  readonly limitTracker: LimitTracker;
  /** Steps between reports. */
  readonly interval: number;
  readonly plan: TrainingPlan;
  readonly engine: TrainingEngine;
  readonly kernelReason: string;
  /** The vocabulary, as checkpoints hold it. */
  readonly vocabulary: Json;
  /** Decides, with the number of an update, what is dropped in it. */
  readonly dropoutSeed: number;
  readonly progress: Progress;
  /** The state that the run goes back to if it diverges, where the recipe says so (rollback.ts). */
  fallback: Checkpoint | undefined;
  /** SHA-256 of the trained parameters that the run began with; null where they were drawn. */
  origin: string | null;
}

/**
 * Prepares a run: checks the recipe, splits the text, plans and allocates the memory, and starts the threads. The caller closes the
 * engine. The parameters are not set yet. UserError where the recipe, the text or the machine does not allow the run.
 */
export async function prepareRun(corpus: Corpus, given: Recipe, place: Place): Promise<Run> {
  const recipe = resolveRecipe(given);
  const split = splitCorpus(corpus, recipe);
  const { batch, limits, interval } = fitRun(split, recipe);
  const batches = createBatches(split.train, batch, `${recipe.seed}/order`);

  const model: ModelConfig = { ...recipe.model, symbols: corpus.vocabulary.size };
  const { optimizer, dropout, averaging } = recipe;
  const shape = { steps: batch.window, rows: batch.rows, training: true };
  const config: ProgramConfig = { model, shape, optimizer, dropout, averaging };
  const choice = chooseKernel(place.kernel);
  const fitted = place.threads ?? fitThreads(model, batch, availableParallelism());
  const threads = choice.name === 'js' ? 1 : Math.min(fitted, batch.rows);
  const arena = new Arena();
  const plan = new TrainingPlan(arena, config);
  requireSavable(recipe, corpus, plan, batches);
  const engine = await Engine.start({ choice, threads, program, url: program.PROGRAM, config }, arena);
  return {
    recipe,
    corpus,
    split,
    batch,
    batches,
    limits,
    limitTracker: new LimitTracker(limits), // the run's time begins now
    interval,
    plan,
    engine,
    kernelReason: choice.reason,
    vocabulary: toJson(corpus.vocabulary.toJSON()),
    dropoutSeed: new Random(`${recipe.seed}/dropout`).integer(2 ** 32),
    progress: new Progress(),
    fallback: undefined,
    origin: null,
  };
}

/** What a run tells before its first step. */
export function startEvent({ split, batch, limits, plan, engine, kernelReason }: Run): StartEvent {
  return {
    type: 'start',
    parameters: plan.model.parameters.manifest.size,
    batch,
    limits,
    trainSymbols: split.train.targets,
    validationSymbols: split.validation.targets,
    testSymbols: split.test.targets,
    kernel: engine.kernels.name,
    kernelReason,
    threads: engine.threads,
    notes: engine.notice ? [...split.notes, engine.notice] : split.notes,
  };
}
