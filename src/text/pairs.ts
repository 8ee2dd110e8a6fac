import { createSha256 } from '#host/sha256';
import { message, option, UserError } from '../errors.ts';
import type { PairTask } from '../pair-task.ts';
import { allocateIds, type Ids } from './ids.ts';
import { COLUMNS, linesOf, type NoPair, type PairForm, parsePair, type SymbolPair } from './pair-lines.ts';
import { sourceName, sourceNames } from './source-name.ts';
import { describeSymbol, type TextSymbol } from './symbols.ts';
import { countCharacters } from './utf8.ts';
import { Vocabulary } from './vocabulary.ts';

/** How pairs are read, and which symbols they may have. */
export interface PairOptions extends PairForm {
  /** Symbols seen fewer times than this become `<unk>`; 1 if not given. */
  readonly minCount?: number | undefined;
  /** The vocabularies of a model, to go on with it or to measure it. */
  readonly vocabularies?: PairVocabularies | undefined;
  /** Whether symbols that these vocabularies do not have are added to them. If not, they make a line that can't be read. */
  readonly extend?: boolean | undefined;
  /**
   * Is told of each line that can't be read, which is then left out, when all lines have been read. If not given, the first such line is an
   * error; and if no line can be read, the first one is.
   */
  readonly onProblem?: ((problem: UserError) => void) | undefined;
}

export interface PairVocabularies {
  readonly source: Vocabulary;
  readonly target: Vocabulary;
}

/** One side of all pairs, as ids: those of pair i are ids[starts[i] … starts[i + 1]). */
export interface Column {
  readonly vocabulary: Vocabulary;
  readonly ids: Ids;
  readonly starts: Uint32Array;
}

/** Pairs as ids. Targets are without `<stop>`. */
export interface PairCorpus {
  readonly task: PairTask;
  readonly columns: readonly [number, number];
  readonly maxLength?: number | undefined;
  readonly source: Column;
  readonly target: Column;
  readonly count: number;
  /** Code points and bytes read, and SHA-256 of the bytes of all sources in order, in hexadecimal. */
  readonly characters: number;
  readonly bytes: number;
  readonly hash: string;
  readonly sources: readonly string[];
}

/**
 * The pairs of some texts, one after the other. UTF-16 is converted, unless symbols are bytes. Lines are those of `linesOf`, a byte order mark at the start of a text is dropped, and empty lines are
 * passed over. UserError that names the line: a line that is no pair, a tag sequence of another length than its source, a symbol outside a
 * given vocabulary.
 *
 * @param contents by the name of each text
 */
export function pairsFrom(
  contents: readonly (readonly [name: string, bytes: Uint8Array])[],
  options: PairOptions,
): PairCorpus {
  const assembly = new PairAssembly(options);
  for (const [name, bytes] of contents) assembly.add(name, bytes);
  return assembly.finish();
}

/** Makes pairs from texts that come one after the other, so that only one need be in memory. */
export class PairAssembly {
  readonly #options: PairOptions;
  readonly #problems: UserError[] = [];
  readonly #hash = createSha256();
  readonly #pairs: SymbolPair[] = [];
  readonly #sources: string[] = [];
  #bytes = 0;
  #characters = 0;

  constructor(options: PairOptions) {
    this.#options = options;
  }

  add(source: string, content: Uint8Array): void {
    this.#sources.push(source);
    this.#hash.update(content);
    this.#bytes += content.length;
    for (const { number, line } of linesOf(content, sourceName(source), this.#options)) {
      const pair = readPair(line, this.#options);
      if ('why' in pair) {
        const place = `${sourceName(source)}: line ${number}`;
        const problem = new UserError(message`${place}: ${pair.why}`);
        if (!this.#options.onProblem) throw problem;
        this.#problems.push(problem);
        continue;
      }
      this.#pairs.push(pair);
      this.#characters += countCharacters(line);
    }
  }

  finish(): PairCorpus {
    const { task, columns = COLUMNS, maxLength, onProblem } = this.#options;
    if (this.#pairs.length === 0) {
      const [first] = this.#problems;
      throw (
        first ?? new UserError(`${sourceNames(this.#sources)}: there is no pair; give lines of source, tab, target`)
      );
    }
    for (const problem of this.#problems) onProblem?.(problem);
    const sourceSymbols = this.#pairs.map(({ source }) => source);
    const targetSymbols = this.#pairs.map(({ target }) => target);
    const { source, target } = this.#vocabularies(sourceSymbols, targetSymbols);
    return {
      task,
      columns,
      maxLength,
      source: encodeColumn(sourceSymbols, source),
      target: encodeColumn(targetSymbols, target),
      count: this.#pairs.length,
      characters: this.#characters,
      bytes: this.#bytes,
      hash: this.#hash.digest(),
      sources: this.#sources,
    };
  }

  /** The vocabularies that are given, with new symbols where these are to be added, or new ones. A target has no `<unk>`. */
  #vocabularies(sourceSymbols: SymbolLists, targetSymbols: SymbolLists): PairVocabularies {
    const { vocabularies, extend, task, sourceUnit, targetUnit, minCount = 1 } = this.#options;
    if (vocabularies && !extend) return vocabularies;
    const [sources, targets] = [countSymbols(sourceSymbols), countSymbols(targetSymbols)];
    if (vocabularies) {
      const { source, target } = vocabularies;
      return { source: source.extend(sources, minCount), target: target.extend(targets, 1) };
    }
    return {
      source: Vocabulary.build(sources, { unit: sourceUnit, minCount }),
      target: Vocabulary.build(targets, { unit: targetUnit, stop: task === 'transduce' }),
    };
  }
}

type SymbolLists = readonly (readonly TextSymbol[])[];

/** A line as a pair of symbols that the vocabularies have, if they are given, or why it is none. */
function readPair(line: Uint8Array, options: PairOptions): SymbolPair | NoPair {
  const pair = parsePair(line, options);
  const { vocabularies, extend } = options;
  if ('why' in pair || !vocabularies || extend) return pair;
  const source = findUnknown(pair.source, vocabularies.source);
  const target = findUnknown(pair.target, vocabularies.target);
  if (source !== undefined) {
    return {
      why: message`the source has ${describeSymbol(source)}, which no source of the training had; leave the pair out, or train with ${option('minCount')} 2 or more`,
    };
  }
  if (target === undefined) return pair;
  return { why: `the target has ${describeSymbol(target)}, which no target of the training had; leave the pair out` };
}

function findUnknown(symbols: readonly TextSymbol[], vocabulary: Vocabulary): TextSymbol | undefined {
  if (vocabulary.unknown !== undefined) return undefined;
  return symbols.find((symbol) => vocabulary.id(symbol) === undefined);
}

function countSymbols(columns: SymbolLists): Map<TextSymbol, number> {
  const counts = new Map<TextSymbol, number>();
  for (const symbols of columns) for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  return counts;
}

/** The vocabulary has every symbol, itself or as `<unk>`. */
function encodeColumn(columns: readonly (readonly TextSymbol[])[], vocabulary: Vocabulary): Column {
  const total = columns.reduce((sum, { length }) => sum + length, 0);
  const ids = allocateIds(vocabulary.size, total);
  const starts = new Uint32Array(columns.length + 1);
  let at = 0;
  for (const [index, symbols] of columns.entries()) {
    for (const symbol of symbols) {
      ids[at++] = vocabulary.id(symbol) ?? vocabulary.unknown!;
    }
    starts[index + 1] = at;
  }
  return { vocabulary, ids, starts };
}
