import { beamSteps } from '../decoding/beam.ts';
import type { Constraint } from '../decoding/constraint.ts';
import type { SampleOptions as DrawOptions, Outcome } from '../decoding/draft.ts';
import type { Hypothesis } from '../decoding/hypothesis.ts';
import {
  BEAM_LENGTHS,
  type BeamRequest,
  beamSchema,
  type FullBeamRequest,
  type FullSampleRequest,
  MOST_KEPT,
  SAMPLE_LENGTHS,
  type SampleRequest,
  type ScoreRequest,
  sampleSchema,
  scoreSchema,
} from '../decoding/options.ts';
import { promptOf } from '../decoding/prompt.ts';
import { Reader } from '../decoding/reader.ts';
import { type Sample, sampleSteps, sampleStream } from '../decoding/sample.ts';
import { type Score, scoreLines, scoreWhole } from '../decoding/scoring.ts';
import type { SearchOptions } from '../decoding/search.ts';
import type { SearchStep } from '../decoding/search-trace.ts';
import { selectTexts } from '../decoding/select.ts';
import { Stops } from '../decoding/stops.ts';
import { inOption, message, option, UsageError, UserError } from '../errors.ts';
import { chooseKernel, type KernelChoice } from '../kernel/choose.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { loadCheckpoint } from '../nn/checkpoint-file.ts';
import { parseOptions } from '../schema.ts';
import { bytesOf, exactString, stringOf, type Text } from '../text/text.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { Place } from '../training/place.ts';
import { Steppers } from './steppers.ts';
import { Turns } from './turns.ts';
import { vocabularyOf } from './vocabulary.ts';

export type { Score } from '../decoding/scoring.ts';
export { describeSequences, type SearchStep } from '../decoding/search-trace.ts';

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
}

/** A completion that beam search found. `text` and `completion` are without what ended them. */
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

/** How likely a text is. */
export interface ScoredText {
  /** Σ log p in nats. */
  readonly logProbability: number;
  /** −Σ log₂ p over the number of symbols. */
  readonly bitsPerCharacter: number;
  /** How many symbols were scored as `<unk>`. */
  readonly unknown: number;
  /** Every symbol that was scored, `<stop>` too, and its surprisal −log₂ p. */
  readonly symbols: readonly { readonly symbol: string; readonly bits: number }[];
}

/** Texts drawn side by side: more gain little, and the first would come later. */
const SAMPLE_ROWS = 64;

/** Rows of a stepper that searches for many prefixes side by side: more gain little. */
const BEAM_ROWS = 512;

/** How long symbols of a stream are gathered before they are given, in milliseconds; the first is given at once. */
const PIECE_MS = 4;

/** Reads a checkpoint and gets its model ready. UserError, in a line, where there is none or it is damaged. */
export function load(path: string, kernel: Place['kernel'] = 'auto'): LanguageModel {
  return new LanguageModel(loadCheckpoint(path), path, kernel);
}

/**
 * A trained model that completes and scores text. What computes for long is asynchronous and lets the event loop go on, and several
 * calls may be in progress at once. Each call checks its options: UserError that names the option.
 */
export class LanguageModel {
  readonly checkpoint: Checkpoint;
  /** Names the model in messages. */
  readonly name: string;
  readonly vocabulary: Vocabulary;
  readonly #kernel: Place['kernel'];
  readonly #steppers: Steppers;
  #choice: KernelChoice | undefined;
  #reader: Reader | undefined;
  /** The last constraint: making one may take seconds, and the next call often asks for the same. */
  #constraint: { readonly key: string; readonly constraint: Constraint | undefined } | undefined;

  /** @param checkpoint as `loadCheckpoint` or a training run's snapshot gives it; `name` names it in messages */
  constructor(checkpoint: Checkpoint, name = 'the checkpoint', kernel: Place['kernel'] = 'auto') {
    const { pairs } = checkpoint.model;
    if (pairs) throw new UserError(`${name}: a model of pairs (task ${pairs.task}); a model of texts is needed here`);
    this.checkpoint = checkpoint;
    this.name = name;
    this.vocabulary = vocabularyOf(checkpoint, name);
    this.#kernel = kernel;
    this.#steppers = new Steppers(() => this.choice, checkpoint);
  }

  /** The kernel that it computes with. UserError where the one asked for can't be had. */
  get choice(): KernelChoice {
    this.#choice ??= chooseKernel(this.#kernel);
    return this.#choice;
  }

  /** Draws texts, and gives each as soon as it and those before it are done. UserError for what no text can meet. */
  async *sample(request: SampleRequest = {}): AsyncGenerator<SampledText, void, void> {
    const options = parseOptions(sampleSchema, request);
    const { prefix, count, unique, known = new Set(), noRepeat } = options;
    requireKept(options);
    const drawing = await this.#drawing(options);
    const textOf = ({ ids }: Sample) => this.#wholeText(prefix, ids);
    const selects = unique || known.size > 0 || noRepeat !== undefined;
    const turns = new Turns();
    const stepper = this.#steppers.take(selects ? SAMPLE_ROWS : Math.min(SAMPLE_ROWS, count));
    try {
      const samples = selects
        ? selectTexts(sampleSteps(stepper, drawing, Number.POSITIVE_INFINITY), count, { unique, known, textOf })
        : sampleSteps(stepper, drawing, count);
      for (const sample of samples) {
        if (sample) {
          const { ids, stopped, logProbability } = sample;
          yield { ...this.#textFields(prefix, ids), ids, stopped, logProbability };
        }
        if (turns.isOver) await turns.next();
      }
    } finally {
      this.#steppers.giveBack(stepper);
    }
  }

  /**
   * Draws one text, the first that `sample` draws, and gives it piece by piece as it is made, without the prefix. Returns how the text
   * ended.
   */
  async *stream(request: SampleRequest = {}): AsyncGenerator<string, Outcome, void> {
    const decoder = this.vocabulary.decoder();
    const pieces = this.#pieces(request);
    for (let next = await pieces.next(); ; next = await pieces.next()) {
      const text = next.done ? decoder.end() : next.value.map((id) => decoder.write(id)).join('');
      if (text !== '') yield text;
      if (next.done) return next.value;
    }
  }

  /** The same as bytes: exact even where a model of bytes writes bytes that don't form UTF-8. */
  async *streamBytes(request: SampleRequest = {}): AsyncGenerator<Uint8Array, Outcome, void> {
    const pieces = this.#pieces(request);
    for (let next = await pieces.next(); ; next = await pieces.next()) {
      if (next.done) return next.value;
      yield this.vocabulary.decodeBytes(next.value);
    }
  }

  /** The same as symbols. */
  async *#pieces(request: SampleRequest): AsyncGenerator<readonly number[], Outcome, void> {
    const options = parseOptions(sampleSchema, request);
    if (options.noRepeat !== undefined) requireKept(options);
    const drawing = await this.#drawing(options);
    const stepper = this.#steppers.take(1);
    try {
      const symbols = sampleStream(stepper, drawing);
      let piece: number[] = [];
      let due = 0;
      for (let next = symbols.next(); ; next = symbols.next()) {
        if (!next.done) piece.push(next.value);
        if (next.done || performance.now() >= due) {
          if (piece.length > 0) yield piece;
          piece = [];
          await new Promise((resolve) => setImmediate(resolve));
          due = performance.now() + PIECE_MS;
        }
        if (next.done) return next.value;
      }
    } finally {
      this.#steppers.giveBack(stepper);
    }
  }

  /**
   * The completions of a prefix with the largest scores, the largest first, by the rules of `beamSearch`. `trace` is told of every step of the search. UserError as
   * for `sample`.
   */
  async beam(prefix: Text, request: BeamRequest = {}, trace?: (step: SearchStep) => void): Promise<FoundText[]> {
    for await (const found of this.beams([prefix], request, trace)) return found;
    return [];
  }

  /** The same for many prefixes, in their order, each as soon as it is done. */
  async *beams(
    prefixes: readonly Text[],
    request: BeamRequest = {},
    trace?: (step: SearchStep) => void,
  ): AsyncGenerator<FoundText[], void, void> {
    const options = parseOptions(beamSchema, request);
    const { k } = options;
    const search = { ...(await this.#search(options)), trace };
    const prompts = prefixes.map((prefix) => inOption('prefix', () => promptOf(prefix, this.vocabulary)));
    const turns = new Turns();
    const stepper = this.#steppers.take(prefixes.length > 1 ? Math.max(k, BEAM_ROWS) : k);
    let done = 0;
    try {
      for (const hypotheses of beamSteps(stepper, search, prompts)) {
        if (hypotheses) {
          const prefix = prefixes[done++]!;
          yield hypotheses.map((hypothesis) => this.#found(prefix, hypothesis));
        }
        if (turns.isOver) await turns.next();
      }
    } finally {
      this.#steppers.giveBack(stepper);
    }
  }

  /** Why the model can't read a text: it has a symbol outside the vocabulary. Undefined where the model can read it. */
  problemWith(text: Text): UserError | undefined {
    try {
      this.vocabulary.encode(text);
      return undefined;
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
  }

  /** Scores a text from end to end; a model of lines scores each line by itself. UserError for a text that the model can't read. */
  async score(text: Text): Promise<ScoredText> {
    const [score] = this.scores([text], { whole: true });
    return this.#scored(score!);
  }

  /** Scores each line by itself, from `<stop>` (or a newline) to the next. UserError as for `score`. */
  async scoreLines(lines: readonly Text[]): Promise<ScoredText[]> {
    return this.scores(lines).map((score) => this.#scored(score));
  }

  /**
   * Scores many or long texts: lines, or whole texts. A score says itself why its text can't be read, and its log-probability is −∞ then.
   */
  scores(texts: readonly Text[], request: ScoreRequest = {}): Score[] {
    const { whole } = parseOptions(scoreSchema, request);
    const { model, parameters } = this.checkpoint;
    this.#reader ??= new Reader(this.choice, model, parameters);
    const reader = this.#reader;
    if (!whole) return scoreLines(reader, this.vocabulary, texts);
    return texts.map((text) => scoreWhole(reader, this.vocabulary, text));
  }

  async #drawing(options: FullSampleRequest): Promise<DrawOptions> {
    const prompt = inOption('prefix', () => promptOf(options.prefix, this.vocabulary));
    return { ...options, prompt, never: this.#never(options), ...(await this.#ends(options, SAMPLE_LENGTHS)) };
  }

  /** T: the most symbols of a completion that beam search looks for. */
  beamLength({ length }: BeamRequest): number {
    return length ?? (this.vocabulary.stop === undefined ? BEAM_LENGTHS.stream : BEAM_LENGTHS.lines);
  }

  async #search(options: FullBeamRequest): Promise<SearchOptions> {
    const { k, finished = k } = options;
    return {
      ...options,
      width: k,
      finished,
      never: this.#never(options),
      ...(await this.#ends(options, BEAM_LENGTHS)),
    };
  }

  /** `<unk>` reads as no text, so that completions have it only if they are allowed to. */
  #never({ unknown }: FullSampleRequest | FullBeamRequest): number | undefined {
    return unknown ? undefined : this.vocabulary.unknown;
  }

  /** Where completions end, and what they must be like until then. */
  async #ends(
    options: FullSampleRequest | FullBeamRequest,
    lengths: typeof SAMPLE_LENGTHS,
  ): Promise<{ length: number; stops: Stops; constraint: Constraint | undefined }> {
    const { length = this.vocabulary.stop === undefined ? lengths.stream : lengths.lines } = options;
    const stops = inOption('stop', () => Stops.of(this.vocabulary, options.stop));
    const { match, allow, forbid, contains, maxWords, minLength, unknown } = options;
    if ([match, allow, forbid, contains[0], maxWords, minLength].every((each) => each === undefined)) {
      return { length, stops, constraint: undefined };
    }
    const wanted = { match, allow, forbid, contains, maxWords, minLength, unknown };
    const key = JSON.stringify([wanted, options.stop]);
    if (this.#constraint?.key !== key) {
      // Loaded only where it is needed: regular expressions take longer to load than a first symbol to draw.
      const { Constraint } = await import('../decoding/constraint.ts');
      this.#constraint = { key, constraint: Constraint.of(wanted, stops, this.vocabulary) };
    }
    const { constraint } = this.#constraint;
    constraint?.requireWithin(length);
    return { length, stops, constraint };
  }

  #found(prefix: Text, { ids, ending, finished, score, logProbability, symbols }: Hypothesis): FoundText {
    const cut = ids.length - ending;
    const end = ids
      .slice(cut)
      .map((id) => this.vocabulary.label(id))
      .join('');
    return { ...this.#textFields(prefix, ids.slice(0, cut)), end, finished, score, logProbability, symbols };
  }

  /** A prefix, as it was given, and the completion with these symbols: bytes where the symbols are bytes. */
  #wholeText(prefix: Text, ids: readonly number[]): Text {
    if (this.vocabulary.unit !== 'byte') return exactString(prefix) + this.vocabulary.decode(ids);
    return Buffer.concat([bytesOf(prefix), this.vocabulary.decodeBytes(ids)]);
  }

  #textFields(prefix: Text, ids: readonly number[]): Pick<SampledText, 'text' | 'completion' | 'bytes'> {
    const whole = this.#wholeText(prefix, ids);
    const texts = { text: stringOf(whole), completion: this.vocabulary.decode(ids) };
    return typeof whole === 'string' ? texts : { ...texts, bytes: whole };
  }

  #scored({ logProbability, bitsPerCharacter, unknown, ids, losses, problem }: Score): ScoredText {
    if (problem) throw problem;
    const symbols = Array.from(ids, (id, at) => ({ symbol: this.vocabulary.label(id), bits: losses[at]! / Math.LN2 }));
    return { logProbability, bitsPerCharacter, unknown, symbols };
  }
}

/** UsageError where what must be kept in memory has no bound: a whole text, or all texts so far. */
function requireKept({ length = 0, unique, count }: FullSampleRequest): void {
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
