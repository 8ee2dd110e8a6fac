import { message, option, UserError } from '../errors.ts';
import { SymbolDecoder } from './decoder.ts';
import type { Ids } from './ids.ts';
import { guessLineEnd, type LineEnd, withLineEnd } from './line-ends.ts';
import type { Layout } from './mode.ts';
import { LINE } from './records.ts';
import { SymbolEncoder } from './symbol-encoder.ts';
import { compareSymbols, describeSymbol, labelSymbol, type TextSymbol, type Unit } from './symbols.ts';
import { bytesOf, exactString, type Text } from './text.ts';
import { parseVocabulary, type VocabularyJson } from './vocabulary-json.ts';

export interface VocabularyOptions {
  readonly unit: Unit;
  /** Symbols that occur fewer times than this become `<unk>`. With 1, the default, all symbols are kept and there is no `<unk>`. */
  readonly minCount?: number;
  /** True if there is a `<stop>`, which ends an example. */
  readonly stop?: boolean;
  /** What ends a line of a stream; `none` if nothing does. If it is not given, the symbols tell it. */
  readonly lineEnd?: LineEnd | 'none' | undefined;
  /** What separates the examples of a file. Default: the end of a line. */
  readonly separator?: Text;
}

/**
 * The symbols of a model and their ids. The special ids come first, if there are any: `<stop>`, then `<unk>`. The symbols follow in
 * the order of their code points. A special id has no spelling: no text is read as one, not even the six characters "<stop>".
 */
export class Vocabulary {
  readonly unit: Unit;
  /** k, the number of ids, special ids included. */
  readonly size: number;
  /** The id of `<stop>`, or undefined if examples don't end in one. */
  readonly stop: number | undefined;
  /** The id of `<unk>`, which stands for every symbol outside the vocabulary, or undefined if there is none. */
  readonly unknown: number | undefined;
  /** What ends a line of the text. Undefined if no symbol does: in lines mode, say. */
  readonly lineEnd: LineEnd | undefined;
  /** What separates texts in a file: `LINE`, `FILE`, or a text of its own, in which a newline stands for any line end. */
  readonly separator: Text;
  readonly #symbols: readonly TextSymbol[];
  readonly #specials: number;
  readonly #encoder: SymbolEncoder;

  private constructor(json: VocabularyJson) {
    this.unit = json.unit;
    this.stop = json.stop ? 0 : undefined;
    this.unknown = json.unknown ? Number(json.stop) : undefined;
    this.#specials = Number(json.stop) + Number(json.unknown);
    this.#symbols = json.symbols;
    this.size = this.#specials + this.#symbols.length;
    this.#encoder = new SymbolEncoder(json.symbols, this.#specials, this);
    this.lineEnd = json.lineEnd === 'none' ? undefined : (json.lineEnd ?? this.#guessLineEnd());
    const { separator = LINE } = json;
    this.separator = typeof separator === 'string' ? separator : Uint8Array.from(separator);
  }

  /** The vocabulary of a text, from the number of times that each symbol occurs. UserError if no symbol occurs often enough. */
  static build(counts: ReadonlyMap<TextSymbol, number>, options: VocabularyOptions): Vocabulary {
    const { unit, minCount = 1, stop = false, lineEnd, separator = LINE } = options;
    if (!Number.isSafeInteger(minCount) || minCount < 1) {
      throw new UserError(message`${option('minCount')} must be a whole number from 1, not ${minCount}`);
    }
    const symbols = [...counts.keys()].filter((symbol) => counts.get(symbol)! >= minCount).sort(compareSymbols);
    if (symbols.length === 0) {
      let most = 0;
      for (const count of counts.values()) most = Math.max(most, count);
      throw new UserError(
        counts.size === 0
          ? 'a vocabulary needs at least one symbol; the text has none'
          : message`no symbol occurs ${minCount} times; the most frequent one occurs ${most === 1 ? 'once' : `${most} times`}: use a smaller ${option('minCount')}`,
      );
    }
    return Vocabulary.fromJSON({ unit, stop, unknown: minCount > 1, symbols, lineEnd, ...separatorJson(separator) });
  }

  /** The vocabulary that `toJSON` described. UserError if `json` is not such a description. */
  static fromJSON(json: unknown): Vocabulary {
    return new Vocabulary(parseVocabulary(json));
  }

  /**
   * This vocabulary with the new symbols of another text: those that occur at least `minCount` times there. Rarer new symbols become
   * `<unk>`. If `minCount` is above 1 and there is no `<unk>` yet, it is added.
   */
  extend(counts: ReadonlyMap<TextSymbol, number>, minCount: number): Vocabulary {
    const isNew = (symbol: TextSymbol): boolean => this.id(symbol) === undefined && counts.get(symbol)! >= minCount;
    const symbols = [...this.#symbols, ...[...counts.keys()].filter(isNew)].sort(compareSymbols);
    const { unit, stop, unknown } = this.toJSON();
    const own = { lineEnd: this.lineEnd, ...separatorJson(this.separator) };
    return Vocabulary.fromJSON({ unit, stop, unknown: unknown || minCount > 1, symbols, ...own });
  }

  /** For each id of this vocabulary, the id of the same symbol in a vocabulary that extends this one. */
  idsIn(extended: Vocabulary): Uint32Array {
    const ids = new Uint32Array(this.size);
    if (this.stop !== undefined) ids[this.stop] = extended.stop!;
    if (this.unknown !== undefined) ids[this.unknown] = extended.unknown!;
    for (const [index, symbol] of this.#symbols.entries()) ids[this.#specials + index] = extended.id(symbol)!;
    return ids;
  }

  /** Plain JSON. It lists the symbols in the order of their ids, without the special ids. */
  toJSON(): VocabularyJson {
    return {
      unit: this.unit,
      stop: this.stop !== undefined,
      unknown: this.unknown !== undefined,
      symbols: [...this.#symbols] as string[] | number[],
      ...(this.lineEnd === this.#guessLineEnd() ? {} : { lineEnd: this.lineEnd ?? 'none' }),
      ...separatorJson(this.separator),
    };
  }

  /** What divides a text of this vocabulary into examples. */
  get layout(): Layout {
    if (this.stop === undefined) return 'stream';
    return this.separator === LINE ? 'lines' : 'records';
  }

  /** The id of a symbol, or undefined if the symbol is not in the vocabulary (even if there is an `<unk>`). */
  id(symbol: TextSymbol): number | undefined {
    return this.#encoder.id(symbol);
  }

  /** A symbol whose decomposed form (NFD) can be written with other symbols of the vocabulary; undefined if there is none. */
  writtenTwice(): string | undefined {
    const has = (part: string): boolean => this.id(part) !== undefined;
    return this.#symbols.find((symbol): symbol is string => {
      if (typeof symbol === 'number' || symbol.charCodeAt(0) < 0x80) return false;
      const decomposed = symbol.normalize('NFD');
      return decomposed !== symbol && (this.unit === 'grapheme' ? has(decomposed) : [...decomposed].every(has));
    });
  }

  /** The symbol that a stream starts from: the end of a line, as if a line began, or else the first symbol that is no line end. */
  get start(): number {
    const end = this.lineEndIds.at(-1);
    if (end !== undefined) return end;
    const isText = (symbol: TextSymbol) => !/^(?:\\[nr])+$/.test(labelSymbol(symbol));
    return this.#specials + Math.max(0, this.#symbols.findIndex(isText));
  }

  /** The ids of the line end; none if no symbol ends a line. */
  get lineEndIds(): readonly number[] {
    return this.lineEnd === undefined ? [] : [...this.#encoder.encode(this.lineEnd)];
  }

  /**
   * A text as this vocabulary reads it. Line ends become those of the vocabulary (`withLineEnd`). If the text has symbols outside the
   * vocabulary and its composed (NFC) or decomposed (NFD) form has none, it is that form. UserError if the text is not UTF-8, except
   * where symbols are bytes.
   */
  read(text: Text): Text {
    const read = withLineEnd(this.unit === 'byte' ? text : exactString(text), this.lineEnd);
    if (typeof read !== 'string' || this.#encoder.knows(read)) return read;
    return [read.normalize('NFC'), read.normalize('NFD')].find((form) => this.#encoder.knows(form)) ?? read;
  }

  /**
   * The ids of a text, as `read` gives it. A symbol outside the vocabulary becomes `<unk>`. If there is no `<unk>`, it is a UserError
   * that names the position of the symbol (in code points, from 1).
   */
  encode(text: Text): Ids {
    return this.#encoder.encode(this.read(text));
  }

  /** The ids of a text, as `encode` gives them; but a symbol outside the vocabulary is a UserError even if there is an `<unk>`. */
  encodeKnown(text: Text): Ids {
    const ids = this.encode(text);
    if (this.unknown !== undefined && ids.includes(this.unknown as never)) {
      throw new UserError(
        `${describeSymbol(this.#encoder.firstUnknown(this.read(text)))} is not in the vocabulary, where it is <unk> like every unknown symbol; leave it out`,
      );
    }
    return ids;
  }

  /**
   * The text of some ids. `<stop>` becomes the empty text. `<unk>`, and bytes that are not UTF-8, become U+FFFD. RangeError for an
   * id ≥ size.
   */
  decode(ids: ArrayLike<number>): string {
    if (this.unit !== 'byte' && this.unit !== 'token') return Array.from(ids, (id) => this.#text(id)).join('');
    const decoder = this.decoder();
    let text = '';
    for (let i = 0; i < ids.length; i++) text += decoder.write(ids[i]!);
    return text + decoder.end();
  }

  /** The text of some ids, as `decode` gives it, but as bytes. The result is exact even where the symbols are bytes that are not UTF-8. */
  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    if (this.unit !== 'byte') return new TextEncoder().encode(this.decode(ids));
    return Uint8Array.from(
      Array.from(ids, (id) => this.#text(id)).flatMap((symbol) =>
        typeof symbol === 'number' ? symbol : [...bytesOf(symbol)],
      ),
    );
  }

  /** A decoder for ids that come one at a time. */
  decoder(): SymbolDecoder {
    return new SymbolDecoder((id) => this.#text(id), this.unit === 'token' ? ' ' : '');
  }

  /** An id for display: `<stop>`, `<unk>`, or the symbol, where an invisible symbol is an escape. RangeError for an id ≥ size. */
  label(id: number): string {
    if (id === this.stop) return '<stop>';
    return id === this.unknown ? '<unk>' : labelSymbol(this.#text(id));
  }

  #guessLineEnd(): LineEnd | undefined {
    if (this.stop !== undefined) return undefined;
    return guessLineEnd((end) => {
      // CR LF is one symbol only where symbols are clusters.
      if (end.length > 1 && (this.unit === 'byte' || this.unit === 'codepoint')) return false;
      return this.id(this.unit === 'byte' ? end.charCodeAt(0) : end) !== undefined;
    });
  }

  #text(id: number): TextSymbol {
    if (id === this.stop) return '';
    if (id === this.unknown) return '\u{fffd}';
    const symbol = this.#symbols[id - this.#specials];
    if (symbol === undefined) throw new RangeError(`id ${id} is outside the vocabulary of ${this.size}`);
    return symbol;
  }
}

/** A separator as JSON has it. The end of a line need not be told. */
function separatorJson(separator: Text): Pick<VocabularyJson, 'separator'> {
  if (separator === LINE) return {};
  return { separator: typeof separator === 'string' ? separator : [...separator] };
}
