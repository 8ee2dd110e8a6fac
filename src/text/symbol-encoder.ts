import { message, option, UserError } from '../errors.ts';
import { GraphemeSplitter } from './graphemes.ts';
import { allocateIds, type Ids } from './ids.ts';
import { splitText } from './split-text.ts';
import { describeSymbol, loneSurrogate, type TextSymbol, type Unit } from './symbols.ts';
import { bytesOf, type Text } from './text.ts';

/** The special ids of a vocabulary, and how many ids there are. */
interface IdSpace {
  readonly unit: Unit;
  /** The number of ids, special ones included. */
  readonly size: number;
  /** The id of `<unk>`, which stands for every symbol that has no id of its own. */
  readonly unknown: number | undefined;
}

/** Turns texts into the ids of their symbols: the reverse of `SymbolDecoder`. */
export class SymbolEncoder {
  readonly #unit: Unit;
  readonly #size: number;
  readonly #unknown: number | undefined;
  /** The keys of code points are their numbers, so that encoding a text makes no string for each character. */
  readonly #ids: ReadonlyMap<TextSymbol, number>;

  /** @param first the id of the first symbol; the others follow */
  constructor(symbols: readonly TextSymbol[], first: number, { unit, size, unknown }: IdSpace) {
    this.#unit = unit;
    this.#size = size;
    this.#unknown = unknown;
    this.#ids = new Map(symbols.map((symbol, index) => [this.#key(symbol), first + index]));
  }

  /** The id of a symbol; undefined if it has none of its own. */
  id(symbol: TextSymbol): number | undefined {
    return this.#ids.get(this.#key(symbol));
  }

  /**
   * The ids of a text. A symbol that has none becomes `<unk>`. If there is no `<unk>`, it is a UserError that names the position of the symbol
   * (in code points, from 1).
   */
  encode(text: Text): Ids {
    if (this.#unit === 'byte') return this.#encodeBytes(text);
    if (this.#unit === 'token' || this.#unit === 'field')
      return this.#encodeStrings(splitText(text as string, this.#unit));
    return this.#unit === 'grapheme' ? this.#encodeClusters(text as string) : this.#encodeCodePoints(text as string);
  }

  /** Whether all characters of a text are in the vocabulary. Nothing has to be known of ASCII, which has one form only. */
  knows(text: string): boolean {
    if (/^[\0-\x7f]*$/.test(text)) return true;
    try {
      const ids = this.encode(text);
      return this.#unknown === undefined || !ids.includes(this.#unknown as never);
    } catch (error) {
      if (error instanceof UserError) return false;
      throw error;
    }
  }

  /** The first symbol of a text that is outside the vocabulary, which has an `<unk>`. */
  firstUnknown(text: Text): TextSymbol {
    if (this.#unit === 'byte') return [...bytesOf(text)].find((byte) => !this.#ids.has(byte))!;
    if (this.#unit === 'token' || this.#unit === 'field') {
      return splitText(text as string, this.#unit).find((symbol) => this.id(symbol) === undefined)!;
    }
    let found = '';
    const look = (symbol: string) => (found ||= this.id(symbol) === undefined ? symbol : '');
    if (this.#unit === 'codepoint') {
      for (const character of text as string) look(character);
    } else {
      const splitter = new GraphemeSplitter(look);
      splitter.write(text as string);
      splitter.end();
    }
    return found;
  }

  #key(symbol: TextSymbol): TextSymbol {
    return this.#unit === 'codepoint' && typeof symbol === 'string' ? symbol.codePointAt(0)! : symbol;
  }

  #encodeStrings(symbols: readonly string[]): Ids {
    const ids = allocateIds(this.#size, symbols.length);
    for (const [index, symbol] of symbols.entries()) {
      ids[index] = this.#ids.get(symbol) ?? this.#unknown ?? this.#refuse(symbol, index + 1);
    }
    return ids;
  }

  #encodeCodePoints(text: string): Ids {
    const ids = allocateIds(this.#size, text.length);
    const known = this.#ids;
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i)!;
      if (code > 0xffff) i++;
      const id = known.get(code) ?? this.#unknown;
      if (id === undefined) this.#refuse(String.fromCodePoint(code), count + 1);
      ids[count++] = id;
    }
    return ids.slice(0, count);
  }

  #encodeClusters(text: string): Ids {
    const ids = allocateIds(this.#size, text.length);
    let count = 0;
    let position = 1;
    const splitter = new GraphemeSplitter((cluster) => {
      ids[count++] = this.#ids.get(cluster) ?? this.#unknown ?? this.#refuse(cluster, position);
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
    const ids = allocateIds(this.#size, bytes.length);
    let position = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if ((byte & 0xc0) !== 0x80) position++;
      const id = this.#ids.get(byte) ?? this.#unknown;
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
