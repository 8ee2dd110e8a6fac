import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { Utf8Decoder } from '../../src/text/utf8.ts';

function decode(bytes: Uint8Array, pieceBytes: number): string {
  const decoder = new Utf8Decoder('a.txt');
  const codePoints = new Int32Array(pieceBytes);
  let text = '';
  for (let i = 0; i < bytes.length; i += pieceBytes) {
    const count = decoder.decode(bytes.subarray(i, i + pieceBytes), codePoints);
    text += String.fromCodePoint(...codePoints.subarray(0, count));
  }
  decoder.end();
  return text;
}

/** name, bytes, offset of the sequence that is malformed, how its message goes on. Offsets agree with Python's decoder. */
const MALFORMED: [string, number[], number, string][] = [
  ['a stray continuation byte', [0x61, 0x80], 1, '0x80 at offset 1: no character begins with it'],
  [
    'a Latin-1 letter',
    [0x63, 0x61, 0x66, 0xe9, 0x20],
    3,
    '0xE9 at offset 3: the character it begins is broken by 0x20 at offset 4',
  ],
  ['an overlong two-byte form', [0xc0, 0xaf], 0, '0xC0 at offset 0: no character begins with it'],
  ['an overlong two-byte form, C1', [0x61, 0xc1, 0xbf], 1, '0xC1 at offset 1: no'],
  [
    'an overlong three-byte form',
    [0xe0, 0x9f, 0xbf],
    0,
    '0xE0 at offset 0: the character it begins is broken by 0x9F at offset 1',
  ],
  [
    'an overlong four-byte form',
    [0xf0, 0x8f, 0xbf, 0xbf],
    0,
    '0xF0 at offset 0: the character it begins is broken by 0x8F at offset 1',
  ],
  [
    'a surrogate',
    [0x61, 0x62, 0xed, 0xa0, 0x80],
    2,
    '0xED at offset 2: the character it begins is broken by 0xA0 at offset 3',
  ],
  [
    'a number above U+10FFFF',
    [0xf4, 0x90, 0x80, 0x80],
    0,
    '0xF4 at offset 0: the character it begins is broken by 0x90 at offset 1',
  ],
  ['a byte never used', [0xc3, 0xa9, 0xf5], 2, '0xF5 at offset 2: no character begins with it'],
  ['0xFF', [0xff], 0, '0xFF at offset 0: no'],
  [
    'a break at the third byte',
    [0x61, 0xe2, 0x82, 0x41],
    1,
    '0xE2 at offset 1: the character it begins is broken by 0x41 at offset 3',
  ],
  [
    'a break at the fourth byte',
    [0xf0, 0x9f, 0x98, 0xc3],
    0,
    '0xF0 at offset 0: the character it begins is broken by 0xC3 at offset 3',
  ],
  ['two bytes cut off', [0x61, 0xc3], 1, '0xC3 at offset 1: the text ends within'],
  ['three bytes cut off', [0xe2, 0x82], 0, '0xE2 at offset 0: the text ends within'],
  ['four bytes cut off', [0xc3, 0xa9, 0xf0, 0x9f, 0x98], 2, '0xF0 at offset 2: the text ends within'],
];

describe('Utf8Decoder', () => {
  it.each(MALFORMED)('refuses %s, with its offset, wherever pieces are cut', (_, bytes, offset, message) => {
    for (let pieceBytes = 1; pieceBytes <= bytes.length; pieceBytes++) {
      const act = () => decode(Uint8Array.from(bytes), pieceBytes);
      expect(act).toThrow(UserError);
      expect(act).toThrow(`a.txt: not UTF-8: byte ${message}`);
      expect(act).toThrow(`at offset ${offset}: `);
      expect(act).toThrow('read its bytes as symbols with unit byte');
    }
  });

  it('takes the first and last code points of each length', () => {
    const text = '\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}';
    expect(decode(new TextEncoder().encode(text), 3)).toBe(text);
  });

  it('decodes any text, cut anywhere, as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 9 }), (text, pieceBytes) => {
        expect(decode(new TextEncoder().encode(text), pieceBytes)).toBe(text);
      }),
    );
  });

  it('accepts exactly what the platform accepts', () => {
    // Bytes at the borders of the ranges, so that sequences nearly right are common.
    const byte = fc.constantFrom(
      0x41,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc1,
      0xc2,
      0xe0,
      0xe1,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 6 }), fc.integer({ min: 1, max: 6 }), (list, pieceBytes) => {
        const bytes = Uint8Array.from(list);
        let expected: string | undefined;
        try {
          expected = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
        } catch {
          expect(() => decode(bytes, pieceBytes)).toThrow(UserError);
          return;
        }
        expect(decode(bytes, pieceBytes)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });
});
