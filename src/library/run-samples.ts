import type { Checkpoint } from '../nn/checkpoint.ts';
import type { Place } from '../training/place.ts';
import { type Interval, isDue } from './interval.ts';
import { LanguageModel } from './language-model.ts';
import type { SampledText } from './requests.ts';

/** Comes while a run trains that was asked for samples: what the model writes now. */
export interface SampleEvent {
  readonly type: 'sample';
  /** Updates done. */
  readonly step: number;
  readonly samples: readonly Pick<SampledText, 'text' | 'bytes' | 'stopped'>[];
}

/** The most symbols of a sample: no more than a line of a log has room for. */
const LENGTH = 60;

/**
 * Draws short texts while a run trains: one from a model of a stream, two from others. The draws are the same each time, so that the
 * texts differ only by what the model has learned. They have random numbers of their own, and the run's bits do not depend on them.
 */
export class RunSamples {
  readonly #every: Interval;
  readonly #kernel: Place['kernel'];
  #last = performance.now();

  constructor(every: Interval, kernel: Place['kernel']) {
    this.#every = every;
    this.#kernel = kernel;
  }

  /** Whether it is time for samples, when so many updates are done. */
  isDue(step: number): boolean {
    return isDue(this.#every, step, this.#last);
  }

  /** Samples of the model of a snapshot. Undefined where its parameters are not finite, which the run itself will notice. */
  async draw(step: number, snapshot: Checkpoint): Promise<SampleEvent | undefined> {
    const samples: SampledText[] = [];
    if (!snapshot.parameters.every(Number.isFinite)) return undefined;
    const model = new LanguageModel(snapshot, 'the run', this.#kernel);
    const count = model.vocabulary.layout === 'stream' ? 1 : 2;
    for await (const sample of model.sample({ count, length: LENGTH })) samples.push(sample);
    this.#last = performance.now();
    return {
      type: 'sample',
      step,
      samples: samples.map(({ text, bytes, stopped }) => ({ text, ...(bytes && { bytes }), stopped })),
    };
  }
}
