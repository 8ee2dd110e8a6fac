import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEAD } from '../../src/decoding/automaton.ts';
import { literal, regexAutomaton } from '../../src/decoding/regex.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import type { TextUnit } from '../../src/text/symbols.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';

/** Characters of one to four bytes, and clusters of several characters. */
const CHARACTERS = ['a', 'b', 'c', ' ', '1', 'é', 'ß', '字', '💧', 'e\u0301', '👩‍🚀'];

function vocabularyOf(unit: TextUnit, mode: 'lines' | 'stream' = 'lines'): Vocabulary {
  return corpusFromText(CHARACTERS.join('\n'), { unit, mode }).vocabulary;
}

/** Whether a text is in the language. */
function accepts(pattern: string, text: string, vocabulary: Vocabulary): boolean {
  const automaton = regexAutomaton('--match', pattern, vocabulary);
  return automaton.accepts(automaton.run(0, [...vocabulary.encode(text)]));
}

const atom = fc.constantFrom(
  'a',
  'b',
  '[ab]',
  '[^a]',
  '.',
  '\\w',
  '\\s',
  '\\p{L}',
  'é',
  '[é-字]',
  '💧',
  '[^b-é]',
  '\\d',
);
const { pattern: patterns } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    fc.tuple(tie('pattern'), tie('pattern')).map((parts) => parts.join('')),
    fc.tuple(tie('pattern'), tie('pattern')).map((parts) => `(?:${parts.join('|')})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}'))
      .map(([inner, times]) => `(?:${inner})${times}`),
  ),
}));
const texts = fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 6 }).map((parts) => parts.join(''));

describe.each<TextUnit>(['codepoint', 'byte', 'grapheme'])('an expression over symbols that are %ss', (unit) => {
  const vocabulary = vocabularyOf(unit);

  test('accepts what JavaScript’s own regular expressions match whole', () => {
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        expect(accepts(pattern, text, vocabulary)).toBe(new RegExp(`^(?:${pattern})$`, 'u').test(text));
      }),
      { numRuns: 300 },
    );
  });

  test('that is a literal accepts it alone', () => {
    fc.assert(
      fc.property(texts, texts, (text, other) => {
        expect(accepts(literal(text), other, vocabulary)).toBe(text === other);
      }),
    );
  });

  test('knows the least number of symbols to an accepted text, and walks into no dead end', () => {
    fc.assert(
      fc.property(patterns, fc.nat(), (pattern, seed) => {
        const automaton = regexAutomaton('--match', pattern, vocabulary);
        if (automaton.isEmpty) return;
        let state = 0;
        for (let step = 0; step < 8; step++) {
          const ways = Array.from({ length: vocabulary.size }, (_, id) => automaton.next(state, id));
          const distances = ways.map((way) => automaton.distance(way));
          for (const way of ways)
            if (way !== DEAD) expect(automaton.distance(way)).toBeLessThan(Number.POSITIVE_INFINITY);
          expect(automaton.onward(state)).toBe(1 + Math.min(...distances));
          expect(automaton.distance(state)).toBe(automaton.accepts(state) ? 0 : 1 + Math.min(...distances));
          const open = ways.filter((way) => way !== DEAD);
          if (open.length === 0) break;
          state = open[(seed + step) % open.length]!;
        }
      }),
    );
  });
});

test('<stop> is in no text', () => {
  const vocabulary = vocabularyOf('codepoint');
  expect(regexAutomaton('--match', '[^]*', vocabulary).next(0, vocabulary.stop!)).toBe(DEAD);
});

test('both of two automata accept what their product accepts', () => {
  const vocabulary = vocabularyOf('codepoint');
  fc.assert(
    fc.property(patterns, patterns, texts, (one, other, text) => {
      const [a, b] = [one, other].map((pattern) => regexAutomaton('--match', pattern, vocabulary));
      const both = a!.and(b!);
      const ids = [...vocabulary.encode(text)];
      expect(both.accepts(both.run(0, ids))).toBe(accepts(one, text, vocabulary) && accepts(other, text, vocabulary));
    }),
  );
});

describe('an expression that isn’t taken is refused, with what to do', () => {
  const vocabulary = vocabularyOf('codepoint');
  test.each([
    ['a(?=b)', /assertions .* are not taken/],
    ['a\\bb', /assertions/],
    ['a^b', /assertions/],
    ['(a)\\1', /backreferences are not taken/],
    ['(a', /unterminated group; give a JavaScript regular expression/],
    ['[z-a]', /range out of order/],
    ['(a{500}){500}', /too many states; use shorter repetitions/],
  ])('%s', (pattern, message) => {
    expect(() => regexAutomaton('--match', pattern, vocabulary)).toThrow(message);
    expect(() => regexAutomaton('--match', pattern, vocabulary)).toThrow(/^--match: /);
  });

  test.each(['^ab$', '^ab', 'ab$', 'ab'])('but anchors at its ends say nothing new: %s', (pattern) => {
    expect(['ab', 'aab', 'abb'].map((text) => accepts(pattern, text, vocabulary))).toEqual([true, false, false]);
  });

  test('an escaped $ is a character', () => {
    const dollars = corpusFromText('a$\\', { mode: 'stream' }).vocabulary;
    expect(['a$', 'a'].map((text) => accepts('a\\$', text, dollars))).toEqual([true, false]);
    expect(['a\\', 'a$'].map((text) => accepts('a\\\\$', text, dollars))).toEqual([true, false]);
  });
});

describe('over bytes, all of them in the vocabulary', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const vocabulary = Vocabulary.build(new Map([...bytes].map((byte) => [byte, 1])), { unit: 'byte' });
  const borders = [0, 0x7f, 0x80, 0x7ff, 0x800, 0xfff, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x3ffff, 0x10ffff];
  const point = fc
    .oneof(fc.constantFrom(...borders), fc.integer({ min: 0, max: 0x10ffff }))
    .filter((code) => code < 0xd800 || code >= 0xe000);

  test('a range of code points accepts those in it, and no other', () => {
    fc.assert(
      fc.property(point, point, fc.array(point, { minLength: 1 }), (one, other, probes) => {
        const [min, max] = [Math.min(one, other), Math.max(one, other)];
        const escaped = [min, max].map((code) => `\\u{${code.toString(16)}}`);
        const automaton = regexAutomaton('--match', `[${escaped.join('-')}]`, vocabulary);
        for (const probe of [...probes, min, max]) {
          const accepted = automaton.accepts(automaton.run(0, [...Buffer.from(String.fromCodePoint(probe))]));
          expect(accepted).toBe(probe >= min && probe <= max);
        }
      }),
    );
  });

  test('accepts nothing that isn’t UTF-8, and what is', () => {
    const automaton = regexAutomaton('--match', '[^]*', vocabulary);
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const isUtf8 = (text: readonly number[]) => {
      try {
        decoder.decode(Uint8Array.from(text));
        return true;
      } catch {
        return false;
      }
    };
    const byte = fc.oneof(
      fc.constantFrom(0x41, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff),
      fc.integer({ min: 0, max: 255 }),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 5 }), (text) => {
        expect(automaton.accepts(automaton.run(0, text))).toBe(isUtf8(text));
      }),
      { numRuns: 2000 },
    );
  });
});
