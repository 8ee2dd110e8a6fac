import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { corpusFromText } from '../../src/text/corpus.ts';
import { escapeText, unescapeText } from '../../src/text/escapes.ts';
import { LineSet } from '../../src/text/line-set.ts';
import { bytesOf, splitLines } from '../../src/text/text.ts';
import { Utf16Converter } from '../../src/text/utf16.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';

describe('escapes', () => {
  test('stand for one character each, or in a text of bytes for a byte', () => {
    expect(unescapeText('\\n\\t\\r\\\\n\\x41\\u{1f600}é', 'codepoint')).toBe('\n\t\r\\nA😀é');
    expect(unescapeText('\\xe9', 'grapheme')).toBe('é');
    expect(unescapeText('é\\xe9', 'byte')).toEqual(Uint8Array.of(0xc3, 0xa9, 0xe9));
  });

  test.each(['\\', 'a\\q', '\\x4', '\\u0041', '\\u{110000}', '\\u{d800}', '\\U'])('%s is refused', (text) => {
    expect(() => unescapeText(text, 'codepoint')).toThrow(/is no (escape|character)/);
  });

  test('give any text and any bytes again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(unescapeText(escapeText(text), 'codepoint')).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const escaped = escapeText(bytes);
        expect(escaped).not.toMatch(/[\n\r\t\ufffd]/);
        expect(Buffer.from(bytesOf(unescapeText(escaped, 'byte')))).toEqual(Buffer.from(bytes));
      }),
      // U+FFFD itself is a character of three bytes, which random bytes do not make.
      { numRuns: 1000 },
    );
  });
});

describe('lines of a text', () => {
  test.each([
    ['a\nb\n', ['a', 'b']],
    ['a\r\n\r\nb', ['a', '', 'b']],
    ['a\rb\r', ['a', 'b']],
    ['a\rb\n', ['a\rb']],
    ['', []],
    ['\n', ['']],
  ])('%j', (text, lines) => {
    expect(splitLines(text)).toEqual(lines);
    expect(splitLines(Buffer.from(text)).map(String)).toEqual(lines);
  });
});

test('a set of lines is a set of texts, whatever their number and their bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 3000, size: 'max' }), (lines) => {
      const [set, texts] = [new LineSet(), new Set<string>()];
      for (const line of lines) {
        const key = Buffer.from(line).toString('latin1');
        expect(set.has(line)).toBe(texts.has(key));
        set.add(line);
        texts.add(key);
      }
      expect(set.size).toBe(texts.size);
    }),
    { numRuns: 20 },
  );
});

test('UTF-16 is converted however it is cut, and text with a NUL is not taken for it', () => {
  const convert = (bytes: Uint8Array, size: number): string => {
    const converter = new Utf16Converter('text');
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) parts.push(converter.write(bytes.slice(at, at + size)).slice());
    return Buffer.concat([...parts, converter.end()]).toString();
  };
  const text = 'maría 😀\n'.repeat(200);
  for (const size of [1, 3, 512, 10_000]) {
    const little = Buffer.from(text, 'utf16le');
    expect(convert(little, size)).toBe(text);
    expect(convert(Buffer.concat([Buffer.of(0xff, 0xfe), little]), size)).toBe(text);
    expect(convert(Buffer.from(little).swap16(), size)).toBe(text);
    for (const plain of ['a', 'a\0b', '\0', '\0\0\0\0', 'ab\0\0', ''])
      expect(convert(Buffer.from(plain), size)).toBe(plain);
  }
  const damaged = Buffer.concat([Buffer.from('abcdefgh', 'utf16le'), Buffer.of(0x00, 0xd8)]);
  expect(() => convert(damaged, 4)).toThrow('begins as UTF-16 but is damaged');
});

describe('the line end of a vocabulary', () => {
  const of = (text: string, unit: 'codepoint' | 'grapheme' = 'codepoint') =>
    corpusFromText(text, { mode: 'stream', unit }).vocabulary;
  test.each([
    ['a\nb\n', '\n', undefined],
    ['a\r\nb\r\n', '\r\n', undefined],
    ['a\rb\r', '\r', undefined],
    ['a\rb\nc\nd\n', '\n', '\n'],
    ['aab\n', undefined, 'none'],
    ['aab', undefined, undefined],
  ] as const)('of %j', (text, lineEnd, stored) => {
    const vocabulary = of(text);
    expect(vocabulary.lineEnd).toBe(lineEnd);
    expect(vocabulary.toJSON().lineEnd).toBe(stored);
    expect(Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary))).lineEnd).toBe(lineEnd);
  });

  test('of clusters is a cluster', () => {
    const vocabulary = of('a\r\nb\r\n', 'grapheme');
    expect(vocabulary.lineEndIds.map((id) => vocabulary.label(id))).toEqual(['\\r\\n']);
    expect(vocabulary.label(vocabulary.start)).toBe('\\r\\n');
  });

  test('that is in no vocabulary leaves the first symbol of text to start from', () => {
    expect(of('cab\n').start).toBe(1);
  });
});
