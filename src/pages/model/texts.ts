import type { FoundText, LanguageModel, Score } from '../../library/language-model.ts';
import { ByteSpelling, partsOf, type ShownPart } from '../../text/byte-spelling.ts';
import { unescapeText } from '../../text/escapes.ts';
import { bytesOf, type Text } from '../../text/text.ts';
import type { Vocabulary } from '../../text/vocabulary.ts';

/** A symbol that may come next. */
export interface NextBar {
  readonly label: string;
  readonly probability: number;
  /** What it adds to the text; undefined for `<stop>` and `<unk>`. */
  readonly addition: Text | undefined;
}

/** The likeliest ones, and how many there are besides. */
export interface NextSymbols {
  readonly bars: readonly NextBar[];
  readonly left: number;
}

export interface SampleRequest {
  readonly prefix: Text;
  readonly count: number;
  readonly seed: string;
  readonly temperature: number;
  readonly topP: number;
  readonly length: number;
  /** Ends a text; empty for none. `\n`, `\t` and the like are escapes, as on the command line. */
  readonly stop: string;
}

/** A part of a text that is being drawn: of which one, counted from 0. */
export interface SamplePart {
  readonly index: number;
  readonly parts: readonly ShownPart[];
}

export interface BeamRequest {
  readonly prefix: Text;
  readonly k: number;
  readonly length: number;
  readonly lengthPenalty: number;
}

/** A completion that beam search found. */
export interface FoundRow extends Pick<FoundText, 'end' | 'finished' | 'score' | 'logProbability'> {
  /** The whole text, as it can be put into the box of the page. */
  readonly text: Text;
  /** What was added to the prefix, as it is shown. */
  readonly parts: readonly ShownPart[];
}

/** A symbol of a text, and how surprised the model was by it. */
export interface ScoredPart extends ShownPart {
  /** −log₂ p. */
  readonly bits: number;
}

export interface ScoredText {
  readonly parts: readonly ScoredPart[];
  /** Σ log p in nats. */
  readonly logProbability: number;
  readonly bitsPerSymbol: number;
  /** How many symbols were predicted. */
  readonly symbols: number;
  /** How many of them the model does not know. */
  readonly unknown: number;
}

/** The symbols after a prefix, the likeliest first, at most `most` of them. */
export async function nextSymbols(
  model: LanguageModel,
  { prefix, most }: { readonly prefix: Text; readonly most: number },
): Promise<NextSymbols> {
  const { stop, unknown } = model.vocabulary;
  const all = await model.next(prefix);
  const bars = all.slice(0, most).map(({ id, symbol, probability }) => {
    const addition = id === stop || id === unknown ? undefined : after(prefix, model.textWith(prefix, [id]));
    return { label: symbol, probability, addition };
  });
  return { bars, left: all.length - bars.length };
}

/** Draws texts, and gives each part as soon as it is there. Returns whether the last one ended by itself. */
export async function drawTexts(
  model: LanguageModel,
  request: SampleRequest,
  give: (part: SamplePart) => void,
  signal: AbortSignal,
): Promise<{ readonly stopped: boolean }> {
  const { stop, topP, ...rest } = request;
  const wanted = {
    ...rest,
    topP: topP < 1 ? topP : undefined,
    stop: stop === '' ? [] : [unescapeText(stop, model.vocabulary.unit)],
  };
  return request.count === 1 ? drawOne(model, wanted, give, signal) : drawMany(model, wanted, give, signal);
}

type Wanted = NonNullable<Parameters<LanguageModel['sample']>[0]>;

async function drawOne(
  model: LanguageModel,
  wanted: Wanted,
  give: (part: SamplePart) => void,
  signal: AbortSignal,
): Promise<{ readonly stopped: boolean }> {
  const spelling = new ByteSpelling();
  const pieces = model.vocabulary.unit === 'byte' ? model.streamBytes(wanted) : model.stream(wanted);
  for (let next = await pieces.next(); ; next = await pieces.next()) {
    if (next.done) {
      give({ index: 0, parts: spelling.end() });
      return { stopped: next.value.stopped };
    }
    give({ index: 0, parts: typeof next.value === 'string' ? [{ text: next.value }] : spelling.write(next.value) });
    if (signal.aborted) await pieces.return({ stopped: false, met: true, exact: true, tries: 1 });
  }
}

async function drawMany(
  model: LanguageModel,
  wanted: Wanted,
  give: (part: SamplePart) => void,
  signal: AbortSignal,
): Promise<{ readonly stopped: boolean }> {
  let index = 0;
  let hasStopped = false;
  for await (const { text, bytes, stopped } of model.sample(wanted)) {
    give({ index, parts: partsOf(after(wanted.prefix ?? '', bytes ?? text)) });
    hasStopped = stopped;
    index++;
    if (signal.aborted) break;
  }
  return { stopped: hasStopped };
}

/** The completions of a prefix with the largest scores, the best first. */
export async function findTexts(model: LanguageModel, { prefix, ...request }: BeamRequest): Promise<FoundRow[]> {
  const found = await model.beam(prefix, request);
  return found.map(({ text, bytes, end, finished, score, logProbability }) => {
    const whole = bytes ?? text;
    return { text: whole, parts: partsOf(after(prefix, whole)), end, finished, score, logProbability };
  });
}

/** What a text has after its prefix. */
function after(prefix: Text, whole: Text): Text {
  return typeof whole === 'string' ? whole.slice(prefix.length) : whole.slice(bytesOf(prefix).length);
}

/** How surprised the model is by each symbol of a text. Where symbols are bytes, those of a character count together. */
export async function scoreText(model: LanguageModel, text: Text): Promise<ScoredText> {
  const [score] = model.scores([text], { whole: true });
  return scoredText(score!, model.vocabulary);
}

/** A score as the page shows it. UserError where the text could not be read. */
export function scoredText(score: Score, vocabulary: Vocabulary): ScoredText {
  if (score.problem) throw score.problem;
  const { ids, losses, logProbability, bitsPerCharacter, unknown } = score;
  const parts: ScoredPart[] = [];
  const spelling = new ByteSpelling();
  const decoder = vocabulary.decoder();
  let bits = 0;
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at]!;
    bits += losses[at]! / Math.LN2;
    const shown =
      id === vocabulary.stop || id === vocabulary.unknown
        ? [{ text: vocabulary.label(id) }]
        : vocabulary.unit === 'byte'
          ? spelling.write(vocabulary.decodeBytes([id]))
          : [{ text: decoder.write(id) }];
    if (shown.length === 0) continue;
    parts.push(...shown.map((part, place) => ({ ...part, bits: place === shown.length - 1 ? bits : 0 })));
    bits = 0;
  }
  parts.push(...spelling.end().map((part) => ({ ...part, bits })));
  return { parts, logProbability, bitsPerSymbol: bitsPerCharacter, symbols: losses.length, unknown };
}
