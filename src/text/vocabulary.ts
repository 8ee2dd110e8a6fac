import { message, option, UserError } from '../errors.ts';
import { SymbolDecoder } from './decoder.ts';
import { GraphemeSplitter } from './graphemes.ts';
import { allocateIds, type Ids } from './ids.ts';
import { compareSymbols, describeSymbol, labelSymbol, loneSurrogate, type TextSymbol, type Unit } from './symbols.ts';
import { parseVocabulary, type VocabularyJson } from './vocabulary-json.ts';

export interface VocabularyOptions {
  readonly unit: Unit;
  /** Symbols seen fewer times than this become `<unk>`. With 1, the default, all are kept and there is no `<unk>`. */
  readonly minCount?: number;
  /** Whether there is a `<stop>`, which ends an example. */
  readonly stop?: boolean;
}

/**
 * The symbols of a model and their ids: first the specials there are, `<stop>` then `<unk>`, then the symbols in the
 * order of their code points. Specials are ids only: no text, and not `<stop>` spelt out, is ever read as one.
 */
export class Vocabulary {
  readonly unit: Unit;
  /** k, the number of ids: specials and symbols. */
  readonly size: number;
  /** The id of `<stop>`, where examples end in one. */
  readonly stop: number | undefined;
  /** The id of `<unk>`, where there is one: it stands for every symbol outside the vocabulary. */
  readonly unknown: number | undefined;
  readonly #symbols: readonly TextSymbol[];
  readonly #specials: number;
  /** Code points go by their number: reading text needs no string a character then. */
  readonly #ids: ReadonlyMap<TextSymbol, number>;

  private constructor(json: VocabularyJson) {
    this.unit = json.unit;
    this.stop = json.stop ? 0 : undefined;
    this.unknown = json.unknown ? Number(json.stop) : undefined;
    this.#specials = Number(json.stop) + Number(json.unknown);
    this.#symbols = json.symbols;
    this.size = this.#specials + this.#symbols.length;
    this.#ids = new Map(json.symbols.map((symbol, index) => [this.#key(symbol), this.#specials + index]));
  }

  /** From how often each symbol occurs. UserError where no symbol is left. */
  static build(counts: ReadonlyMap<TextSymbol, number>, options: VocabularyOptions): Vocabulary {
    const { unit, minCount = 1, stop = false } = options;
    if (!Number.isSafeInteger(minCount) || minCount < 1) {
      throw new UserError(`the minimum count must be a whole number from 1, not ${minCount}`);
    }
    const symbols = [...counts.keys()].filter((symbol) => counts.get(symbol)! >= minCount).sort(compareSymbols);
    if (symbols.length === 0) {
      const most = Math.max(0, ...counts.values());
      throw new UserError(
        counts.size === 0
          ? 'a vocabulary needs at least one symbol; the text has none'
          : message`no symbol occurs ${minCount} times; the commonest occurs ${most} times: use a smaller ${option('minCount')}`,
      );
    }
    return Vocabulary.fromJSON({ unit, stop, unknown: minCount > 1, symbols });
  }

  /** Takes up what `toJSON` gave. UserError where it isn't that. */
  static fromJSON(json: unknown): Vocabulary {
    return new Vocabulary(parseVocabulary(json));
  }

  /**
   * With the symbols of another text besides: those seen `minCount` times or more there. Below that they become `<unk>`, which is
   * added where `minCount` is above 1 and there was none.
   */
  extend(counts: ReadonlyMap<TextSymbol, number>, minCount: number): Vocabulary {
    const isNew = (symbol: TextSymbol): boolean => this.id(symbol) === undefined && counts.get(symbol)! >= minCount;
    const symbols = [...this.#symbols, ...[...counts.keys()].filter(isNew)].sort(compareSymbols);
    const { unit, stop, unknown } = this.toJSON();
    return Vocabulary.fromJSON({ unit, stop, unknown: unknown || minCount > 1, symbols });
  }

  /** For each id of this vocabulary, the id of the same symbol in one that extends it. */
  idsIn(extended: Vocabulary): Uint32Array {
    const ids = new Uint32Array(this.size);
    if (this.stop !== undefined) ids[this.stop] = extended.stop!;
    if (this.unknown !== undefined) ids[this.unknown] = extended.unknown!;
    for (const [index, symbol] of this.#symbols.entries()) ids[this.#specials + index] = extended.id(symbol)!;
    return ids;
  }

  /** Plain JSON: the symbols without the specials, in the order of their ids. */
  toJSON(): VocabularyJson {
    return {
      unit: this.unit,
      stop: this.stop !== undefined,
      unknown: this.unknown !== undefined,
      symbols: [...this.#symbols] as string[] | number[],
    };
  }

  /** The id of a symbol, `<unk>` not considered. */
  id(symbol: TextSymbol): number | undefined {
    return this.#ids.get(this.#key(symbol));
  }

  /**
   * The ids of a text. A symbol outside the vocabulary is `<unk>` where there is one, else a UserError with its position
   * (in code points, from 1).
   */
  encode(text: string): Ids {
    if (this.unit === 'byte') return this.#encodeBytes(text);
    return this.unit === 'grapheme' ? this.#encodeClusters(text) : this.#encodeCodePoints(text);
  }

  /** The text of ids. `<stop>` reads as nothing, `<unk>` as U+FFFD, as do bytes that don't form UTF-8. RangeError for an id ≥ size. */
  decode(ids: ArrayLike<number>): string {
    if (this.unit !== 'byte') return Array.from(ids, (id) => this.#text(id)).join('');
    const decoder = this.decoder();
    let text = '';
    for (let i = 0; i < ids.length; i++) text += decoder.write(ids[i]!);
    return text + decoder.end();
  }

  /** As `decode`, as bytes: exact even where symbols are bytes that don't form UTF-8. */
  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    if (this.unit !== 'byte') return new TextEncoder().encode(this.decode(ids));
    return Uint8Array.from(
      Array.from(ids, (id) => this.#text(id)).flatMap((symbol) =>
        typeof symbol === 'number' ? symbol : [...Buffer.from(symbol)],
      ),
    );
  }

  /** For ids that come one at a time. */
  decoder(): SymbolDecoder {
    return new SymbolDecoder((id) => this.#text(id));
  }

  /** An id for display: `<stop>`, `<unk>`, or the symbol, with an escape for what doesn't show. RangeError for an id ≥ size. */
  label(id: number): string {
    if (id === this.stop) return '<stop>';
    return id === this.unknown ? '<unk>' : labelSymbol(this.#text(id));
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

  #encodeBytes(text: string): Ids {
    const lone = loneSurrogate(text);
    if (lone >= 0) {
      const position = [...text.slice(0, lone)].length + 1;
      throw new UserError(
        `${describeSymbol(text[lone]!)} at position ${position} is half a character and has no bytes; ` +
          'give well-formed Unicode text',
      );
    }
    const bytes = new TextEncoder().encode(text);
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
      `${describeSymbol(symbol)} at position ${position} is not in the vocabulary: the training text never had it; ` +
        'leave it out, or train with --min-count 2 or more to have <unk> take such symbols',
    );
  }
}
