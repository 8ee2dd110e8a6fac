import { existsSync } from 'node:fs';
import type { Message } from '../errors.ts';
import type { TrainEvent } from '../training/events.ts';
import { trainOn } from './material.ts';
import type { PreparedRun } from './preparation.ts';
import { type SaveEvery, Saver } from './saver.ts';

export interface RunSettings {
  /** Ends the run after the step under way, with its state saved. */
  readonly signal?: AbortSignal;
  /** How often the newest state is saved; at validations, and every five minutes, if not given. */
  readonly saveEvery?: SaveEvery | undefined;
  /** Is told of trouble in saving. */
  readonly say?: (note: Message) => void;
}

export type { ReportEvent, StepEvent, TrainEvent } from '../training/events.ts';

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
  async *events(): AsyncGenerator<TrainEvent, void, void> {
    const { material, trainOptions, lock } = this.#prepared;
    const { signal } = this.#settings;
    const saver = this.#saver;
    try {
      for await (const event of trainOn(material, {
        ...trainOptions,
        ...(signal ? { signal } : {}),
        saveNow: () => saver.due,
      })) {
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
