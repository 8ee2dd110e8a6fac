import { UserError } from '../errors.ts';
import type { Kernels } from '../kernel/contract.ts';
import type { Checkpoint, Resume } from '../nn/checkpoint.ts';
import type { Corpus } from '../text/corpus.ts';
import type { Split } from '../text/split.ts';
import type { Batches } from '../text/windows.ts';
import type { Course } from './course.ts';
import { readTarget, type Target, targetParts } from './divergence.ts';
import type { TrainingPlan } from './program.ts';
import type { Recipe } from './recipe.ts';
import { type RunRecord, readProgress, type TrainerProgress, toJson } from './run.ts';
import type { RunState } from './state.ts';
import { loadTensors, viewModel, viewTensors } from './tensors.ts';

/** Everything that a run consists of at a moment. */
export interface Moment {
  readonly recipe: Recipe;
  readonly corpus: Corpus;
  readonly split: Split;
  readonly plan: TrainingPlan;
  readonly kernels: Kernels;
  readonly batches: Batches;
  readonly course: Course;
  readonly state: RunState;
  /** Where it goes back to if it diverges. */
  readonly target?: Target | undefined;
}

/**
 * The model as it is, and where it is `resumable`, all that a run needs to go on as if it had never stopped. Tensors are views, which
 * hold until it does go on. (Copies would be a fifth of all the memory that a run takes.)
 */
export function takeSnapshot(moment: Moment, resumable: boolean): Checkpoint {
  const { recipe, corpus, split, plan, kernels, state } = moment;
  const { hash, mode, characters, vocabulary } = corpus;
  const run = toJson({
    recipe,
    corpus: {
      hash,
      mode,
      characters,
      trainSymbols: split.train.targets,
      validationSymbols: split.validation.targets,
      testSymbols: split.test.targets,
    },
    step: state.step,
    epoch: state.epoch,
    history: state.history,
  });
  return {
    model: plan.model.config,
    vocabulary: toJson(vocabulary.toJSON()),
    run,
    parameters: viewModel(plan, kernels),
    resume: resumable ? resumeState(moment) : undefined,
  };
}

function resumeState({ batches, course, plan, kernels, state, target }: Moment): Resume {
  const place = batches.state() as TrainerProgress['batches'];
  const progress: TrainerProgress = { ...state.progress, seconds: course.seconds, batches: place };
  const tensors = viewTensors(plan, kernels);
  if (!target) return { data: toJson(progress), tensors };
  const kept = targetParts(target);
  return { data: toJson({ ...progress, rollback: kept.data }), tensors: new Map([...tensors, ...kept.tensors]) };
}

/**
 * Takes up everything that a resumable snapshot has, and returns its target. UserError where it has nothing to resume, or what
 * doesn't fit.
 */
export function restoreSnapshot(moment: Moment, checkpoint: Checkpoint, run: RunRecord): Target | undefined {
  const { plan, kernels, batches, course, state } = moment;
  const { resume } = checkpoint;
  if (!resume) throw new UserError('the checkpoint has no training state to resume; give the .last.json beside it');
  const progress = readProgress(resume.data);
  const place = progress.batches;
  if (place.mode === 'lines' && place.inputs.some((id) => id >= plan.model.config.symbols)) {
    throw new UserError("the checkpoint can't be resumed: its place in the text has symbols outside the vocabulary");
  }
  loadTensors(plan, kernels, checkpoint);
  batches.restore(place);
  if (progress.seconds !== undefined) course.resume(progress.seconds);
  state.restore(run, progress);
  return readTarget(checkpoint, run, progress);
}
