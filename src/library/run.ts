import { existsSync } from 'node:fs';
import type { Message } from '../errors.ts';
import type { ModelEvent, TrainEvent } from '../training/events.ts';
import type { Interval } from './interval.ts';
import { trainOn } from './material.ts';
import type { PreparedRun } from './prepared-run.ts';
import { RunSamples, type SampleEvent } from './run-samples.ts';
import { Saver } from './saver.ts';

export interface RunSettings {
  /** Ends the run after the step under way, with its state saved. */
  readonly signal?: AbortSignal;
  /** How often the newest state is saved; at validations, and every five minutes, if not given. */
  readonly saveEvery?: Interval | undefined;
  /** Is told of trouble in saving. */
  readonly say?: (note: Message) => void;
}

export type { ReportEvent, StepEvent } from '../training/events.ts';
export type { SampleEvent } from './run-samples.ts';

/** What happens in a run that saves its checkpoints. */
export type RunEvent = Exclude<TrainEvent, ModelEvent> | SampleEvent;

/** A run that saves its best model and its newest state. */
export class TrainingRun {
  readonly #prepared: PreparedRun;
  readonly #settings: RunSettings;
  readonly #saver: Saver;

  constructor(prepared: PreparedRun, settings: RunSettings = {}) {
    this.#prepared = prepared;
    this.#settings = settings;
    this.#saver = new Saver(prepared, settings.saveEvery, settings.say ?? (() => {}));
  }

  /** Whether the best model is on disk. A run that is resumed after its end has nothing more to save. */
  get isSaved(): boolean {
    const { path, trainOptions } = this.#prepared;
    return this.#saver.saved || (trainOptions.resume !== undefined && existsSync(path));
  }

  /**
   * Trains, saves, and gives what happens. The lock is released at the end, whatever ends the run. UserError where training diverges, or
   * the end of the run can't be saved.
   */
  async *events(): AsyncGenerator<RunEvent, void, void> {
    const { material, trainOptions, lock, sampleEvery } = this.#prepared;
    const { signal } = this.#settings;
    const saver = this.#saver;
    const samples = sampleEvery && new RunSamples(sampleEvery, trainOptions.place.kernel);
    try {
      for await (const event of trainOn(material, {
        ...trainOptions,
        ...(signal ? { signal } : {}),
        saveNow: () => saver.due,
        ...(samples ? { showNow: (step) => samples.isDue(step) } : {}),
      })) {
        if (event.type === 'model') {
          const drawn = await samples?.draw(event.step, event.snapshot());
          if (drawn) yield drawn;
          continue;
        }
        if (event.type === 'step') {
          lock.beat();
          saver.step = event.step;
        }
        if (event.type === 'checkpoint') saver.take(event);
        if (event.type === 'done') {
          const { resume } = trainOptions;
          if (resume) saver.provideModel(() => resume);
          saver.flush();
          saver.requireSaved();
        }
        yield event;
      }
    } finally {
      try {
        saver.flush();
      } finally {
        lock.release();
      }
    }
  }
}
