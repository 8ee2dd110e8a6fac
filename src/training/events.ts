import type { KernelName } from '../kernel/contract.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { BatchOptions } from '../text/windows.ts';
import type { HistoryPoint } from './history.ts';
import type { Limits } from './recipe.ts';

/** What a training run tells its caller on the way. Losses are means in nats a symbol. */
export type TrainEvent = StartEvent | NoticeEvent | StepEvent | ReportEvent | CheckpointEvent | ModelEvent | DoneEvent;

/** Comes once, before the first step. */
export interface StartEvent {
  readonly type: 'start';
  readonly parameters: number;
  readonly batch: Required<BatchOptions>;
  readonly limits: Limits;
  readonly trainSymbols: number;
  readonly validationSymbols: number;
  readonly testSymbols: number;
  readonly kernel: KernelName;
  readonly kernelReason: string;
  /** Whether the kernel's bits are others than Node's (`KernelChoice`). */
  readonly roundsTwice: boolean;
  readonly threads: number;
  /** What was asked for and could not be done, one sentence each. */
  readonly notes: readonly string[];
}

/** Something that does not end the run but that its user should know, such as the death of a thread. */
export interface NoticeEvent {
  readonly type: 'notice';
  readonly text: string;
}

/** Comes after every update. */
export interface StepEvent {
  readonly type: 'step';
  /** Updates done. */
  readonly step: number;
  readonly epoch: number;
  /** The loss of this step; for an ensemble, the mean of its members' losses. */
  readonly loss: number;
  /** Norm of the gradient, clipped by value but not yet by norm; for an ensemble, the mean of its members' norms. */
  readonly gradientNorm: number;
  readonly rate: number;
  /** Symbols read by this step. */
  readonly symbols: number;
  /** Share of the run, or of its last phase, that is over, in [0, 1]. */
  readonly progress: number;
}

/** Comes after every validation; where nothing is held out, at the same interval. */
export interface ReportEvent {
  readonly type: 'report';
  readonly point: HistoryPoint;
  /** Whether the model is the best so far. */
  readonly best: boolean;
}

/**
 * A state worth keeping. `best` is the best model, by its validation loss or, if the recipe says so, its accuracy, or what the last phase
 * made of it (finish.ts); where nothing is held out, it is the newest model. `last` is the
 * newest model, with all that resuming needs.
 *
 * Call `snapshot`, and save or copy the checkpoint that it gives, before the iteration goes on: its tensors are views of the run's memory.
 */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly kind: 'best' | 'last';
  /** Whether this is the last checkpoint of its kind. Then it must be saved. */
  readonly final: boolean;
  readonly snapshot: () => Checkpoint;
}

/** Comes only where it is asked for: the model as it is now, to be looked at. Its snapshot is used as that of a checkpoint is. */
export interface ModelEvent {
  readonly type: 'model';
  /** Updates done. */
  readonly step: number;
  readonly snapshot: () => Checkpoint;
}

/** Comes once, at the end. */
export interface DoneEvent {
  readonly type: 'done';
  /** `patience` means that validation has stood still for too long. */
  readonly reason: 'epochs' | 'steps' | 'time' | 'patience' | 'interrupted';
  readonly step: number;
  readonly epoch: number;
  /** The training loss of the last report. */
  readonly loss: number | undefined;
  /** The validation loss of the best model. */
  readonly validation: number | undefined;
  /** Its accuracy, where accuracy selects the best model. */
  readonly accuracy: number | undefined;
  /** The step of the best model. */
  readonly bestStep: number | undefined;
  /** The test loss of the model that was saved. */
  readonly test: number | undefined;
  /** Steps of the last phase, in which the best model learned the validation part, too; 0 where there was none. */
  readonly finishSteps: number;
}
