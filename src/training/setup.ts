import { availableParallelism } from 'node:os';
import { Arena } from '../kernel/arena.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Engine } from '../kernel/engine.ts';
import type { ModelConfig } from '../nn/config.ts';
import { createBatches } from '../text/batches.ts';
import type { Corpus } from '../text/corpus.ts';
import { type Split, splitCorpus } from '../text/split.ts';
import type { Batches, BatchOptions } from '../text/windows.ts';
import { Course } from './course.ts';
import type { StartEvent } from './events.ts';
import { defaultSteps, fitBatch, fitThreads, type Place, validationInterval } from './options.ts';
import * as program from './program.ts';
import { type ProgramConfig, TrainingPlan } from './program.ts';
import { type Limits, type Recipe, resolveRecipe } from './recipe.ts';

/** What a run is made of before its first step: the parts of the text, the memory, the threads, and how long it is to be. */
export interface Setup {
  readonly recipe: Recipe;
  readonly corpus: Corpus;
  readonly split: Split;
  readonly batch: Required<BatchOptions>;
  readonly batches: Batches;
  readonly limits: Limits;
  readonly course: Course;
  /** Steps between reports. */
  readonly interval: number;
  readonly plan: TrainingPlan;
  readonly engine: Engine<ProgramConfig>;
  readonly kernelReason: string;
}

/** Checks the recipe, parts the text, plans and allocates the memory, and starts the threads, which the caller closes. UserError for what can't be had. */
export async function setUp(corpus: Corpus, given: Recipe, place: Place): Promise<Setup> {
  const recipe = resolveRecipe(given);
  const split = splitCorpus(corpus, recipe);
  const batch = fitBatch(split.train, recipe);
  const batches = createBatches(split.train, batch, `${recipe.seed}/order`);
  const limited = Object.values(recipe.limits).some((limit) => limit !== undefined);
  const limits = limited ? recipe.limits : { steps: defaultSteps(split.train, batch) };
  const interval = recipe.validateEvery ?? validationInterval(split.train, split.validation, limits, batch);

  const model: ModelConfig = { ...recipe.model, symbols: corpus.vocabulary.size };
  const { optimizer, dropout, averaging } = recipe;
  const shape = { steps: batch.window, rows: batch.rows, training: true };
  const config = { model, shape, optimizer, dropout, averaging };
  const choice = chooseKernel(place.kernel);
  const fitted = place.threads ?? fitThreads(model, batch, availableParallelism());
  const threads = choice.name === 'js' ? 1 : Math.min(fitted, batch.rows);
  const arena = new Arena();
  const plan = new TrainingPlan(arena, config);
  const engine = await Engine.start({ choice, threads, program, url: program.PROGRAM, config }, arena);
  const course = new Course(limits); // its time begins now
  return { recipe, corpus, split, batch, batches, limits, course, interval, plan, engine, kernelReason: choice.reason };
}

/** What is told of a run before its first step. */
export function startEvent({ split, batch, limits, plan, engine, kernelReason }: Setup): StartEvent {
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
