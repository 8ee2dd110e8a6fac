import type { SampleRequest, TargetBeamRequest } from '../decoding/options.ts';
import type { SearchStep } from '../decoding/search-trace.ts';
import type { SourceIds } from '../nn/source-rows.ts';
import type { FoundText, SampledText } from './requests.ts';

/** A target that was drawn. */
export interface SampledTarget extends SampledText {
  /** The number of its source: 0 for the first, unless there were others before. */
  readonly source: number;
}

/** What finds targets for sources: a transducer, or what gives labels. */
export interface TargetDecoder {
  /** The likeliest targets of each source, the best first. */
  beams(
    sources: readonly SourceIds[],
    request: TargetBeamRequest,
    trace?: (step: SearchStep) => void,
  ): AsyncGenerator<FoundText[], void, void>;
  /** `count` targets of each source, drawn: those of the first source first. With the seed, a source's number decides every draw. */
  samples(
    sources: readonly SourceIds[],
    request: SampleRequest,
    firstSource: number,
  ): AsyncGenerator<SampledTarget, void, void>;
}
