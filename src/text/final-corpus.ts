import { UserError } from '../errors.ts';
import type { CheckedOptions } from './corpus-options.ts';
import { type CorpusEncoder, STOP } from './encoder.ts';
import { countIds, type Ids, mapIds } from './ids.ts';
import { commonLineEnd, countLineEnds, foreignLineEnd, LINE_END_NAMES, type LineEnd } from './line-ends.ts';
import type { Layout, Mode, ModeChoice } from './mode.ts';
import { FILE, LINE } from './records.ts';
import { sourceNames } from './source-name.ts';
import { describeSymbol, type TextSymbol } from './symbols.ts';
import type { Text } from './text.ts';
import { Vocabulary } from './vocabulary.ts';

/**
 * A text as ids.
 *
 * In stream mode, `ids` is the text. In lines mode, `ids` is `<stop>` line₀ `<stop>` line₁ `<stop>` … lineₙ₋₁ `<stop>`, and `lineStarts`
 * has n + 1 numbers. ids[lineStarts[i] … lineStarts[i + 1]) are line i and the `<stop>` that ends it. These are the targets of the line.
 * The id before a line is a `<stop>`, too, so the inputs of the line are the ids one place earlier. Where examples are no lines, but have a
 * separator or a file each, they stand in the place of the lines, and the mode is `lines`, too.
 */
export interface Corpus {
  readonly mode: Mode;
  readonly modeReason: string;
  readonly vocabulary: Vocabulary;
  readonly ids: Ids;
  readonly lineStarts: Uint32Array | undefined;
  /**
   * The number of code points that were read, with newlines and without byte order marks. For the unit `byte`, the number of bytes
   * except UTF-8 continuation bytes.
   */
  readonly characters: number;
  readonly bytes: number;
  /** SHA-256 of the bytes of all sources in their order, in hexadecimal. */
  readonly hash: string;
  readonly sources: readonly string[];
  /** What a reader should know of how the text was read: what was converted or left out, one sentence each. */
  readonly remarks: readonly string[];
  /** What was left out because the vocabulary does not have it; undefined where nothing was. */
  readonly leftOut?: LeftOut;
  /** How many bytes each source has. */
  readonly files: readonly number[];
}

/** Whether what a program gives is a corpus, which has been read, and no text or path of one. */
export function isCorpus(given: unknown): given is Corpus {
  return typeof given === 'object' && given !== null && 'ids' in given;
}

/** Symbols of a text that the vocabulary does not have. */
export interface LeftOut {
  /** How often they occur in the text. */
  readonly count: number;
  /** Each of them once, in words, in the order of the text. */
  readonly symbols: readonly string[];
}

/** What is known of a text when all of it has been read. */
export interface ReadText extends Pick<Corpus, 'bytes' | 'hash' | 'sources' | 'files'> {
  /** Has the text in provisional ids. */
  readonly encoder: CorpusEncoder;
  readonly options: CheckedOptions;
  readonly choice: ModeChoice;
  readonly layout: Layout;
  readonly separator: Text;
  /** Whether the separator occurs. */
  readonly hasSeparator: boolean;
  /** What was to be said while it was read. */
  readonly remarks: readonly string[];
}

/**
 * Makes the corpus of a text: settles its line ends, chooses its vocabulary, and turns provisional ids into those of the vocabulary. UserError
 * for a text without symbols, and for symbols that a given vocabulary does not have.
 */
export function finalCorpus(text: ReadText): Corpus {
  const { encoder, options, choice, layout, bytes, hash, sources, files } = text;
  const { mode } = choice;
  const { vocabulary: given } = options;
  encoder.finish(given?.id(given.unit === 'byte' ? 0x0d : '\r') !== undefined);
  const { lineEnd, remark } = layout === 'lines' ? NO_LINE_END : settleLineEnds(text);
  const remarks = [...text.remarks, ...[remark, separatorRemark(text)].flatMap((each) => named(each, sources))];
  const symbols = encoder.symbols;
  let { provisional } = encoder;
  const counts = countIds(provisional, symbols.length);
  requireText(text);
  const vocabulary = chooseVocabulary(text, counts, lineEnd);
  const { table, missing } = finalIds(encoder, counts, vocabulary);
  if (missing.length > 0 && !options.leaveOutUnknown) throw unknownSymbols(encoder, missing);
  if (missing.length > 0) {
    provisional = without(provisional, missing, mode);
    counts[STOP] = countIds(provisional, symbols.length)[STOP]!;
    if (provisional.length <= leastIds(mode)) throw unknownSymbols(encoder, missing);
  }
  const ids = mapIds(provisional, table, vocabulary.size);
  return {
    mode,
    modeReason: choice.reason,
    vocabulary,
    ids,
    lineStarts: vocabulary.stop === undefined ? undefined : findLineStarts(ids, vocabulary.stop, counts[STOP]!),
    characters: encoder.characters,
    bytes,
    hash,
    sources,
    files,
    remarks: [...remarks, ...remarksOnForms(vocabulary)],
    ...(missing.length > 0 && {
      leftOut: {
        count: missing.reduce((sum, id) => sum + counts[id]!, 0),
        symbols: missing.map((id) => describeSymbol(symbols[id]!)),
      },
    }),
  };
}

/** The ids that a text has that holds nothing: in lines mode, the `<stop>` before its first line. */
function leastIds(mode: Mode): number {
  return mode === 'lines' ? 1 : 0;
}

/** What ends the lines of a text, `none` if nothing does and no symbol may be taken for it, and what is to be said of that. */
interface SettledLineEnd {
  readonly lineEnd: LineEnd | 'none' | undefined;
  readonly remark?: string;
}

const NO_LINE_END: SettledLineEnd = { lineEnd: undefined };

/** Makes the line ends of a stream or of examples those of the vocabulary that is given, if one is. */
function settleLineEnds({ encoder, options: { vocabulary: given }, layout }: ReadText): SettledLineEnd {
  const { provisional, symbols } = encoder;
  const counts = countLineEnds(provisional, symbols, countIds(provisional, symbols.length));
  const own = commonLineEnd(counts);
  const foreign = given && foreignLineEnd(counts, given.lineEnd);
  if (foreign && given.lineEnd) {
    encoder.replaceLineEnds(foreign, given.lineEnd);
    const [from, to] = [LINE_END_NAMES[foreign], LINE_END_NAMES[given.lineEnd]];
    return {
      lineEnd: given.lineEnd,
      remark: `lines end in ${from}; read as ${to}, as the model’s text has it`,
    };
  }
  if (layout === 'stream' && own && counts[own] === 1 && encoder.endsWith(own) && encoder.buffer.length > 2) {
    const remark =
      'a single line, so that the line end after it separates nothing; sampling starts from another symbol';
    return { lineEnd: 'none', ...(!given && { remark }) };
  }
  return { lineEnd: own, ...(own === '\r' && !given && { remark: 'lines end in CR alone, as on old Macs' }) };
}

function separatorRemark({ layout, hasSeparator, separator }: ReadText): string | undefined {
  const isMissing = layout === 'records' && !hasSeparator && separator !== FILE;
  return isMissing ? 'the separator does not occur, so each file is one example' : undefined;
}

/** A remark, if there is one, with the names of what it is about. */
function named(remark: string | undefined, sources: readonly string[]): string[] {
  return remark === undefined ? [] : [`${sourceNames(sources)}: ${remark}`];
}

function requireText({ encoder, choice: { mode }, sources, bytes }: ReadText): void {
  if (encoder.buffer.length > leastIds(mode)) return;
  const why = bytes === 0 ? 'is empty' : 'holds no text';
  throw new UserError(
    `${sourceNames(sources)}: ${encoder.characters > 0 ? 'has empty lines only' : why}; give a text with at least one character`,
  );
}

function chooseVocabulary(
  { encoder: { symbols }, options, choice: { mode }, separator }: ReadText,
  counts: Float64Array,
  lineEnd: LineEnd | 'none' | undefined,
): Vocabulary {
  const { vocabulary: given, extend, unit, minCount } = options;
  if (given && !extend) return given;
  const occurring = new Map<TextSymbol, number>();
  for (let id = STOP + 1; id < symbols.length; id++) {
    // A count is 0 for the CR of a text in which every CR was left out before a newline.
    if (counts[id]! > 0) occurring.set(symbols[id]!, counts[id]!);
  }
  if (given) return given.extend(occurring, minCount);
  const isLines = mode === 'lines';
  return Vocabulary.build(occurring, { unit, minCount, stop: isLines, lineEnd, separator: isLines ? separator : LINE });
}

/** A remark on letters that a text writes in two ways: as one code point, and as a letter with a combining mark. */
function remarksOnForms(vocabulary: Vocabulary): string[] {
  const twice = vocabulary.writtenTwice();
  if (twice === undefined) return [];
  return [
    `${describeSymbol(twice)} and its decomposed form are both in the text; convert it to one form (NFC) if letters are written in two ways`,
  ];
}

/** The vocabulary's id for each provisional id, and the provisional ids of the text's symbols that the vocabulary does not have. */
function finalIds(
  encoder: CorpusEncoder,
  counts: Float64Array,
  vocabulary: Vocabulary,
): { table: Uint32Array; missing: readonly number[] } {
  const missing: number[] = [];
  const table = new Uint32Array(encoder.symbols.length);
  table[STOP] = vocabulary.stop ?? 0;
  for (let id = STOP + 1; id < table.length; id++) {
    const final = vocabulary.id(encoder.symbols[id]!) ?? vocabulary.unknown;
    if (final !== undefined) table[id] = final;
    else if (counts[id]! > 0) missing.push(id);
  }
  return { table, missing };
}

/** The ids without the missing ones. A line of missing symbols alone is left out as an empty line is. */
function without(provisional: Ids, missing: readonly number[], mode: Mode): Ids {
  const isMissing = new Set(missing);
  const known = provisional.filter((id) => !isMissing.has(id));
  if (mode === 'stream') return known;
  return known.filter((id, at) => at === 0 || id !== STOP || known[at - 1] !== STOP);
}

function unknownSymbols(encoder: CorpusEncoder, missing: readonly number[]): UserError {
  const [first = 0] = missing;
  return new UserError(
    `${encoder.firstSeen[first]}: ${describeSymbol(encoder.symbols[first]!)}${andOthers(missing.length - 1)} not in the vocabulary; ` +
      'give the text that the vocabulary was made from, or train anew',
  );
}

function andOthers(count: number): string {
  if (count === 0) return ' is';
  return count === 1 ? ' and 1 other symbol are' : ` and ${count} other symbols are`;
}

/** The index after each `<stop>`: the starts of the lines, and then the end of the last line. */
function findLineStarts(ids: Ids, stop: number, stops: number): Uint32Array {
  const starts = new Uint32Array(stops);
  let line = 0;
  const length = ids.length;
  for (let i = 0; i < length; i++) if (ids[i] === stop) starts[line++] = i + 1;
  return starts;
}
