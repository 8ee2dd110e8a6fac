import type { Constraint } from '../decoding/constraint.ts';
import type { SampleOptions as DrawOptions } from '../decoding/draft.ts';
import type { Hypothesis } from '../decoding/hypothesis.ts';
import {
  BEAM_LENGTHS,
  type BeamRequest,
  type FullBeamRequest,
  type FullSampleRequest,
  MOST_KEPT,
  SAMPLE_LENGTHS,
} from '../decoding/options.ts';
import { promptOf } from '../decoding/prompt.ts';
import type { Sample } from '../decoding/sample.ts';
import type { SearchOptions } from '../decoding/search.ts';
import { Stops } from '../decoding/stops.ts';
import { inOption, message, option, UsageError } from '../errors.ts';
import { requireText } from '../text/options.ts';
import { bytesOf, concatBytes, exactString, stringOf, type Text } from '../text/text.ts';
import type { Vocabulary } from '../text/vocabulary.ts';

/** A completion that beam search found, or the target of a source. `text` and `completion` are without what ended them. */
export interface FoundText {
  readonly text: string;
  readonly completion: string;
  /** The text as bytes, where the model's symbols are bytes: `text` has U+FFFD for bytes that are not UTF-8. */
  readonly bytes?: Uint8Array;
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
  /** The text as bytes, where the model's symbols are bytes: `text` has U+FFFD for bytes that are not UTF-8. */
  readonly bytes?: Uint8Array;
  /** Whether the text ended by itself rather than at the length. */
  readonly stopped: boolean;
  /** Σ log p in nats, the end included. */
  readonly logProbability: number;
  /** False for a text that was drawn by looking ahead, because its constraints are met so seldom: how often it is drawn is approximate. */
  readonly exact: boolean;
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
  prompt(prefix: Text): readonly number[] {
    requireText('prefix', prefix);
    return inOption('prefix', () => promptOf(prefix, this.#vocabulary));
  }

  /** UsageError for what no text can meet. */
  async drawing(options: FullSampleRequest): Promise<DrawOptions> {
    const prompt = this.prompt(options.prefix);
    return { ...options, prompt, never: this.#never(options), ...(await this.#ends(options, SAMPLE_LENGTHS)) };
  }

  /** UsageError likewise. */
  async search(options: FullBeamRequest): Promise<SearchOptions> {
    const { k, finished = k } = options;
    const never = this.#never(options);
    return { ...options, width: k, finished, never, ...(await this.#ends(options, BEAM_LENGTHS)) };
  }

  /** T: the most symbols of a completion that beam search looks for. */
  beamLength({ length }: BeamRequest): number {
    return length ?? BEAM_LENGTHS[this.#vocabulary.layout];
  }

  /** A prefix, as it was given, and the completion with these symbols: bytes where the symbols are bytes. */
  wholeText(prefix: Text, ids: readonly number[]): Text {
    if (this.#vocabulary.unit === 'byte') return concatBytes([bytesOf(prefix), this.#vocabulary.decodeBytes(ids)]);
    const [before, completion] = [exactString(prefix), this.#vocabulary.decode(ids)];
    return `${before}${this.spaceBetween(before, completion)}${completion}`;
  }

  /** What stands between a prefix and a completion: a space, where both are of tokens and neither has white space there. */
  spaceBetween(prefix: Text, completion: string): string {
    const isApart = this.#vocabulary.unit === 'token' && /\S$/u.test(stringOf(prefix)) && /^[^\n]/u.test(completion);
    return isApart ? ' ' : '';
  }

  found(prefix: Text, { ids, ending, finished, score, logProbability, symbols }: Hypothesis): FoundText {
    const cut = ids.length - ending;
    const end = ids
      .slice(cut)
      .map((id) => this.#vocabulary.label(id))
      .join('');
    return { ...this.#textFields(prefix, ids.slice(0, cut)), end, finished, score, logProbability, symbols };
  }

  sampled(prefix: Text, { ids, stopped, logProbability, exact }: Sample): SampledText {
    return { ...this.#textFields(prefix, ids), ids, stopped, logProbability, exact };
  }

  #textFields(prefix: Text, ids: readonly number[]): Pick<SampledText, 'text' | 'completion' | 'bytes'> {
    const whole = this.wholeText(prefix, ids);
    const texts = { text: stringOf(whole), completion: this.#vocabulary.decode(ids) };
    return typeof whole === 'string' ? texts : { ...texts, bytes: whole };
  }

  /** `<unk>` reads as no text, so that completions have it only if they are allowed to. */
  #never({ unknown }: FullSampleRequest | FullBeamRequest): number | undefined {
    return unknown ? undefined : this.#vocabulary.unknown;
  }

  async #ends(options: FullSampleRequest | FullBeamRequest, lengths: typeof SAMPLE_LENGTHS): Promise<Ends> {
    const { length = lengths[this.#vocabulary.layout] } = options;
    const stops = inOption('stop', () => Stops.of(this.#vocabulary, options.stop));
    const { match, allow, forbid, contains, maxWords, minLength, unknown } = options;
    if ([match, allow, forbid, contains[0], maxWords, minLength].every((each) => each === undefined)) {
      return { length, stops, constraint: undefined };
    }
    const wanted = { match, allow, forbid, contains, maxWords, minLength, unknown };
    const key = JSON.stringify([wanted, options.stop]);
    if (this.#constraint?.key !== key) {
      // Loaded only where it is needed: regular expressions take longer to load than a first symbol to draw.
      const { Constraint } = await import('#decoding/constraints');
      this.#constraint = { key, constraint: Constraint.of(wanted, stops, this.#vocabulary) };
    }
    const { constraint } = this.#constraint;
    constraint?.requireWithin(length);
    return { length, stops, constraint };
  }
}

/** UsageError where what must be kept in memory has no bound: a whole text, or all texts so far. */
export function requireKept({ length = 0, unique, count }: FullSampleRequest): void {
  if (length > MOST_KEPT.symbols) {
    throw new UsageError(
      message`${option('length')} ${length} is more than a text that is kept in memory may have; give ${MOST_KEPT.symbols} or less, or draw one text of a stream, which is printed as it is drawn`,
    );
  }
  if (unique && count > MOST_KEPT.texts) {
    throw new UsageError(
      message`${option('count')} ${count} is too much for ${option('unique')}, which keeps all texts in memory; give ${MOST_KEPT.texts} or less`,
    );
  }
}

/** What was found for the one text that was asked about. */
export async function onlyOf(found: AsyncIterable<FoundText[]>): Promise<FoundText[]> {
  for await (const texts of found) return texts;
  return [];
}
