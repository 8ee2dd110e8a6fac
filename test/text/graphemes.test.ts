import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphemeSplitter } from '../../src/text/graphemes.ts';

function split(pieces: string[]): string[] {
  const clusters: string[] = [];
  const splitter = new GraphemeSplitter((cluster) => clusters.push(cluster));
  for (const piece of pieces) splitter.write(piece);
  splitter.end();
  return clusters;
}

function whole(text: string): string[] {
  return Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment);
}

function inPieces(text: string, size: number): string[] {
  const points = [...text];
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) =>
    points.slice(i * size, (i + 1) * size).join(''),
  );
}

/** Letters and what joins them: marks, joiners, flags, skin tones (astral marks), Hangul, Indic conjuncts, CR LF, prepended signs. */
const tricky = fc.array(
  fc.constantFrom(
    'a',
    'e',
    ' ',
    '\r',
    '\n',
    '\u0301',
    '\u200d',
    '👩',
    '🏽',
    '❤',
    '\ufe0f',
    '🇫',
    '🇷',
    'ᄀ',
    'ᅡ',
    'ᆨ',
    'क',
    '्',
    'ष',
    '\u0600',
    '1',
    '中',
    '\u{e0067}',
  ),
  { maxLength: 40 },
);

describe('GraphemeSplitter', () => {
  it('keeps what a reader sees as one character', () => {
    expect(split(['e\u0301', '\r', '\n', '👩', '\u200d', '🚀', '🇫', '🇷', '🇩'])).toEqual([
      'e\u0301',
      '\r\n',
      '👩\u200d🚀',
      '🇫🇷',
      '🇩',
    ]);
  });

  it('cuts pieces as the segmenter cuts the whole, wherever they are cut', () => {
    fc.assert(
      fc.property(tricky, fc.integer({ min: 1, max: 8 }), (points, size) => {
        const text = points.join('');
        expect(split(inPieces(text, size))).toEqual(whole(text));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['Chinese', '说起根由，虽近荒唐'.repeat(2000)],
    ['skin tones at every place', `中${'👩🏽'.repeat(6000)}`],
    ['skin tones, moved by one', `${'👩🏽'.repeat(6000)}中`],
    ['flags', `x${'🇫🇷'.repeat(5000)}`],
    ['ASCII', 'ab\r\ncd'.repeat(5000)],
    ['a cluster of 20,000 marks', `ax${'\u0301'.repeat(20_000)}b`],
  ])('cuts long text right: %s', (_, text) => {
    const clusters = whole(text);
    expect(split([text])).toEqual(clusters);
    expect(split(inPieces(text, 1000))).toEqual(clusters);
  });
});
