import { UserError } from '../errors.ts';
import { partsOf } from './byte-spelling.ts';
import type { Unit } from './symbols.ts';
import { bytesOf, concatBytes, type Text } from './text.ts';

/**
 * Reads the escapes of a text that an option gives: `\n`, `\t`, `\r`, `\\`, `\xHH` and `\u{…}`. `\xHH` is the character U+00HH; where
 * symbols are bytes, it is the byte HH, and the result is bytes. UserError for a backslash that begins none of these.
 */
export function unescapeText(text: string, unit: Unit): Text {
  if (!text.includes('\\')) return text;
  const parts: (string | number)[] = [];
  let end = 0;
  for (const found of text.matchAll(ESCAPE)) {
    const [whole, byte, codePoint, letter = ''] = found;
    parts.push(text.slice(end, found.index));
    end = found.index + whole.length;
    if (byte !== undefined) parts.push(unit === 'byte' ? parseInt(byte, 16) : String.fromCharCode(parseInt(byte, 16)));
    else if (codePoint !== undefined) parts.push(characterOf(codePoint));
    else if (Object.hasOwn(LETTERS, letter)) parts.push(LETTERS[letter]!);
    else throw new UserError(`${whole} is no escape: write \\n, \\t, \\r, \\xHH or \\u{…}, or \\\\ for a backslash`);
  }
  parts.push(text.slice(end));
  if (unit !== 'byte') return parts.join('');
  return concatBytes(parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : bytesOf(part))));
}

/**
 * A text with escapes in place of what would break a line into fields: newlines, CRs, tabs and backslashes. Bytes that are not UTF-8
 * become `\xHH`. `unescapeText` gives the same text again.
 */
export function escapeText(text: Text): string {
  const escaped = (part: string) => part.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character]!);
  return partsOf(text)
    .map((part) => (part.isEscape ? part.text : escaped(part.text)))
    .join('');
}

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|([\s\S]|$))/gu;

const LETTERS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };
const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' };

function characterOf(hexadecimal: string): string {
  const code = parseInt(hexadecimal, 16);
  if (code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) return String.fromCodePoint(code);
  throw new UserError(`\\u{${hexadecimal}} is no character: give a number up to 10FFFF that is no surrogate`);
}
