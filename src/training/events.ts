import type { KernelName } from '../kernel/contract.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { BatchOptions } from '../text/windows.ts';
import type { HistoryPoint } from './history.ts';
import type { Limits } from './recipe.ts';

/** What a training run tells as it goes. Losses are means in nats a symbol. */
export type TrainEvent = StartEvent | NoticeEvent | StepEvent | ReportEvent | CheckpointEvent | DoneEvent;

/** Once, before the first step. */
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
  readonly threads: number;
  /** What was asked for and couldn't be had, a sentence each. */
  readonly notes: readonly string[];
}

/** Something that the run goes on in spite of, such as the death of a thread. */
export interface NoticeEvent {
  readonly type: 'notice';
  readonly text: string;
}

/** After every update. */
export interface StepEvent {
  readonly type: 'step';
  /** Updates done. */
  readonly step: number;
  readonly epoch: number;
  /** Of this step: of an ensemble, the mean of its members' own. */
  readonly loss: number;
  /** Norm of the gradient, clipped by value but not yet by norm: of an ensemble, the mean of its members'. */
  readonly gradientNorm: number;
  readonly rate: number;
  /** Symbols read by this step. */
  readonly symbols: number;
  /** Share of the run that is over, in [0, 1]. */
  readonly progress: number;
}

/** After every validation, or as often where there is none. */
export interface ReportEvent {
  readonly type: 'report';
  readonly point: HistoryPoint;
  /** Whether the validation loss is the smallest so far. */
  readonly best: boolean;
}

/**
 * A state worth keeping: `best`, the model with the smallest validation loss (the newest, where nothing is held out); `last`, the newest,
 * with all that resuming needs. `snapshot` must be called before the iteration goes on, or not at all, and what it gives be saved or
 * copied before that, too, for its tensors are views of the run's memory.
 */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly kind: 'best' | 'last';
  /** Whether no more of this kind will come: it must not be passed over. */
  readonly final: boolean;
  readonly snapshot: () => Checkpoint;
}

/** Once, at the end. */
export interface DoneEvent {
  readonly type: 'done';
  /** `patience`: validation has stood still for too long. */
  readonly reason: 'epochs' | 'steps' | 'time' | 'patience' | 'interrupted';
  readonly step: number;
  readonly epoch: number;
  /** Of the last report. */
  readonly loss: number | undefined;
  /** The smallest. */
  readonly validation: number | undefined;
  /** Loss on the test part, by the model that had the smallest validation loss. */
  readonly test: number | undefined;
}
