import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { CHARACTER_UNITS, type TextSymbol, type Unit } from '../../src/text/symbols.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';
import { messageOf } from './shared.ts';

function vocabularyOf(text: string, options: { minCount?: number; stop?: boolean } = {}): Vocabulary {
  const counts = new Map<TextSymbol, number>();
  for (const symbol of text) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  return Vocabulary.build(counts, { unit: 'codepoint', ...options });
}

const labels = (vocabulary: Vocabulary) => Array.from({ length: vocabulary.size }, (_, id) => vocabulary.label(id));

describe('Vocabulary', () => {
  it('puts specials first, then symbols in the order of code points, not of UTF-16', () => {
    const vocabulary = vocabularyOf('bb\u{1f600}\u{1f600}\uffe5\uffe5aa!', { stop: true, minCount: 2 });
    expect(labels(vocabulary)).toEqual(['<stop>', '<unk>', 'a', 'b', '￥', '😀']);
    expect([vocabulary.stop, vocabulary.unknown, vocabulary.size]).toEqual([0, 1, 6]);
  });

  it('has only the specials asked for', () => {
    expect(labels(vocabularyOf('ba'))).toEqual(['a', 'b']);
    expect(vocabularyOf('ba').stop).toBeUndefined();
    expect(vocabularyOf('ba', { stop: true }).unknown).toBeUndefined();
    expect(vocabularyOf('bbaa', { minCount: 2 }).unknown).toBe(0);
  });

  it('encodes by hand', () => {
    expect([...vocabularyOf('deep', { stop: true }).encode('deep')]).toEqual([1, 2, 2, 3]);
    expect([...vocabularyOf('aab', { minCount: 2 }).encode('abc')]).toEqual([1, 0, 0]);
  });

  it('never reads a special from text', () => {
    const vocabulary = vocabularyOf('<stop>unk', { stop: true });
    expect([...vocabulary.encode('<stop><unk>')]).not.toContain(0);
    expect(vocabulary.decode(vocabulary.encode('<stop>'))).toBe('<stop>');
  });

  it('uses the narrowest ids', () => {
    const many = (n: number) =>
      vocabularyOf(Array.from({ length: n }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(''));
    expect(many(256).encode('一')).toBeInstanceOf(Uint8Array);
    expect(many(257).encode('一')).toBeInstanceOf(Uint16Array);
  });

  it('names a symbol outside it, by code point and position', async () => {
    const vocabulary = vocabularyOf('cafe😀');
    expect(await messageOf(() => vocabulary.encode('caf\u00e9'))).toMatch(
      /^"é" \(U\+00E9\) at position 4 is not in the vocabulary/,
    );
    expect(await messageOf(() => vocabulary.encode('😀\n'))).toMatch(/^"\\n" \(U\+000A\) at position 2 /);
    expect(await messageOf(() => vocabulary.encode('a\ud800'))).toMatch(/^"\\ud800" \(U\+D800\) at position 2 /);
    expect(() => vocabulary.encode('é')).toThrow(UserError);
    const bytes = corpusFromText('aé', { unit: 'byte' }).vocabulary;
    expect(await messageOf(() => bytes.encode('éaè'))).toMatch(/^byte 0xA8 at position 3 /);
    expect(await messageOf(() => bytes.encode('aéa\udc00'))).toMatch(
      /^"\\udc00" \(U\+DC00\) at position 4 is half a character/,
    );
    const clusters = corpusFromText('ae\u0301', { unit: 'grapheme' }).vocabulary;
    expect(await messageOf(() => clusters.encode('ae\u0301e'))).toMatch(/^"e" \(U\+0065\) at position 4 /);
  });

  it('round-trips any text of its symbols, in every unit, through ids and through JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.constantFrom(...CHARACTER_UNITS), (text, unit) => {
        fc.pre(!text.startsWith('\ufeff'));
        const { vocabulary, ids } = corpusFromText(text, { unit, mode: 'stream' });
        const again = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
        expect(again.toJSON()).toEqual(vocabulary.toJSON());
        expect(again.encode(text)).toEqual(ids);
        expect(again.decode(ids)).toBe(text);
        expect(Buffer.from(again.decodeBytes(ids)).equals(Buffer.from(text))).toBe(true);
        const decoder = again.decoder();
        expect(Array.from(ids, (id) => decoder.write(id)).join('') + decoder.end()).toBe(text);
      }),
    );
  });

  it('gives lone surrogates to <unk> where there is one, but has no bytes for them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', '\udfff'), (text, lone) => {
        const mixed = `${text}\u0000${lone}\u0000`;
        const points = vocabularyOf('aa', { minCount: 2 });
        expect(points.encode(mixed)).toHaveLength([...mixed].length);
        expect(points.encode(mixed)[[...text].length + 1]).toBe(points.unknown);
        const bytes = Vocabulary.build(new Map([[97, 2]]), { unit: 'byte', minCount: 2 });
        expect(() => bytes.encode(mixed)).toThrow('half a character');
      }),
    );
  });

  it('holds the bytes of an incomplete character back, and gives U+FFFD for what is none', () => {
    const { vocabulary } = corpusFromText('é€x', { unit: 'byte', mode: 'stream', minCount: 1 });
    const id = (byte: number) => vocabulary.id(byte)!;
    const decoder = vocabulary.decoder();
    expect([0xe2, 0x82, 0xac, 0x78].map((byte) => decoder.write(id(byte)))).toEqual(['', '', '€', 'x']);
    expect([0xc3, 0x78].map((byte) => decoder.write(id(byte)))).toEqual(['', '\ufffdx']);
    expect([decoder.write(id(0xc3)), decoder.end(), decoder.write(id(0x78))]).toEqual(['', '\ufffd', 'x']);
    const broken = [0xe2, 0x82, 0x78].map(id);
    expect(vocabulary.decode(broken)).toBe('\ufffdx');
    expect([...vocabulary.decodeBytes(broken)]).toEqual([0xe2, 0x82, 0x78]);
  });

  it('reads <stop> as nothing and <unk> as U+FFFD', () => {
    const points = vocabularyOf('aa', { stop: true, minCount: 2 });
    expect(points.decode([2, 1, 2, 0])).toBe('a\ufffda');
    const bytes = Vocabulary.build(
      new Map([
        [0xc3, 2],
        [0xa9, 2],
      ]),
      { unit: 'byte', stop: true, minCount: 2 },
    );
    expect(bytes.decode([3, 0, 2, 1])).toBe('\ufffd\ufffd\ufffd');
    expect([...bytes.decodeBytes([3, 0, 2])]).toEqual([0xc3, 0xa9]);
    expect(() => points.decode([3])).toThrow(RangeError);
  });

  it('shows what does not show', () => {
    const shown = labels(vocabularyOf('\n\t\r\u0007 a\u00a0\u200b\u0301é中\u{e0001}', { stop: true }));
    expect(shown).toEqual([
      '<stop>',
      '\\u0007',
      '\\t',
      '\\n',
      '\\r',
      ' ',
      'a',
      '\\u00a0',
      'é',
      '\\u0301',
      '\\u200b',
      '中',
      '\\u{e0001}',
    ]);
    expect(labels(corpusFromText('a\né', { unit: 'byte', mode: 'stream' }).vocabulary)).toEqual([
      '\\n',
      'a',
      '\\xa9',
      '\\xc3',
    ]);
    expect(labels(corpusFromText('👩\u200d🚀\r\n', { unit: 'grapheme', mode: 'stream' }).vocabulary)).toEqual([
      '\\r\\n',
      '👩\u200d🚀',
    ]);
  });

  it('says why it cannot be built', () => {
    expect(() => vocabularyOf('')).toThrow('at least one symbol');
    expect(() => vocabularyOf('abb', { minCount: 3 })).toThrow(
      'no symbol occurs 3 times; the most frequent one occurs 2 times: use a smaller minCount',
    );
    expect(() => vocabularyOf('a', { minCount: 0.5 })).toThrow('minCount must be a whole number from 1, not 0.5');
  });

  const sound = { unit: 'codepoint', stop: false, unknown: false, symbols: ['a', 'b'] };
  it.each([
    [null, 'null'],
    ['a', 'string'],
    [{ ...sound, unit: 'word' }, 'its unit is "word"'],
    // JSON escapes neither; a terminal takes the first for the start of a command.
    [{ ...sound, unit: 'a\u009b\u2028b' }, 'its unit is "a  b", not one of'],
    [{ ...sound, stop: 1 }, '"stop" and "unknown"'],
    [{ ...sound, symbols: [] }, 'not empty'],
    [{ ...sound, symbols: ['b', 'a'] }, 'must ascend; "b" (U+0062) stands before "a"'],
    [{ ...sound, symbols: ['a', 'a'] }, 'must ascend'],
    [{ ...sound, symbols: ['a', 'bc'] }, 'symbol 1 is "bc", not one code point'],
    [{ ...sound, symbols: ['\ud800'] }, 'not one code point'],
    [{ ...sound, symbols: [97] }, 'symbol 0 is 97'],
    [{ ...sound, unit: 'byte', symbols: [1, 256] }, 'symbol 1 is 256, not a byte'],
    [{ ...sound, unit: 'grapheme', symbols: [''] }, 'not well-formed text'],
  ])('refuses damaged JSON %#', (json, message) => {
    expect(() => Vocabulary.fromJSON(json)).toThrow(UserError);
    expect(() => Vocabulary.fromJSON(json)).toThrow(message);
  });

  it('extended by another text, decodes its own ids, under their new numbers, to what they were', () => {
    const texts = fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom(...CHARACTER_UNITS),
        fc.boolean(),
        fc.constantFrom(1, 2),
        ([text, other], unit, stop, minCount) => {
          const [old, counts] = [text, other].map((of) => countsOf(of, unit)) as [Counts, Counts];
          const vocabulary = Vocabulary.build(old, { unit, stop });
          const extended = vocabulary.extend(counts, minCount);
          const ids = vocabulary.encode(text);
          const moved = Array.from(ids, (id) => vocabulary.idsIn(extended)[id]!);
          expect(extended.decode(moved)).toBe(vocabulary.decode(ids));
          expect([...extended.encode(text)]).toEqual(moved);
          for (const [symbol, count] of counts)
            expect(extended.id(symbol) !== undefined).toBe(count >= minCount || old.has(symbol));
          expect(extended.unknown !== undefined).toBe(minCount > 1);
        },
      ),
    );
  });
});

type Counts = Map<TextSymbol, number>;

/** How often each symbol occurs. */
function countsOf(text: string, unit: Unit): Counts {
  const symbols: TextSymbol[] =
    unit === 'byte'
      ? [...Buffer.from(text)]
      : unit === 'codepoint'
        ? [...text]
        : [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(({ segment }) => segment);
  const counts: Counts = new Map();
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  return counts;
}
