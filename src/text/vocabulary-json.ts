import { excerpt, UserError } from '../errors.ts';
import { LINE_ENDS, type LineEnd } from './line-ends.ts';
import { compareSymbols, describeSymbol, loneSurrogate, type TextSymbol, UNITS, type Unit } from './symbols.ts';

/** A vocabulary as a checkpoint holds it. `symbols` are in the order of their code points. They are numbers where the unit is `byte`. */
export interface VocabularyJson {
  readonly unit: Unit;
  readonly stop: boolean;
  readonly unknown: boolean;
  readonly symbols: readonly string[] | readonly number[];
  /** What ends a line, where the symbols do not tell it: in a text whose CRs are no line ends, say. `none` is for a single line. */
  readonly lineEnd?: LineEnd | 'none';
  /** What separates examples, where it is not the end of a line: a text, bytes that are not UTF-8, or nothing but the end of a file (''). */
  readonly separator?: string | readonly number[];
}

/** Checks that `json` is a vocabulary and copies it. UserError that says what is wrong if it is not one. */
export function parseVocabulary(json: unknown): VocabularyJson {
  if (typeof json !== 'object' || json === null) throw damaged(`it is ${json === null ? 'null' : typeof json}`);
  const { unit, stop, unknown, symbols, lineEnd, separator } = json as Record<string, unknown>;
  if (!UNITS.includes(unit as Unit)) {
    throw damaged(`its unit is ${JSON.stringify(unit)?.slice(0, 40)}, not one of ${UNITS.join(', ')}`);
  }
  if (typeof stop !== 'boolean' || typeof unknown !== 'boolean')
    throw damaged('"stop" and "unknown" must be true or false');
  if (!Array.isArray(symbols) || symbols.length === 0) throw damaged('"symbols" must be a list that is not empty');
  const checked = symbols.map((symbol: unknown, index) => {
    if (!isSymbol(symbol, unit as Unit)) {
      throw damaged(`symbol ${index} is ${JSON.stringify(symbol)?.slice(0, 40)}, not ${SYMBOLS_OF[unit as Unit]}`);
    }
    return symbol;
  });
  for (let i = 1; i < checked.length; i++) {
    if (compareSymbols(checked[i - 1]!, checked[i]!) < 0) continue;
    throw damaged(
      `its symbols must ascend; ${describeSymbol(checked[i - 1]!)} stands before ${describeSymbol(checked[i]!)}`,
    );
  }
  if (lineEnd !== undefined && lineEnd !== 'none' && !LINE_ENDS.includes(lineEnd as LineEnd)) {
    throw damaged(`its line end is ${JSON.stringify(lineEnd)?.slice(0, 40)}, not LF, CR LF, CR or none`);
  }
  const ends = lineEnd === undefined ? {} : { lineEnd: lineEnd as LineEnd | 'none' };
  if (separator !== undefined && !isSeparator(separator)) {
    throw damaged(`its separator is ${JSON.stringify(separator)?.slice(0, 40)}, not a text or a list of bytes`);
  }
  const separators = separator === undefined ? {} : { separator };
  return { unit: unit as Unit, stop, unknown, symbols: checked as string[] | number[], ...ends, ...separators };
}

const SYMBOLS_OF: Record<Unit, string> = {
  codepoint: 'one code point',
  byte: 'a byte from 0 to 255',
  grapheme: 'well-formed text',
  token: 'text without white space',
  field: 'text on one line without tabs',
};

function isSymbol(symbol: unknown, unit: Unit): symbol is TextSymbol {
  if (unit === 'byte') return Number.isInteger(symbol) && (symbol as number) >= 0 && (symbol as number) <= 0xff;
  if (typeof symbol !== 'string' || symbol === '' || loneSurrogate(symbol) >= 0) return false;
  // Another version of Node may cut clusters in another way, because its version of Unicode differs. So any text is accepted as a cluster.
  if (unit === 'grapheme') return true;
  if (unit === 'token') return symbol === '\n' || !/\s/u.test(symbol);
  if (unit === 'field') return !/[\t\n\r]/u.test(symbol);
  return symbol.length === (symbol.codePointAt(0)! > 0xffff ? 2 : 1);
}

function isSeparator(value: unknown): value is string | number[] {
  if (typeof value === 'string') return loneSurrogate(value) < 0;
  return Array.isArray(value) && value.length > 0 && value.every((byte) => isSymbol(byte, 'byte'));
}

function damaged(why: string): UserError {
  return new UserError(`the vocabulary is damaged: ${excerpt(why)}; use another checkpoint`);
}
