import type { KernelChoice } from '../kernel/choose.ts';
import { median } from '../kernel/timing.ts';
import type { ModelConfig } from '../nn/config.ts';
import { freshParameters } from '../nn/initializers.ts';
import { Stepper } from '../nn/stepper.ts';
import type { PairCorpus } from '../text/pairs.ts';
import { sampleStream } from './sample.ts';
import { Stops } from './stops.ts';
import { beamTargets } from './transduce.ts';

/** Symbols between looks at the clock, and the share of the time that isn't counted, for V8 compiles in tiers. */
const CHUNK = 100;
const WARM_UP = 0.3;

/** Hypotheses that are read side by side in beam search, and symbols of each target. */
const ROWS = 100;
const TARGET = 20;

/**
 * Microseconds to sample a character of one stream: the median of chunks, of a model with random parameters. UserError where the model has too
 * many of them.
 */
export function measureSampling(choice: KernelChoice, model: ModelConfig, seconds: number): number {
  const stepper = randomStepper(choice, model, 1);
  const options = {
    prompt: [0],
    temperature: 1,
    length: Number.POSITIVE_INFINITY,
    stops: new Stops(undefined),
    seed: 1,
  };
  const stream = sampleStream(stepper, options);
  const times: number[] = [];
  const begin = performance.now();
  while (performance.now() - begin < 1000 * seconds) {
    const start = performance.now();
    for (let symbol = 0; symbol < CHUNK; symbol++) stream.next();
    const end = performance.now();
    if (end - begin > 1000 * WARM_UP * seconds) times.push(end - start);
  }
  return (1000 * median(times)) / CHUNK;
}

/**
 * Seconds that a transducer with random parameters takes to find 20 target symbols for every source of a corpus, with k hypotheses each: the
 * median of as many runs as there is time for, three at least, after one that is not counted.
 */
export function measureTransduction(
  choice: KernelChoice,
  model: ModelConfig,
  { source, count }: PairCorpus,
  width: number,
  seconds: number,
): number {
  const stepper = randomStepper(choice, model, ROWS);
  const sources = Array.from({ length: count }, (_, pair) =>
    source.ids.subarray(source.starts[pair], source.starts[pair + 1]),
  );
  // Nothing ends a target, so each has all its symbols.
  const options = {
    prompt: [0],
    width,
    finished: width,
    length: TARGET,
    lengthPenalty: 1,
    stops: new Stops(undefined),
  };
  const run = (): number => {
    const start = performance.now();
    for (const _ of beamTargets(stepper, options, sources));
    return performance.now() - start;
  };
  run();
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (times.length < 3 || performance.now() < end) times.push(run());
  return median(times) / 1000;
}

function randomStepper(choice: KernelChoice, model: ModelConfig, rows: number): Stepper {
  return new Stepper(choice, model, freshParameters(model, 'benchmark'), rows);
}
