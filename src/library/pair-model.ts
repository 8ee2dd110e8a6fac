import type { SampleRequest, TargetBeamRequest } from '../decoding/options.ts';
import { PairReader } from '../decoding/pair-reader.ts';
import { scorePairs } from '../decoding/pair-scoring.ts';
import type { Score } from '../decoding/scoring.ts';
import type { SearchStep } from '../decoding/search-trace.ts';
import { inOption, problemIn, UserError } from '../errors.ts';
import { chooseKernel, type KernelChoice } from '../kernel/choose.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { PairModelConfig } from '../nn/config.ts';
import { requireText } from '../text/options.ts';
import type { PairVocabularies } from '../text/pairs.ts';
import { splitBytes } from '../text/split-text.ts';
import { describeSymbol } from '../text/symbols.ts';
import { bytesOf, concatBytes, exactString, stringOf, type Text } from '../text/text.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { Place } from '../training/place.ts';
import { requireTexts } from './given-text.ts';
import { Labeller, type RankedLabel } from './labeller.ts';
import { type FoundText, onlyOf, Requests } from './requests.ts';
import { type ScoredText, scoredText } from './scored-text.ts';
import { Steppers } from './steppers.ts';
import type { SampledTarget, TargetDecoder } from './target-decoder.ts';
import { Transducer } from './transducer.ts';
import { pairVocabulariesOf } from './vocabulary.ts';

export type { RankedLabel } from './labeller.ts';
export type { SampledTarget } from './target-decoder.ts';

/** A symbol of a source, or a whole source, with its labels, the likeliest first. */
export interface LabelledSymbol {
  readonly symbol: string;
  readonly labels: readonly RankedLabel[];
}

/** What a transducer attends to while it predicts a target. */
export interface AttendedPair {
  readonly source: string;
  readonly target: string;
  /** The symbols of the source, and those of the target, the last of which is `<stop>`. */
  readonly sourceSymbols: readonly string[];
  readonly targetSymbols: readonly string[];
  /** [target][source] the weight of each symbol of the source when a symbol of the target is predicted. They add up to 1. */
  readonly weights: readonly (readonly number[])[];
}

/**
 * A trained model of pairs: it gives targets for sources, and scores pairs. A transducer's target is a sequence, a tagger's has a label for each
 * symbol of the source, and a classifier's is one label. What computes for long is asynchronous and lets the event loop go on, and several
 * calls may be in progress at once. Each call checks its options: UserError that names the option. A source is one line; UserError where it is
 * empty or has a symbol that the model does not know.
 */
export class PairModel {
  readonly checkpoint: Checkpoint;
  /** Names the model in messages. */
  readonly name: string;
  readonly task: PairModelConfig['task'];
  readonly vocabularies: PairVocabularies;
  readonly #kernel: Place['kernel'];
  readonly #requests: Requests;
  readonly #decoder: TargetDecoder;
  #pairReader: PairReader | undefined;

  /**
   * @param checkpoint as `loadCheckpoint` or a training run's snapshot gives it; UserError for a model of texts
   * @param name names it in messages
   */
  constructor(checkpoint: Checkpoint, name = 'the checkpoint', kernel: Place['kernel'] = 'auto') {
    const { pairs } = checkpoint.model;
    if (!pairs) throw new UserError(`${name}: a model of texts; a model of pairs is needed here`);
    this.checkpoint = checkpoint;
    this.name = name;
    this.task = pairs.task;
    this.vocabularies = pairVocabulariesOf(checkpoint, name);
    this.#kernel = kernel;
    this.#requests = new Requests(this.vocabulary);
    const shared = { vocabulary: this.vocabulary, requests: this.#requests };
    this.#decoder =
      this.task === 'transduce'
        ? new Transducer(new Steppers(() => this.choice, checkpoint), this.#requests)
        : new Labeller(this.task, () => this.#reader, shared);
  }

  /** The kernel that it computes with. UserError where the one asked for can't be had. */
  get choice(): KernelChoice {
    return chooseKernel(this.#kernel);
  }

  /** The vocabulary of the targets. */
  get vocabulary(): Vocabulary {
    return this.vocabularies.target;
  }

  /**
   * The likeliest targets of a source, the best first: by beam search (`beamSearch`) of a transducer, and by an exact ranking of a tagger or a
   * classifier. `trace` is told of every step of the search. UserError for what no target can meet.
   */
  async beam(source: Text, request: TargetBeamRequest = {}, trace?: (step: SearchStep) => void): Promise<FoundText[]> {
    return onlyOf(this.beams([source], request, trace));
  }

  /** Answers many sources as `beam` does: the targets of each, in the order of the sources, as soon as they are found. */
  async *beams(
    sources: readonly Text[],
    request: TargetBeamRequest = {},
    trace?: (step: SearchStep) => void,
  ): AsyncGenerator<FoundText[], void, void> {
    const ids = this.#encodeAll(sources);
    yield* this.#decoder.beams(ids, request, trace);
  }

  /** T: the most symbols of a target that beam search looks for. */
  beamLength(request: TargetBeamRequest): number {
    return this.#requests.beamLength(request);
  }

  /** Draws targets of a source, and gives each as soon as it and those before it are done. UserError for what no target can meet. */
  async *sample(source: Text, request: SampleRequest = {}): AsyncGenerator<SampledTarget, void, void> {
    yield* this.samples([source], request);
  }

  /**
   * Draws targets of many sources as `sample` does: `count` targets of the first, then as many of the second. With the seed, the number of a source decides every
   * draw. `firstSource` is the number of the first source, where there were others before.
   */
  async *samples(
    sources: readonly Text[],
    request: SampleRequest = {},
    firstSource = 0,
  ): AsyncGenerator<SampledTarget, void, void> {
    const ids = this.#encodeAll(sources);
    yield* this.#decoder.samples(ids, request, firstSource);
  }

  /**
   * The `count` likeliest labels of a source: by a tagger, for each of its symbols; by a classifier, for all of it. UserError where the model is
   * a transducer.
   */
  async labels(source: Text, count = 1): Promise<LabelledSymbol[]> {
    if (!(this.#decoder instanceof Labeller)) {
      throw new UserError(`${this.name}: a transducer gives no labels; ask for its targets`);
    }
    const [ids = []] = this.#encodeAll([source]);
    const symbols =
      this.task === 'tag' ? Array.from(ids, (id) => this.vocabularies.source.decode([id])) : [stringOf(source)];
    return this.#decoder.positions(ids, count).map((labels, at) => ({ symbol: symbols[at]!, labels }));
  }

  /**
   * What a transducer attends to in a pair; without a target, in the source and the best target that beam search finds for it. UserError where
   * the model has no attention, or can't read the pair.
   */
  async attention(source: Text, target?: Text): Promise<AttendedPair> {
    if (this.checkpoint.model.pairs?.attention === 'none' || this.task !== 'transduce')
      throw new UserError(`${this.name}: the model has no attention; train a model to transduce, with attention`);
    const [ids = []] = this.#encodeAll([source]);
    const predicted = target ?? (await this.beam(source))[0]?.text ?? '';
    requireText('target', predicted);
    const own = inOption('target', () => this.vocabulary.encode(predicted));
    return {
      source: stringOf(source),
      target: stringOf(predicted),
      sourceSymbols: Array.from(ids, (id) => this.vocabularies.source.label(id)),
      targetSymbols: [...own, this.vocabulary.stop!].map((id) => this.vocabulary.label(id)),
      weights: this.#reader.attention({ source: ids, target: own }).map((row) => [...row]),
    };
  }

  /** Scores the target of a source: log p(target | source). UserError for a pair that the model can't read. */
  async score(source: Text, target: Text): Promise<ScoredText> {
    requireText('source', source);
    requireText('target', target);
    const texts = [source, target];
    if (texts.some((text) => /[\t\n]/u.test(stringOf(text))))
      throw new UserError('a source and a target are lines without tabs');
    const [score] = this.scoreLines([concatBytes([bytesOf(source), bytesOf('\t'), bytesOf(target)])]);
    return scoredText(score!, this.vocabulary);
  }

  /**
   * Scores many pairs, each a line: source, tab, target, or the columns that are named, counted from 1. A score says itself why its line can't be read, and its log-probability is −∞ then.
   */
  scoreLines(lines: readonly Text[], columns?: readonly [number, number]): Score[] {
    requireTexts('line', lines);
    return scorePairs(this.#reader, this.vocabularies, lines, columns);
  }

  /** Why the model can't read a source. Undefined where the model can read it. */
  problemWith(source: Text): UserError | undefined {
    return problemIn(() => this.#encode(source));
  }

  /** The symbols of a source that the model reads as `<unk>`, as messages name them. */
  unknownIn(source: Text): string[] {
    const { source: vocabulary } = this.vocabularies;
    if (vocabulary.unknown === undefined) return [];
    const symbols = splitBytes(bytesOf(source), vocabulary.unit, () => exactString(source));
    return symbols.filter((symbol) => vocabulary.id(symbol) === undefined).map(describeSymbol);
  }

  get #reader(): PairReader {
    const { model, parameters } = this.checkpoint;
    this.#pairReader ??= new PairReader(this.choice, model, parameters);
    return this.#pairReader;
  }

  #encodeAll(sources: readonly Text[]): ArrayLike<number>[] {
    requireTexts('source', sources);
    return inOption('source', () => sources.map((source) => this.#encode(source)));
  }

  #encode(source: Text): ArrayLike<number> {
    const ids = source.length === 0 ? [] : this.vocabularies.source.encode(source);
    if (ids.length === 0) throw new UserError('is an empty source; give at least one symbol');
    return ids;
  }
}
