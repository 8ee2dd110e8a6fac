import type { Constraint } from '../decoding/constraint.ts';
import type { SampleOptions as DrawOptions } from '../decoding/draft.ts';
import type { Hypothesis } from '../decoding/hypothesis.ts';
import {
  BEAM_LENGTHS,
  type BeamRequest,
  type FullBeamRequest,
  type FullSampleRequest,
  SAMPLE_LENGTHS,
} from '../decoding/options.ts';
import { promptOf } from '../decoding/prompt.ts';
import type { Sample } from '../decoding/sample.ts';
import type { SearchOptions } from '../decoding/search.ts';
import { Stops } from '../decoding/stops.ts';
import { inOption } from '../errors.ts';
import type { Vocabulary } from '../text/vocabulary.ts';

/** A completion that beam search found, or the target of a source. `text` and `completion` are without what ended them. */
export interface FoundText {
  readonly text: string;
  readonly completion: string;
  /** What ended it: `<stop>` or a stop string; empty where it was cut off, or ended because the next symbol would no longer match. */
  readonly end: string;
  /** Whether it ended by itself rather than at the length. */
  readonly finished: boolean;
  /** (1 / Tᵅ) Σ log p. */
  readonly score: number;
  readonly logProbability: number;
  /** T: the symbols of the completion and of its end. */
  readonly symbols: number;
}

/** A text that was drawn. `text` and `completion` are without what ended them. */
export interface SampledText {
  readonly text: string;
  readonly completion: string;
  /** The symbols of the completion. */
  readonly ids: readonly number[];
  /** Whether the text ended by itself rather than at the length. */
  readonly stopped: boolean;
  /** Σ log p in nats, the end included. */
  readonly logProbability: number;
}

/** Where completions end, and what they must be like until then. */
interface Ends {
  readonly length: number;
  readonly stops: Stops;
  readonly constraint: Constraint | undefined;
}

/** Turns what is asked of a model into what decoding over its vocabulary is told, and what was found into texts. */
export class Requests {
  readonly #vocabulary: Vocabulary;
  /** The last constraint: making one may take seconds, and the next call often asks for the same. */
  #constraint: { readonly key: string; readonly constraint: Constraint | undefined } | undefined;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** The symbols that the model reads before a completion. UsageError where the prefix has a symbol outside the vocabulary. */
  prompt(prefix: string): readonly number[] {
    return inOption('prefix', () => promptOf(prefix, this.#vocabulary));
  }

  /** UsageError for what no text can meet. */
  async drawing(options: FullSampleRequest): Promise<DrawOptions> {
    return { ...options, prompt: this.prompt(options.prefix), ...(await this.#ends(options, SAMPLE_LENGTHS)) };
  }

  /** UsageError likewise. */
  async search(options: FullBeamRequest): Promise<SearchOptions> {
    const { k, finished = k } = options;
    return { ...options, width: k, finished, ...(await this.#ends(options, BEAM_LENGTHS)) };
  }

  /** T: the most symbols of a completion that beam search looks for. */
  beamLength({ length }: BeamRequest): number {
    return length ?? (this.#vocabulary.stop === undefined ? BEAM_LENGTHS.stream : BEAM_LENGTHS.lines);
  }

  /** The text of a prefix and the completion after it. */
  join(prefix: string, completion: string): string {
    const isApart = this.#vocabulary.unit === 'token' && /\S$/u.test(prefix) && completion !== '';
    return `${prefix}${isApart ? ' ' : ''}${completion}`;
  }

  found(prefix: string, { ids, ending, finished, score, logProbability, symbols }: Hypothesis): FoundText {
    const cut = ids.length - ending;
    const completion = this.#vocabulary.decode(ids.slice(0, cut));
    const end = ids
      .slice(cut)
      .map((id) => this.#vocabulary.label(id))
      .join('');
    return { text: this.join(prefix, completion), completion, end, finished, score, logProbability, symbols };
  }

  sampled(prefix: string, { ids, stopped, logProbability }: Sample): SampledText {
    const completion = this.#vocabulary.decode(ids);
    return { text: this.join(prefix, completion), completion, ids, stopped, logProbability };
  }

  async #ends(options: FullSampleRequest | FullBeamRequest, lengths: typeof SAMPLE_LENGTHS): Promise<Ends> {
    const { length = this.#vocabulary.stop === undefined ? lengths.stream : lengths.lines } = options;
    const stops = inOption('stop', () => Stops.of(this.#vocabulary, options.stop));
    const { match, allow, forbid, contains, maxWords, minLength } = options;
    if ([match, allow, forbid, contains[0], maxWords, minLength].every((each) => each === undefined)) {
      return { length, stops, constraint: undefined };
    }
    const wanted = { match, allow, forbid, contains, maxWords, minLength };
    const key = JSON.stringify([wanted, options.stop]);
    if (this.#constraint?.key !== key) {
      // Loaded only where it is needed: regular expressions take longer to load than a first symbol to draw.
      const { Constraint } = await import('../decoding/constraint.ts');
      this.#constraint = { key, constraint: Constraint.of(wanted, stops, this.#vocabulary) };
    }
    const { constraint } = this.#constraint;
    constraint?.requireWithin(length);
    return { length, stops, constraint };
  }
}
