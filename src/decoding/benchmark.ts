import type { KernelChoice } from '../kernel/choose.ts';
import { median } from '../kernel/timing.ts';
import type { ModelConfig } from '../nn/config.ts';
import { freshParameters } from '../nn/initializers.ts';
import { Stepper } from '../nn/stepper.ts';
import { sampleStream } from './sample.ts';
import { Stops } from './stops.ts';

/** Symbols between looks at the clock, and the share of the time that isn't counted, for V8 compiles in tiers. */
const CHUNK = 100;
const WARM_UP = 0.3;

/**
 * Microseconds to sample a character of one stream: the median of chunks, of a model with random parameters. UserError where the model has too
 * many of them.
 */
export function measureSampling(choice: KernelChoice, model: ModelConfig, seconds: number): number {
  const stepper = new Stepper(choice, model, freshParameters(model, 'benchmark'), 1);
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
