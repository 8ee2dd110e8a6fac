import { type RankOptions, rankLabels, sampleLabels } from '../decoding/labels.ts';
import {
  type Constraints,
  type SampleRequest,
  sampleSchema,
  type TargetBeamRequest,
  targetBeamSchema,
} from '../decoding/options.ts';
import type { PairReader } from '../decoding/pair-reader.ts';
import { message, option, UsageError } from '../errors.ts';
import type { PairModelConfig } from '../nn/config.ts';
import type { SourceIds } from '../nn/source-rows.ts';
import { parseOptions } from '../schema.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { Turns } from '../training/turns.ts';
import type { FoundText, Requests } from './requests.ts';
import type { SampledTarget, TargetDecoder } from './target-decoder.ts';

/** A label, and how likely it is. */
export interface RankedLabel {
  readonly label: string;
  readonly logProbability: number;
  readonly probability: number;
}

/** Sources that are read together: the longer ones are read beside each other. */
const TOGETHER = 256;

/** What a request may say where the source decides how many labels there are, and each label is chosen by itself. */
const CONSTRAINTS = ['match', 'allow', 'forbid', 'contains', 'maxWords', 'minLength'] as const;
const BEAM_KEYS: readonly string[] = ['k', 'lengthPenalty', ...CONSTRAINTS];
const SAMPLE_KEYS: readonly string[] = ['count', 'seed', 'temperature', 'topK', 'topP', 'minP', 'typical'];

/** Gives the labels of a tagger or a classifier. */
export class Labeller implements TargetDecoder {
  readonly #task: PairModelConfig['task'];
  readonly #reader: () => PairReader;
  readonly #vocabulary: Vocabulary;
  readonly #requests: Requests;

  /** @param vocabulary that of the labels */
  constructor(
    task: PairModelConfig['task'],
    reader: () => PairReader,
    { vocabulary, requests }: { readonly vocabulary: Vocabulary; readonly requests: Requests },
  ) {
    this.#task = task;
    this.#reader = reader;
    this.#vocabulary = vocabulary;
    this.#requests = requests;
  }

  async *beams(sources: readonly SourceIds[], request: TargetBeamRequest): AsyncGenerator<FoundText[], void, void> {
    const options = parseOptions(targetBeamSchema, request);
    this.#requireKeys(request, BEAM_KEYS);
    const wanted = { count: options.k, lengthPenalty: options.lengthPenalty, language: await this.#language(options) };
    for await (const logits of this.#logits(sources))
      yield rankLabels(logits, wanted).map((found) => this.#requests.found('', found));
  }

  async *samples(
    sources: readonly SourceIds[],
    request: SampleRequest,
    firstSource: number,
  ): AsyncGenerator<SampledTarget, void, void> {
    const options = parseOptions(sampleSchema, request);
    this.#requireKeys(request, SAMPLE_KEYS);
    let source = firstSource;
    for await (const logits of this.#logits(sources)) {
      const own = { ...options, seed: `${options.seed}/${source}` };
      for (let index = 0; index < options.count; index++)
        yield { ...this.#requests.sampled('', sampleLabels(logits, own, index)), source };
      source++;
    }
  }

  /** The `count` likeliest labels at each position of a source, the best first: one position of a classifier. */
  positions(source: SourceIds, count: number): readonly (readonly RankedLabel[])[] {
    const [logits = []] = this.#reader().labelLogits([source]);
    return logits.map((position) =>
      rankLabels([position], { count }).map(({ ids, logProbability }) => {
        return { label: this.#vocabulary.decode(ids), logProbability, probability: Math.exp(logProbability) };
      }),
    );
  }

  async *#logits(sources: readonly SourceIds[]): AsyncGenerator<readonly Float32Array[], void, void> {
    const turns = new Turns();
    for (let first = 0; first < sources.length; first += TOGETHER) {
      for (const logits of this.#reader().labelLogits(sources.slice(first, first + TOGETHER))) {
        yield logits;
        if (turns.isOver) await turns.next();
      }
    }
  }

  /** Loaded only where it is needed, as `Requests` does it. */
  async #language(options: Constraints): Promise<RankOptions['language']> {
    if (CONSTRAINTS.every((key) => options[key] === undefined || String(options[key]) === '')) return undefined;
    const { languageOf } = await import('#decoding/constraints');
    return languageOf(options, this.#vocabulary);
  }

  #requireKeys(request: object, allowed: readonly string[]): void {
    const stranger = Object.entries(request).find(([key, value]) => value !== undefined && !allowed.includes(key));
    if (!stranger) return;
    throw new UsageError(
      message`${option(stranger[0])} has no meaning for a model of the task ${this.#task}, which chooses each label by itself; leave it out`,
    );
  }
}
