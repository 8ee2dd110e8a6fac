import { message, option, UserError } from '../errors.ts';
import { SymbolDecoder } from './decoder.ts';
import { GraphemeSplitter } from './graphemes.ts';
import { allocateIds, type Ids } from './ids.ts';
import { guessLineEnd, type LineEnd, withLineEnd } from './line-ends.ts';
import type { Layout } from './mode.ts';
import { LINE } from './records.ts';
import { splitText } from './split-text.ts';
import { compareSymbols, describeSymbol, labelSymbol, loneSurrogate, type TextSymbol, type Unit } from './symbols.ts';
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
  /** The keys of code points are their numbers, so that encoding a text makes no string for each character. */
  readonly #ids: ReadonlyMap<TextSymbol, number>;

  private constructor(json: VocabularyJson) {
    this.unit = json.unit;
    this.stop = json.stop ? 0 : undefined;
    this.unknown = json.unknown ? Number(json.stop) : undefined;
    this.#specials = Number(json.stop) + Number(json.unknown);
    this.#symbols = json.symbols;
    this.size = this.#specials + this.#symbols.length;
    this.#ids = new Map(json.symbols.map((symbol, index) => [this.#key(symbol), this.#specials + index]));
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
      const most = Math.max(0, ...counts.values());
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
    return this.#ids.get(this.#key(symbol));
  }

  /** A symbol whose decomposed form (NFD) can be written with other symbols of the vocabulary; undefined if there is none. */
  writtenTwice(): string | undefined {
    const has = (part: string) => this.#ids.has(this.#key(part));
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
    return this.lineEnd === undefined ? [] : [...this.#encode(this.lineEnd)];
  }

  /**
   * A text as this vocabulary reads it. Line ends become those of the vocabulary (`withLineEnd`). If the text has symbols outside the
   * vocabulary and its composed (NFC) or decomposed (NFD) form has none, it is that form. UserError if the text is not UTF-8, except
   * where symbols are bytes.
   */
  read(text: Text): Text {
    const read = withLineEnd(this.unit === 'byte' ? text : exactString(text), this.lineEnd);
    if (typeof read !== 'string' || this.#knows(read)) return read;
    return [read.normalize('NFC'), read.normalize('NFD')].find((form) => this.#knows(form)) ?? read;
  }

  /**
   * The ids of a text, as `read` gives it. A symbol outside the vocabulary becomes `<unk>`. If there is no `<unk>`, it is a UserError
   * that names the position of the symbol (in code points, from 1).
   */
  encode(text: Text): Ids {
    return this.#encode(this.read(text));
  }

  /** The same, but a symbol outside the vocabulary is a UserError even if there is an `<unk>`. */
  encodeKnown(text: Text): Ids {
    const ids = this.encode(text);
    if (this.unknown !== undefined && ids.includes(this.unknown as never)) {
      throw new UserError(
        `${describeSymbol(this.#firstUnknown(text))} is not in the vocabulary, where it is <unk> like every unknown symbol; leave it out`,
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

  /** The same as `decode`, but as bytes. The result is exact even where the symbols are bytes that are not UTF-8. */
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

  #encode(text: Text): Ids {
    if (this.unit === 'byte') return this.#encodeBytes(text);
    if (this.unit === 'token' || this.unit === 'field')
      return this.#encodeStrings(splitText(text as string, this.unit));
    return this.unit === 'grapheme' ? this.#encodeClusters(text as string) : this.#encodeCodePoints(text as string);
  }

  /** Whether all characters of a text are in the vocabulary. Nothing has to be known of ASCII, which has one form only. */
  #knows(text: string): boolean {
    if (/^[\0-\x7f]*$/.test(text)) return true;
    try {
      return this.unknown === undefined
        ? this.#encode(text).length >= 0
        : !this.#encode(text).includes(this.unknown as never);
    } catch (error) {
      if (error instanceof UserError) return false;
      throw error;
    }
  }

  /** The first symbol of a text that is outside the vocabulary, which has an `<unk>`. */
  #firstUnknown(text: Text): TextSymbol {
    const read = this.read(text);
    if (this.unit === 'byte') return [...bytesOf(read)].find((byte) => !this.#ids.has(byte))!;
    if (this.unit === 'token' || this.unit === 'field') {
      return splitText(read as string, this.unit).find((symbol) => this.id(symbol) === undefined)!;
    }
    let found = '';
    const look = (symbol: string) => (found ||= this.id(symbol) === undefined ? symbol : '');
    if (this.unit === 'codepoint') {
      for (const character of read as string) look(character);
    } else {
      const splitter = new GraphemeSplitter(look);
      splitter.write(read as string);
      splitter.end();
    }
    return found;
  }

  #guessLineEnd(): LineEnd | undefined {
    if (this.stop !== undefined) return undefined;
    return guessLineEnd((symbol) => {
      const byte = symbol.length === 1 ? symbol.charCodeAt(0) : -1;
      return this.#ids.has(
        this.unit === 'byte' ? byte : this.unit === 'codepoint' && byte < 0 ? -1 : this.#key(symbol),
      );
    });
  }

  #text(id: number): TextSymbol {
    if (id === this.stop) return '';
    if (id === this.unknown) return '\u{fffd}';
    const symbol = this.#symbols[id - this.#specials];
    if (symbol === undefined) throw new RangeError(`id ${id} is outside the vocabulary of ${this.size}`);
    return symbol;
  }

  #key(symbol: TextSymbol): TextSymbol {
    return this.unit === 'codepoint' && typeof symbol === 'string' ? symbol.codePointAt(0)! : symbol;
  }

  #encodeStrings(symbols: readonly string[]): Ids {
    const ids = allocateIds(this.size, symbols.length);
    for (const [index, symbol] of symbols.entries()) {
      ids[index] = this.#ids.get(symbol) ?? this.unknown ?? this.#refuse(symbol, index + 1);
    }
    return ids;
  }

  #encodeCodePoints(text: string): Ids {
    const ids = allocateIds(this.size, text.length);
    const known = this.#ids;
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i)!;
      if (code > 0xffff) i++;
      const id = known.get(code) ?? this.unknown;
      if (id === undefined) this.#refuse(String.fromCodePoint(code), count + 1);
      ids[count++] = id;
    }
    return ids.slice(0, count);
  }

  #encodeClusters(text: string): Ids {
    const ids = allocateIds(this.size, text.length);
    let count = 0;
    let position = 1;
    const splitter = new GraphemeSplitter((cluster) => {
      ids[count++] = this.#ids.get(cluster) ?? this.unknown ?? this.#refuse(cluster, position);
      position += cluster.length === 1 ? 1 : [...cluster].length;
    });
    splitter.write(text);
    splitter.end();
    return ids.slice(0, count);
  }

  #encodeBytes(text: Text): Ids {
    const lone = typeof text === 'string' ? loneSurrogate(text) : -1;
    if (lone >= 0) {
      const position = [...(text as string).slice(0, lone)].length + 1;
      throw new UserError(
        `${describeSymbol((text as string)[lone]!)} at position ${position} is half a character and has no bytes; ` +
          'give well-formed Unicode text',
      );
    }
    const bytes = bytesOf(text);
    const ids = allocateIds(this.size, bytes.length);
    let position = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if ((byte & 0xc0) !== 0x80) position++;
      const id = this.#ids.get(byte) ?? this.unknown;
      if (id === undefined) this.#refuse(byte, position);
      ids[i] = id;
    }
    return ids;
  }

  #refuse(symbol: TextSymbol, position: number): never {
    throw new UserError(
      message`${describeSymbol(symbol)} at position ${position} is not in the vocabulary: it does not occur in the training text; leave it out, or train with ${option('minCount')} 2 or more, which reads unknown symbols as <unk>`,
    );
  }
}

/** A separator as JSON has it. The end of a line need not be told. */
function separatorJson(separator: Text): Pick<VocabularyJson, 'separator'> {
  if (separator === LINE) return {};
  return { separator: typeof separator === 'string' ? separator : [...separator] };
}
