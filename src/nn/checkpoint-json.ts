import { LIMITS } from './checkpoint-limits.ts';

/** The key of a tensor's text. Strings under this key that are longer than `LONG` are set apart. */
const KEY = new TextEncoder().encode('"data"');
const LONG = 1024;

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

const [QUOTE, BACKSLASH, COMMA, COLON, SPACE] = [0x22, 0x5c, 0x2c, 0x3a, 0x20];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Where a tensor's text stands in the file: [start, end) in bytes. Whether it is base64 has not been checked. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** What a file of JSON says. `stretch` gives the place in the file of a string that was set apart, and undefined for any other string. */
export interface SetApart {
  readonly value: unknown;
  stretch(text: string): Stretch | undefined;
}

/** JSON that is nested too deeply, or has too many values or bytes. */
export class Excess extends Error {
  override readonly name = 'Excess';
}

/**
 * Parses JSON, and sets the texts of tensors apart: these are the long strings under the key "data". They stay in `bytes`, and the value has a
 * mark in place of each. No file can forge a mark, because marks hold a random number that is drawn now.
 *
 * A JavaScript string has a greatest length, which the file of a large model exceeds. This way neither the file nor a tensor's text ever
 * becomes a string. Depth and number of values are counted before anything is made of them.
 *
 * Throws Excess where a bound is exceeded, and SyntaxError where the bytes are not JSON.
 */
export function parseSetApart(bytes: Uint8Array): SetApart {
  const mark = `${crypto.getRandomValues(new Uint32Array(4)).join('-')}:`;
  const { skeleton, stretches } = separate(bytes, mark);
  return {
    value: JSON.parse(skeleton),
    stretch: (text) => (text.startsWith(mark) ? stretches[Number(text.slice(mark.length))] : undefined),
  };
}

function separate(bytes: Uint8Array, mark: string): { skeleton: string; stretches: readonly Stretch[] } {
  const stretches: Stretch[] = [];
  const parts: string[] = [];
  let copied = 0;
  let size = 0;
  let depth = 0;
  let values = 0;
  const copy = (end: number): void => {
    size += end - copied;
    if (size > LIMITS.jsonBytes) throw new Excess(`it has more than ${LIMITS.jsonBytes} bytes besides its tensors`);
    parts.push(UTF8.decode(bytes.subarray(copied, end)));
  };
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const { end, plain } = endOfString(bytes, at + 1);
      if (plain && end - at > LONG && isCalledData(bytes, at)) {
        copy(at + 1);
        parts.push(`${mark}${stretches.push({ start: at + 1, end }) - 1}`);
        copied = end;
      }
      at = end;
    } else if (byte === COMMA) {
      values++;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values++;
      if (++depth > LIMITS.depth) throw new Excess('its values are nested too deeply');
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth--;
    }
    if (values > LIMITS.values) throw new Excess(`it has more than ${LIMITS.values} values`);
  }
  copy(bytes.length);
  return { skeleton: parts.join(''), stretches };
}

/** Whether the value that starts at `at` stands under the key "data". */
function isCalledData(bytes: Uint8Array, at: number): boolean {
  const colon = lastNotBlank(bytes, at);
  if (bytes[colon] !== COLON) return false;
  const end = lastNotBlank(bytes, colon) + 1;
  return end >= KEY.length && KEY.every((byte, index) => bytes[end - KEY.length + index] === byte);
}

/** The last place before `at` whose character is not blank. */
function lastNotBlank(bytes: Uint8Array, at: number): number {
  let place = at - 1;
  while (place >= 0 && bytes[place]! <= SPACE) place--;
  return place;
}

/**
 * Where the string that starts at `start` ends: at its closing quote, or at the end of the bytes. `plain` says whether it has no escapes. The
 * time is linear for any bytes.
 */
function endOfString(bytes: Uint8Array, start: number): { end: number; plain: boolean } {
  let plain = true;
  let quote = -1;
  for (let at = start; ; ) {
    if (quote < at) quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return { end: bytes.length, plain: false };
    const escaped = bytes.subarray(at, quote).indexOf(BACKSLASH);
    if (escaped < 0) return { end: quote, plain };
    plain = false;
    at += escaped + 2;
  }
}
