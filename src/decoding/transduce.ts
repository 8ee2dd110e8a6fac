import type { SourceIds } from '../nn/source-rows.ts';
import type { Stepper } from '../nn/stepper.ts';
import { type BeamOptions, beamSteps, type Hypothesis } from './beam.ts';
import { Drawing } from './drawing.ts';
import { readPrompts } from './prompt.ts';
import { drawSteps, type Sample, type SampleOptions } from './sample.ts';

/**
 * Beam search for the target of each source, by a transducer. The hypotheses of each source come in the order of the sources, and are the same,
 * to the bit, whatever other sources there are. The prompt is `<stop>`, and the symbols that every target is to begin with.
 */
export function* beamTargets(
  stepper: Stepper,
  options: BeamOptions,
  sources: Iterable<SourceIds>,
): Generator<readonly Hypothesis[]> {
  for (const found of beamTargetSteps(stepper, options, sources)) if (found) yield found;
}

/** The same, with `undefined` after each step of the model, so that the caller may do something else in between. */
export function* beamTargetSteps(
  stepper: Stepper,
  options: BeamOptions,
  sources: Iterable<SourceIds>,
): Generator<readonly Hypothesis[] | undefined> {
  for (const batch of batchesOf(sources, stepper.rows)) {
    stepper.encode(batch);
    yield* beamSteps(
      stepper,
      options,
      batch.map(() => options.prompt),
    );
  }
}

/** A target that was drawn. */
export interface TargetSample extends Sample {
  /** The number of its source: 0 for the first, unless there were others before. */
  readonly source: number;
}

/**
 * Draws `count` targets for each source, by a transducer: those of the first source, then those of the second. The target with the index i of
 * source number s is drawn as the text i of `sampleTexts` with the seed `SEED/s`.
 *
 * @param firstSource the number of the first source, where there were others before
 */
export function* sampleTargets(
  stepper: Stepper,
  options: SampleOptions,
  count: number,
  sources: Iterable<SourceIds>,
  firstSource = 0,
): Generator<TargetSample> {
  for (const sample of sampleTargetSteps(stepper, options, count, sources, firstSource)) if (sample) yield sample;
}

/** The same, with `undefined` after each step of the model, so that the caller may do something else in between. */
export function* sampleTargetSteps(
  stepper: Stepper,
  options: SampleOptions,
  count: number,
  sources: Iterable<SourceIds>,
  firstSource = 0,
): Generator<TargetSample | undefined> {
  let first = firstSource;
  for (const batch of batchesOf(sources, stepper.rows)) {
    stepper.encode(batch);
    const prompts = readPrompts(stepper, options.prompt, batch.length);
    const optionsOf = batch.map((_, at) => ({ ...options, seed: `${options.seed}/${first + at}` }));
    const begin = (place: number) => {
      const at = Math.floor(place / count);
      return { drawing: new Drawing(place % count, optionsOf[at]!), prompt: prompts[at]! };
    };
    let drawn = 0;
    for (const sample of drawSteps(stepper, options, count * batch.length, begin)) {
      yield sample && { ...sample, source: first + Math.floor(drawn++ / count) };
    }
    first += batch.length;
  }
}

/** Items in their order, `size` at a time. */
function* batchesOf<T>(items: Iterable<T>, size: number): Generator<readonly T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
