import { type SampleRequest, sampleSchema, type TargetBeamRequest, targetBeamSchema } from '../decoding/options.ts';
import { type Sample, sampleSteps } from '../decoding/sample.ts';
import type { SearchStep } from '../decoding/search-trace.ts';
import { selectTexts } from '../decoding/select.ts';
import { beamTargetSteps, sampleTargetSteps } from '../decoding/transduce.ts';
import type { SourceIds } from '../nn/source-rows.ts';
import type { Stepper } from '../nn/stepper.ts';
import { parseOptions } from '../schema.ts';
import { Turns } from '../training/turns.ts';
import { type FoundText, type Requests, requireKept } from './requests.ts';
import type { Steppers } from './steppers.ts';
import type { SampledTarget, TargetDecoder } from './target-decoder.ts';

/** The most targets that are drawn side by side, and the most hypotheses that are searched: more gain little. */
const SAMPLE_ROWS = 64;
const BEAM_ROWS = 512;

/** Finds targets symbol by symbol. The prefix of a request is what every target begins with. */
export class Transducer implements TargetDecoder {
  readonly #steppers: Steppers;
  readonly #requests: Requests;

  constructor(steppers: Steppers, requests: Requests) {
    this.#steppers = steppers;
    this.#requests = requests;
  }

  async *beams(
    sources: readonly SourceIds[],
    request: TargetBeamRequest,
    trace?: (step: SearchStep) => void,
  ): AsyncGenerator<FoundText[], void, void> {
    const { prefix, ...options } = parseOptions(targetBeamSchema, request);
    const search = { ...(await this.#requests.search(options)), trace, prompt: this.#requests.prompt(prefix) };
    const rows = Math.max(options.k, Math.min(BEAM_ROWS, options.k * sources.length));
    const found = this.#steps(rows, (stepper) => beamTargetSteps(stepper, search, sources));
    for await (const hypotheses of found)
      yield hypotheses.map((hypothesis) => this.#requests.found(prefix, hypothesis));
  }

  async *samples(
    sources: readonly SourceIds[],
    request: SampleRequest,
    firstSource: number,
  ): AsyncGenerator<SampledTarget, void, void> {
    const options = parseOptions(sampleSchema, request);
    const { prefix, count, unique, known = new Set(), noRepeat, seed } = options;
    requireKept(options);
    const drawing = await this.#requests.drawing(options);
    const rows = Math.min(SAMPLE_ROWS, count * Math.max(1, sources.length));
    if (!unique && known.size === 0 && noRepeat === undefined) {
      const drawn = this.#steps(rows, (stepper) => sampleTargetSteps(stepper, drawing, count, sources, firstSource));
      for await (const sample of drawn) yield { ...this.#requests.sampled(prefix, sample), source: sample.source };
      return;
    }
    const textOf = ({ ids }: Sample) => this.#requests.wholeText(prefix, ids);
    for (const [at, ids] of sources.entries()) {
      const source = firstSource + at;
      const own = { ...drawing, seed: `${seed}/${source}` };
      const drawn = this.#steps(SAMPLE_ROWS, (stepper) => {
        stepper.encode([ids]);
        const samples = sampleSteps(stepper, own, Number.POSITIVE_INFINITY);
        return selectTexts(samples, count, { unique, known, textOf });
      });
      for await (const sample of drawn) yield { ...this.#requests.sampled(prefix, sample), source };
    }
  }

  /** Runs steps on a stepper, in turns, and gives what they find. */
  async *#steps<T>(rows: number, run: (stepper: Stepper) => Iterable<T | undefined>): AsyncGenerator<T, void, void> {
    const turns = new Turns();
    const stepper = this.#steppers.take(rows);
    try {
      for (const found of run(stepper)) {
        if (found !== undefined) yield found;
        if (turns.isOver) await turns.next();
      }
    } finally {
      this.#steppers.giveBack(stepper);
    }
  }
}
