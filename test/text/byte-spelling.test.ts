import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteSpelling, bytesOfParts, partsOf } from '../../src/text/byte-spelling.ts';

const escaped = (text: string) => ({ text, isEscape: true });

test('characters are shown when they are whole, and other bytes as escapes', () => {
  const spelling = new ByteSpelling();
  const write = (...bytes: number[]) => spelling.write(Uint8Array.from(bytes));
  expect(write(0x61, 0x62)).toEqual([{ text: 'ab' }]);
  expect(write(0xe2, 0x82)).toEqual([]);
  expect(write(0xac, 0x63)).toEqual([{ text: '€c' }]);
  expect(write(0xe2, 0x82, 0x41)).toEqual([escaped('\\xe2'), escaped('\\x82'), { text: 'A' }]);
  expect(write(0xff, 0xc3)).toEqual([escaped('\\xff')]);
  expect(write(0xc3, 0xa9)).toEqual([escaped('\\xc3'), { text: 'é' }]);
  expect(write(0xf0, 0x9f)).toEqual([]);
  expect(spelling.end()).toEqual([escaped('\\xf0'), escaped('\\x9f')]);
});

test('parts have all bytes of a text, however it is cut, and a text that is UTF-8 is one part', () => {
  const mostly = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0xc3, 0xa9, 0xe2, 0x82, 0xac, 0x41));
  fc.assert(
    fc.property(fc.array(mostly), fc.nat(), (values, at) => {
      const bytes = Uint8Array.from(values);
      const spelling = new ByteSpelling();
      const cut = at % (bytes.length + 1);
      const parts = [...spelling.write(bytes.subarray(0, cut)), ...spelling.write(bytes.subarray(cut))];
      expect(bytesOfParts([...parts, ...spelling.end()])).toEqual(bytes);
      expect(bytesOfParts(partsOf(bytes))).toEqual(bytes);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      const bytes = new TextEncoder().encode(text);
      expect(partsOf(bytes)).toEqual([{ text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) }]);
    }),
  );
});
