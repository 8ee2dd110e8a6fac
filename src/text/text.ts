import { bytesOfLatin1, latin1Of } from '#host/bytes';
import { UserError } from '../errors.ts';

/** A text that is given or read: a string, or bytes. Bytes need not be UTF-8; a model whose symbols are bytes reads them as they are. */
export type Text = string | Uint8Array;

/** The bytes of a text. A string is written as UTF-8. */
export function bytesOf(text: Text): Uint8Array {
  return typeof text === 'string' ? new TextEncoder().encode(text) : text;
}

/** Bytes one after the other. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A text as a string, to be shown: each byte that is not UTF-8 becomes U+FFFD. */
export function stringOf(text: Text): string {
  return typeof text === 'string' ? text : LENIENT.decode(text);
}

/** A text as a string. UserError if its bytes are not UTF-8. */
export function exactString(text: Text): string {
  if (typeof text === 'string') return text;
  try {
    return STRICT.decode(text);
  } catch (cause) {
    throw new UserError('is not UTF-8; convert it', { cause });
  }
}

/** The string that some bytes encode, or the bytes themselves if they are not UTF-8. U+FEFF is kept wherever it stands. */
export function textOf(bytes: Uint8Array): Text {
  try {
    return STRICT.decode(bytes);
  } catch {
    return bytes;
  }
}

export function isSameText(one: Text, other: Text): boolean {
  const [a, b] = [bytesOf(one), bytesOf(other)];
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/**
 * The lines of a text without their ends, as a corpus is read. LF or CR LF ends a line. In a text without LF, CR alone ends a line. A
 * line end at the end of the text begins no new line.
 */
export function splitLines(text: Text): Text[] {
  // In Latin-1, every byte is a character, and the separators are the same.
  const whole = typeof text === 'string' ? text : latin1Of(text);
  const lines = whole.split(whole.includes('\n') ? '\n' : '\r').map(withoutFinalReturn);
  if (lines.at(-1) === '') lines.pop();
  return typeof text === 'string' ? lines : lines.map((line) => textOf(bytesOfLatin1(line)));
}

function withoutFinalReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });
