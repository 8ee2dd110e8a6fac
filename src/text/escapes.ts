import { UserError } from '../errors.ts';
import type { Unit } from './symbols.ts';
import { bytesOf, concatBytes, stringOf, type Text } from './text.ts';

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
  if (typeof text === 'string') return escaped(text);
  let result = '';
  let rest = text;
  while (rest.length > 0) {
    const valid = validLength(rest);
    result += escaped(stringOf(rest.subarray(0, valid)));
    if (valid < rest.length) result += `\\x${rest[valid]!.toString(16).padStart(2, '0')}`;
    rest = rest.subarray(valid + 1);
  }
  return result;
}

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|([\s\S]|$))/gu;

const LETTERS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };
const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' };

function characterOf(hexadecimal: string): string {
  const code = parseInt(hexadecimal, 16);
  if (code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) return String.fromCodePoint(code);
  throw new UserError(`\\u{${hexadecimal}} is no character: give a number up to 10FFFF that is no surrogate`);
}

/** How many bytes at the start are whole characters of UTF-8. */
function validLength(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = characterLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return at;
}

/** The length in bytes of the character that begins at `at`; 0 if none does. The bounds are those of `Utf8Decoder`. */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const [least, most] = SECOND[lead] ?? [0x80, 0xbf];
  if (bytes[at + 1]! < least || bytes[at + 1]! > most) return 0;
  for (let i = 2; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  return length;
}

const SECOND: Readonly<Record<number, readonly [number, number]>> = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
};
