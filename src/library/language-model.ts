import { nextTurn } from '#host/turn';
import { beamSteps } from '../decoding/beam.ts';
import type { Outcome } from '../decoding/drawing.ts';
import { continuations } from '../decoding/next.ts';
import {
  type BeamRequest,
  beamSchema,
  type SampleRequest,
  type ScoreRequest,
  sampleSchema,
  scoreSchema,
} from '../decoding/options.ts';
import { Reader } from '../decoding/reader.ts';
import { type Sample, sampleSteps, sampleStream } from '../decoding/sample.ts';
import { type Score, scoreLines, scoreWhole } from '../decoding/scoring.ts';
import type { SearchStep } from '../decoding/search-trace.ts';
import { selectTexts } from '../decoding/select.ts';
import { problemIn, UserError } from '../errors.ts';
import { chooseKernel, type KernelChoice } from '../kernel/choose.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { parseOptions } from '../schema.ts';
import type { Text } from '../text/text.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { Place } from '../training/place.ts';
import { Turns } from '../training/turns.ts';
import { requireTexts } from './given-text.ts';
import { type FoundText, onlyOf, Requests, requireKept, type SampledText } from './requests.ts';
import { type ScoredText, scoredText } from './scored-text.ts';
import { Steppers } from './steppers.ts';
import { vocabularyOf } from './vocabulary.ts';

export type { Score } from '../decoding/scoring.ts';
export { describeSequences, type SearchStep } from '../decoding/search-trace.ts';
export type { FoundText, SampledText } from './requests.ts';
export type { ScoredText } from './scored-text.ts';

/** A symbol that may come next. */
export interface NextSymbol {
  readonly id: number;
  /** The symbol as it is shown: `<stop>`, `<unk>`, or the symbol, where an invisible one is an escape. */
  readonly symbol: string;
  /** What the symbol adds to a text: nothing for `<stop>`. A byte that is no whole character is U+FFFD. */
  readonly text: string;
  /** log p in nats, and p. */
  readonly logProbability: number;
  readonly probability: number;
}

/** Texts drawn side by side: more gain little, and the first would come later. */
const SAMPLE_ROWS = 64;

/** Rows of a stepper that searches for many prefixes side by side: more gain little. */
const BEAM_ROWS = 512;

/** How long symbols of a stream are gathered before they are given, in milliseconds; the first is given at once. */
const PIECE_MS = 4;

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
  readonly #requests: Requests;
  #reader: Reader | undefined;

  /**
   * @param checkpoint as `loadCheckpoint` or a training run's snapshot gives it; UserError for a model of pairs
   * @param name names it in messages
   */
  constructor(checkpoint: Checkpoint, name = 'the checkpoint', kernel: Place['kernel'] = 'auto') {
    const { pairs } = checkpoint.model;
    if (pairs) throw new UserError(`${name}: a model of pairs (task ${pairs.task}); a model of texts is needed here`);
    this.checkpoint = checkpoint;
    this.name = name;
    this.vocabulary = vocabularyOf(checkpoint, name);
    this.#kernel = kernel;
    this.#steppers = new Steppers(() => this.choice, checkpoint);
    this.#requests = new Requests(this.vocabulary);
  }

  /** The kernel that it computes with. UserError where the one asked for can't be had. */
  get choice(): KernelChoice {
    return chooseKernel(this.#kernel);
  }

  /** Draws texts, and gives each as soon as it and those before it are done. UserError for what no text can meet. */
  async *sample(request: SampleRequest = {}): AsyncGenerator<SampledText, void, void> {
    const options = parseOptions(sampleSchema, request);
    const { prefix, count, unique, known = new Set(), noRepeat } = options;
    requireKept(options);
    const drawing = await this.#requests.drawing(options);
    const textOf = ({ ids }: Sample) => this.#requests.wholeText(prefix, ids);
    const selects = unique || known.size > 0 || noRepeat !== undefined;
    const turns = new Turns();
    const stepper = this.#steppers.take(selects ? SAMPLE_ROWS : Math.min(SAMPLE_ROWS, count));
    try {
      const samples = selects
        ? selectTexts(sampleSteps(stepper, drawing, Number.POSITIVE_INFINITY), count, { unique, known, textOf })
        : sampleSteps(stepper, drawing, count);
      for (const sample of samples) {
        if (sample) yield this.#requests.sampled(prefix, sample);
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
    let isFirst = true;
    for (let next = await pieces.next(); ; next = await pieces.next()) {
      const text = next.done ? decoder.end() : next.value.map((id) => decoder.write(id)).join('');
      if (text !== '') yield isFirst ? this.#requests.spaceBetween(request.prefix ?? '', text) + text : text;
      if (text !== '') isFirst = false;
      if (next.done) return next.value;
    }
  }

  /** Draws one text as `stream` does, and gives its pieces as bytes: exact even where a model of bytes writes bytes that don't form UTF-8. */
  async *streamBytes(request: SampleRequest = {}): AsyncGenerator<Uint8Array, Outcome, void> {
    const pieces = this.#pieces(request);
    for (let next = await pieces.next(); ; next = await pieces.next()) {
      if (next.done) return next.value;
      yield this.vocabulary.decodeBytes(next.value);
    }
  }

  /** The pieces of such a text, as symbols. */
  async *#pieces(request: SampleRequest): AsyncGenerator<readonly number[], Outcome, void> {
    const options = parseOptions(sampleSchema, request);
    const drawing = await this.#requests.drawing(options);
    if (drawing.constraint || options.noRepeat !== undefined) requireKept(options);
    const stepper = this.#steppers.take(1);
    try {
      const symbols = sampleStream(stepper, drawing);
      let piece: number[] = [];
      let due = 0;
      for (let next = symbols.next(); ; next = symbols.next()) {
        if (!next.done && next.value !== undefined) piece.push(next.value);
        if (next.done || performance.now() >= due) {
          if (piece.length > 0) yield piece;
          piece = [];
          await nextTurn();
          due = performance.now() + PIECE_MS;
        }
        if (next.done) return next.value;
      }
    } finally {
      this.#steppers.giveBack(stepper);
    }
  }

  /**
   * The completions of a prefix with the largest scores, the largest first: by beam search, as `beamSearch` says. `trace` is told of every step of the search. UserError as
   * for `sample`.
   */
  async beam(prefix: Text = '', request: BeamRequest = {}, trace?: (step: SearchStep) => void): Promise<FoundText[]> {
    return onlyOf(this.beams([prefix], request, trace));
  }

  /** Completes many prefixes as `beam` does: the completions of each, in the order of the prefixes, as soon as they are found. */
  async *beams(
    prefixes: readonly Text[],
    request: BeamRequest = {},
    trace?: (step: SearchStep) => void,
  ): AsyncGenerator<FoundText[], void, void> {
    const options = parseOptions(beamSchema, request);
    const { k } = options;
    const search = { ...(await this.#requests.search(options)), trace };
    requireTexts('prefix', prefixes);
    const prompts = prefixes.map((prefix) => this.#requests.prompt(prefix));
    const turns = new Turns();
    const stepper = this.#steppers.take(prefixes.length > 1 ? Math.max(k, BEAM_ROWS) : k);
    let done = 0;
    try {
      for (const hypotheses of beamSteps(stepper, search, prompts)) {
        if (hypotheses) {
          const prefix = prefixes[done++]!;
          yield hypotheses.map((hypothesis) => this.#requests.found(prefix, hypothesis));
        }
        if (turns.isOver) await turns.next();
      }
    } finally {
      this.#steppers.giveBack(stepper);
    }
  }

  /**
   * Every symbol that may follow a prefix, with its probability, the likeliest first. The probabilities add up to 1. UsageError for a prefix that the
   * model can't read.
   */
  async next(prefix: Text = ''): Promise<NextSymbol[]> {
    const prompt = this.#requests.prompt(prefix);
    const stepper = this.#steppers.take(1);
    try {
      return continuations(stepper, prompt).map(({ id, logProbability }) => ({
        id,
        symbol: this.vocabulary.label(id),
        text: this.vocabulary.decode([id]),
        logProbability,
        probability: Math.exp(logProbability),
      }));
    } finally {
      this.#steppers.giveBack(stepper);
    }
  }

  /** A text and the symbols after it: bytes where the symbols are bytes. Tokens are separated by a space. */
  textWith(text: Text, ids: readonly number[]): Text {
    return this.#requests.wholeText(text, ids);
  }

  /** Why the model can't read a text: it has a symbol outside the vocabulary. Undefined where the model can read it. */
  problemWith(text: Text): UserError | undefined {
    return problemIn(() => this.vocabulary.encode(text));
  }

  /** Scores a text from end to end; a model of lines scores each line by itself. UserError for a text that the model can't read. */
  async score(text: Text): Promise<ScoredText> {
    const [score] = this.scores([text], { whole: true });
    return scoredText(score!, this.vocabulary);
  }

  /** Scores each line by itself, from `<stop>` (or a newline) to the next. UserError as for `score`. */
  async scoreLines(lines: readonly Text[]): Promise<ScoredText[]> {
    return this.scores(lines).map((score) => scoredText(score, this.vocabulary));
  }

  /**
   * Scores many or long texts: lines, or whole texts. A score says itself why its text can't be read, and its log-probability is −∞ then.
   */
  scores(texts: readonly Text[], request: ScoreRequest = {}): Score[] {
    requireTexts('text', texts);
    const { whole } = parseOptions(scoreSchema, request);
    const { model, parameters } = this.checkpoint;
    this.#reader ??= new Reader(this.choice, model, parameters);
    const reader = this.#reader;
    if (!whole) return scoreLines(reader, this.vocabulary, texts);
    return texts.map((text) => scoreWhole(reader, this.vocabulary, text));
  }

  /** T: the most symbols of a completion that beam search looks for. */
  beamLength(request: BeamRequest): number {
    return this.#requests.beamLength(request);
  }
}
