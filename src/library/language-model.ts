import { beamSearches, type SearchOptions } from '../decoding/beam.ts';
import { Constraint } from '../decoding/constraint.ts';
import type { FilterOptions } from '../decoding/filters.ts';
import type { Hypothesis } from '../decoding/hypothesis.ts';
import { type LanguageOptions, languageOf } from '../decoding/language.ts';
import { modelVocabulary } from '../decoding/model-vocabulary.ts';
import { Reader } from '../decoding/reader.ts';
import type { RepeatOptions } from '../decoding/repeats.ts';
import { BEAM_LENGTH, defaultLength, SAMPLE_LENGTH, startFrom, stopsFrom } from '../decoding/requests.ts';
import { type SampleOptions, sampleStream, sampleTexts } from '../decoding/sample.ts';
import { type Score, scoreLines, scoreWhole } from '../decoding/scoring.ts';
import type { Stops } from '../decoding/stops.ts';
import { UserError } from '../errors.ts';
import { chooseKernel, type KernelChoice } from '../kernel/choose.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { loadCheckpoint } from '../nn/checkpoint-file.ts';
import { Stepper } from '../nn/stepper.ts';
import type { Vocabulary } from '../text/vocabulary.ts';

/** What completions start from, must be like, and end with. */
export interface CompletionOptions extends LanguageOptions {
  /** The most symbols of a completion, its end included. */
  readonly length?: number | undefined;
  /** Strings that end it, besides the model's `<stop>`. */
  readonly stop?: readonly string[] | undefined;
  /** n: no n symbols in a row come twice, the prefix's included. */
  readonly noRepeat?: number | undefined;
}

/** What `sample` can be told. Filters apply in the order in which they stand in `filter`. */
export interface SampleRequest extends CompletionOptions, Partial<FilterOptions>, RepeatOptions {
  readonly prefix?: string | undefined;
  /** How many texts; 1 if not given. */
  readonly count?: number | undefined;
  /** The same seed gives the same texts; 1 if not given. */
  readonly seed?: string | number | undefined;
}

/** What `beam` can be told. */
export interface BeamRequest extends CompletionOptions, Partial<Pick<SearchOptions, 'groups' | 'diversity'>> {
  /** Hypotheses kept at each step; 5 if not given. */
  readonly k?: number | undefined;
  /** N: how many finished hypotheses to look for; k if not given. */
  readonly finished?: number | undefined;
  /** α of the score; 1, the mean log-probability, if not given. */
  readonly lengthPenalty?: number | undefined;
}

/** A completion of a prefix. `text` and `completion` are without what ended them. */
export interface SampledText {
  readonly text: string;
  readonly completion: string;
  /** Whether it ended by itself rather than at the length. */
  readonly stopped: boolean;
  /** Whether it is as it was to be: it may not be where `noRepeat` left no symbol to go on with. */
  readonly met: boolean;
  /** Σ log p in nats, its end included. */
  readonly logProbability: number;
}

export interface FoundText {
  readonly text: string;
  readonly completion: string;
  /** Whether it ended by itself rather than at the length. */
  readonly finished: boolean;
  /** (1 / Tᵅ) Σ log p. */
  readonly score: number;
  readonly logProbability: number;
  /** T: its symbols, its end included. */
  readonly symbols: number;
}

/** How likely a text is. */
export type ScoredText = Pick<Score, 'logProbability' | 'bitsPerCharacter' | 'unknown'> & {
  /** Every symbol that was scored, `<stop>` too, and its surprisal −log₂ p. */
  readonly symbols: readonly { readonly symbol: string; readonly bits: number }[];
};

/** Rows of the steppers for many texts at once. */
const ROWS = 64;

/** Reads a checkpoint and gets its model ready. UserError, in a line, where there is none or it is damaged. */
export function load(path: string): LanguageModel {
  return new LanguageModel(loadCheckpoint(path), path);
}

/** A trained model that completes and scores text. */
export class LanguageModel {
  readonly checkpoint: Checkpoint;
  readonly vocabulary: Vocabulary;
  readonly #choice: KernelChoice;
  #stepper: Stepper | undefined;
  #reader: Reader | undefined;

  /** @param checkpoint as `loadCheckpoint` or a training run's snapshot gives it; `name` names it in messages */
  constructor(checkpoint: Checkpoint, name = 'the checkpoint') {
    this.checkpoint = checkpoint;
    this.vocabulary = modelVocabulary(checkpoint, name);
    this.#choice = chooseKernel('auto');
  }

  /** Draws texts. UserError for a prefix outside the vocabulary, and for what no text can meet. */
  sample(request: SampleRequest = {}): SampledText[] {
    const { prefix = '', count = 1 } = request;
    const samples = sampleTexts(this.#stepperOf(Math.min(count, ROWS)), this.#sampling(request), count);
    return Array.from(samples, ({ ids, stopped, met, logProbability }) => {
      const completion = this.vocabulary.decode(ids);
      return { text: prefix + completion, completion, stopped, met, logProbability };
    });
  }

  /** Draws one text, the first that `sample` gives, and yields it piece by piece as it is made, without the prefix. */
  *stream(request: SampleRequest = {}): Generator<string> {
    const decoder = this.vocabulary.decoder();
    // A stepper of its own: the reader may use the model between two pieces.
    for (const id of sampleStream(this.#newStepper(1), this.#sampling(request))) {
      const text = decoder.write(id);
      if (text !== '') yield text;
    }
    const rest = decoder.end();
    if (rest !== '') yield rest;
  }

  /** The likeliest completions of a prefix, best first: the rules are those of `beamSearch`. UserError as for `sample`. */
  beam(prefix: string, request: BeamRequest = {}): FoundText[] {
    return this.beams([prefix], request)[0]!;
  }

  /** The same for many prefixes at once, in their order. */
  beams(prefixes: readonly string[], request: BeamRequest = {}): FoundText[][] {
    const { k = 5, finished = k, lengthPenalty = 1, groups = 1, diversity = 0.5, noRepeat } = request;
    const { length, stops, constraint } = this.#ends(request, BEAM_LENGTH);
    const options = { width: k, length, finished, lengthPenalty, stops, groups, diversity, constraint, noRepeat };
    const prompts = prefixes.map((prefix) => startFrom(prefix, this.vocabulary).prompt);
    const stepper = this.#stepperOf(k * Math.min(Math.max(1, prefixes.length), Math.ceil((4 * ROWS) / k)));
    return Array.from(beamSearches(stepper, options, prompts), (hypotheses, at) =>
      hypotheses.map((hypothesis) => this.#found(prefixes[at]!, hypothesis)),
    );
  }

  /** Scores a text from end to end; a model of lines scores its lines, each for itself. UserError for an unknown character. */
  score(text: string): ScoredText {
    return this.#scored(scoreWhole(this.#reading(), this.vocabulary, text));
  }

  /** Scores lines, each for itself, from `<stop>` (or a newline) to the next. */
  scoreLines(lines: readonly string[]): ScoredText[] {
    return scoreLines(this.#reading(), this.vocabulary, lines).map((score) => this.#scored(score));
  }

  #sampling(request: SampleRequest): SampleOptions {
    const { prefix = '', temperature = 1, seed = 1, topK, topP, minP, typical } = request;
    const { repetitionPenalty, repetitionWindow, noRepeat } = request;
    return {
      prompt: startFrom(prefix, this.vocabulary).prompt,
      seed,
      ...this.#ends(request, SAMPLE_LENGTH),
      ...{ temperature, topK, topP, minP, typical, repetitionPenalty, repetitionWindow, noRepeat },
    };
  }

  /** Where completions end, and what they must be like until then. */
  #ends(
    request: CompletionOptions,
    lengths: typeof SAMPLE_LENGTH,
  ): { length: number; stops: Stops; constraint: Constraint | undefined } {
    const length = request.length ?? defaultLength(lengths, this.vocabulary);
    const stops = stopsFrom(request.stop ?? [], this.vocabulary);
    const language = languageOf(request, this.vocabulary);
    const constraint = language && new Constraint(language, stops);
    constraint?.requireWithin(length);
    return { length, stops, constraint };
  }

  #found(prefix: string, { ids, ending, finished, score, logProbability, symbols }: Hypothesis): FoundText {
    const completion = this.vocabulary.decode(ids.slice(0, ids.length - ending));
    return { text: prefix + completion, completion, finished, score, logProbability, symbols };
  }

  #scored({ logProbability, bitsPerCharacter, unknown, ids, losses, problem }: Score): ScoredText {
    if (problem !== undefined) throw new UserError(problem);
    const symbols = Array.from(ids, (id, at) => ({ symbol: this.vocabulary.label(id), bits: losses[at]! / Math.LN2 }));
    return { logProbability, bitsPerCharacter, unknown, symbols };
  }

  /** For what is done at one go. What comes out doesn't depend on rows to spare. */
  #stepperOf(rows: number): Stepper {
    if (!this.#stepper || this.#stepper.rows < rows) this.#stepper = this.#newStepper(rows);
    return this.#stepper;
  }

  #newStepper(rows: number): Stepper {
    const { model, parameters } = this.checkpoint;
    return new Stepper(this.#choice, model, parameters, rows);
  }

  #reading(): Reader {
    const { model, parameters } = this.checkpoint;
    this.#reader ??= new Reader(this.#choice, model, parameters);
    return this.#reader;
  }
}
