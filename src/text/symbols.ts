/**
 * What one symbol of a text is: a Unicode code point, a byte, a grapheme cluster (what a reader sees as one character), or a token (what stands
 * between spaces: a word, a phone, a tag).
 */
export const TEXT_UNITS = ['codepoint', 'byte', 'grapheme', 'token'] as const;

/** The units that leave nothing out of a text: tokens leave out how much white space stands between them. */
export const CHARACTER_UNITS = ['codepoint', 'byte', 'grapheme'] as const;

/** The units of a column of pairs: those of texts, or the whole column as one symbol, such as a label. */
export const UNITS = [...TEXT_UNITS, 'field'] as const;
export type Unit = (typeof UNITS)[number];
export type TextUnit = (typeof TEXT_UNITS)[number];

/** A symbol. It is a string; in a text read as bytes, it is a number from 0 to 255. */
export type TextSymbol = string | number;

/** A symbol as tables and plots show it: a visible symbol is shown as it is, any other as an escape (\n, \t, \u0007, \u{e0001}, \x80). */
export function labelSymbol(symbol: TextSymbol): string {
  if (typeof symbol === 'number') {
    const shows = symbol >= 0x20 && symbol < 0x7f;
    return shows ? String.fromCharCode(symbol) : (SHORT_ESCAPES.get(symbol) ?? `\\x${hexadecimal(symbol, 2)}`);
  }
  // Joiners and combining marks are visible as part of a larger cluster, but not alone.
  const single = [...symbol].length === 1;
  return symbol.replace(single ? /[\p{C}\p{Z}\p{M}]/gu : /\p{Cc}|^\p{M}/gu, (hidden) => {
    const code = hidden.codePointAt(0)!;
    if (code === 0x20) return hidden;
    return SHORT_ESCAPES.get(code) ?? (code > 0xffff ? `\\u{${hexadecimal(code, 5)}}` : `\\u${hexadecimal(code, 4)}`);
  });
}

/** A symbol as messages name it: `"é" (U+00E9)`, `byte 0xFF`. */
export function describeSymbol(symbol: TextSymbol): string {
  if (typeof symbol === 'number') return `byte 0x${hexadecimal(symbol, 2).toUpperCase()}`;
  const codes = Array.from(symbol, (part) => `U+${hexadecimal(part.codePointAt(0)!, 4).toUpperCase()}`);
  const shown = codes.length > 8 ? [...codes.slice(0, 8), '…'] : codes;
  const label = codes.length > 8 ? `${labelSymbol([...symbol].slice(0, 8).join(''))}…` : labelSymbol(symbol);
  return `"${label}" (${shown.join(' ')})`;
}

/** A comparison for sorting, in ascending order: bytes by value, strings by code points (which is the order of their UTF-8 bytes). */
export function compareSymbols(a: TextSymbol, b: TextSymbol): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return compareCodePoints(String(a), String(b));
}

/** UTF-16 units have the order of code points, except surrogates: they stand for the largest code points, but are not the largest units. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return Number(isSurrogate(x)) - Number(isSurrogate(y)) || x - y;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** The index (in UTF-16 units) of the first surrogate that has no partner, or −1 in well-formed text. */
export function loneSurrogate(text: string): number {
  return text.search(/\p{Surrogate}/u);
}

const SHORT_ESCAPES = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
]);

function hexadecimal(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
