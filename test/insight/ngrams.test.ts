import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { discountsOf } from '../../src/insight/ngrams/discounts.ts';
import { classifyErrors, countWords } from '../../src/insight/ngrams/error-classes.ts';
import { type GramText, ngramLosses } from '../../src/insight/ngrams/kneser-ney.ts';
import { gramText } from '../../src/insight/ngrams/part-text.ts';
import { sortSuffixes } from '../../src/insight/ngrams/suffixes.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { wholeCorpus } from '../../src/text/split.ts';

const ids = (text: string): Uint32Array => Uint32Array.from(text, (symbol) => 'abcde'.indexOf(symbol));
const stream = (text: string): GramText => ({ ids: ids(text), starts: Uint32Array.of(0), hasGivenStart: false });

/** Lines over 1 … , each between two stops 0, as the text module gives them. */
function lines(texts: readonly (readonly number[])[]): GramText {
  const starts: number[] = [];
  const all: number[] = [];
  for (const line of texts) {
    starts.push(all.length);
    all.push(0, ...line, 0);
  }
  return { ids: Uint32Array.from(all), starts: Uint32Array.from(starts), hasGivenStart: true };
}

/** The examples of a text. */
function examplesOf({ ids, starts }: GramText): number[][] {
  return Array.from(starts, (start, index) => [...ids.slice(start, starts[index + 1] ?? ids.length)]);
}

/** The model of one order by its definition, on maps of strings. */
function naiveModel(train: GramText, V: number, N: number) {
  const examples = examplesOf(train);
  const count = (order: number): Map<string, number> => {
    const found = new Map<string, number>();
    for (const example of examples) {
      const first = order === 1 && train.hasGivenStart ? 1 : 0;
      for (let at = first; at + order <= example.length; at++) {
        const gram = example.slice(at, at + order).join(' ');
        found.set(gram, (found.get(gram) ?? 0) + 1);
      }
    }
    return found;
  };
  const adjusted = (order: number): Map<string, number> => {
    const raw = count(order);
    if (order === N) return raw;
    const found = new Map<string, number>();
    for (const gram of count(order + 1).keys()) {
      const shorter = gram.slice(gram.indexOf(' ') + 1);
      found.set(shorter, (found.get(shorter) ?? 0) + 1);
    }
    // In these lines 0 is only at the ends, so an n-gram that begins with it begins a line.
    if (order > 1 && train.hasGivenStart) {
      for (const [gram, times] of raw) if (gram.startsWith('0 ')) found.set(gram, times);
    }
    return found;
  };
  const levels = Array.from({ length: N }, (_, index) => adjusted(index + 1));
  return (context: readonly number[], symbol: number): number => {
    let p = 1 / V;
    for (let order = 1; order <= Math.min(N, context.length + 1); order++) {
      const level = levels[order - 1]!;
      const h = context.slice(context.length - order + 1);
      const sizes = [1, 2, 3, 4].map((size) => [...level.values()].filter((each) => each === size).length);
      const D = discountsOf(sizes);
      const off = (size: number): number => (size === 0 ? 0 : D[Math.min(size, 3) - 1]!);
      const all = Array.from({ length: V }, (_, w) => level.get([...h, w].join(' ')) ?? 0);
      const total = all.reduce((sum, size) => sum + size, 0);
      if (total === 0) continue;
      const taken = all.reduce((sum, size) => sum + off(size), 0);
      p = (all[symbol]! - off(all[symbol]!) + taken * p) / total;
    }
    return p;
  };
}

describe('suffixes', () => {
  test('are sorted by their first symbols, with what neighbours have in common', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 60 }),
        fc.constantFrom(1, 2, 5, 20),
        (text, depth) => {
          const { starts, places, common } = sortSuffixes(Uint32Array.from(text), 3, depth);
          const shown = Array.from(starts, (start) => text.slice(start, start + depth).join(''));
          expect([...starts].sort((a, b) => a - b)).toEqual(text.map((_, at) => at));
          expect(shown).toEqual(shown.toSorted());
          for (const [place, start] of starts.entries()) {
            expect(places[start]).toBe(place);
            const [a, b] = [shown[place - 1] ?? '', shown[place]!];
            let same = 0;
            while (same < a.length && same < b.length && a[same] === b[same]) same++;
            expect(common[place]).toBe(place === 0 ? 0 : same);
          }
        },
      ),
    );
  });
});

describe('n-gram models', () => {
  test('of “abac”, worked by hand', () => {
    // Counts of one symbol: a 2, b 1, c 1; n_1 = 2, n_2 = 1, so Y = 1/2, D_1 = 1 − 2·½·½ = ½, D_2 = 2 − 0 = 2.
    // Unigrams: taken ½ + ½ + 2 = 3 of 4. p(a) = (2 − 2)/4 + ¾ · ⅓ = ¼; p(b) = (1 − ½)/4 + ¼ = ⅜ = p(c).
    // Bigrams ab, ba, ac, once each: no bigram occurs twice, so Y = 1, D_1 = 1 − 0 = 1, and all is taken off.
    // Below bigrams, a(w) counts what precedes: a 1 (b), b 1 (a), c 1 (a): D_1 = 1, so p(w) = 0 + 3/3 · ⅓ = ⅓ = p(w | h).
    const { surprisals } = ngramLosses(stream('abac'), stream('aba'), 3, 2);
    expect([...surprisals[0]!].map((loss) => Math.exp(-loss))).toEqual(
      [1 / 4, 3 / 8, 1 / 4].map((p) => expect.closeTo(p, 6)),
    );
    expect([...surprisals[1]!].map((loss) => Math.exp(-loss))).toEqual(
      [1 / 3, 1 / 3, 1 / 3].map((p) => expect.closeTo(p, 6)),
    );
  });

  test('of “aabab”, worked by hand, with a bigram that occurs twice', () => {
    // Bigrams aa 1, ab 2, ba 1: n_1 = 2, n_2 = 1, Y = ½, D_1 = ½, D_2 = 2. After a: total 3, taken ½ + 2 = 2.5. After b: total 1, taken ½.
    // Below: a is preceded by a and b (2), b by a (1): n_1 = 1, n_2 = 1, Y = ⅓, D_1 = ⅓, D_2 = 2. p(a) = (0 + 7/3 · ½)/3 = 7/18, p(b) = 11/18.
    // p(b | a) = (0 + 2.5 · 11/18)/3 = 55/108; p(a | a) = (½ + 2.5 · 7/18)/3 = 53/108; p(a | b) = ½ + ½ · 7/18 = 25/36.
    const { surprisals } = ngramLosses(stream('aabab'), stream('aaba'), 2, 2);
    const [first, ...rest] = [...surprisals[1]!].map((loss) => Math.exp(-loss));
    expect(first).toBeCloseTo(7 / 18, 6);
    expect(rest).toEqual([53 / 108, 55 / 108, 25 / 36].map((p) => expect.closeTo(p, 6)));
  });

  const symbol = fc.nat({ max: 2 });

  test('of streams are those of their definition, and are distributions', () => {
    const text = fc.array(symbol, { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(text, text, fc.integer({ min: 1, max: 6 }), (train, test, most) => {
        const whole = (from: number[]): GramText => ({
          ids: Uint32Array.from(from),
          starts: Uint32Array.of(0),
          hasGivenStart: false,
        });
        const { surprisals } = ngramLosses(whole(train), whole(test), 4, most);
        for (let order = 1; order <= most; order++) {
          const naive = naiveModel(whole(train), 4, order);
          for (const [at, id] of test.entries()) {
            const context = test.slice(0, at);
            expect(Math.exp(-surprisals[order - 1]![at]!)).toBeCloseTo(naive(context, id), 5);
            const sum = [0, 1, 2, 3].reduce((total, each) => total + naive(context, each), 0);
            expect(sum).toBeCloseTo(1, 9);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('of lines keep to their line, and count what begins it', () => {
    const line = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 6 });
    const text = fc.array(line, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(text, text, fc.integer({ min: 1, max: 5 }), (train, test, most) => {
        const { surprisals } = ngramLosses(lines(train), lines(test), 4, most);
        for (let order = 1; order <= most; order++) {
          const naive = naiveModel(lines(train), 4, order);
          let at = 0;
          for (const example of examplesOf(lines(test))) {
            for (const [place, id] of example.entries()) {
              const found = surprisals[order - 1]![at++]!;
              if (place === 0) expect(found).toBeNaN();
              else expect(Math.exp(-found)).toBeCloseTo(naive(example.slice(0, place), id), 5);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the errors of a network', () => {
  const symbols = [...'the cat saw the yak. the cat sat'];
  const wordCount = (word: string) => ({ the: 9, cat: 9, saw: 9, sat: 9 })[word] ?? 0;
  /** Everything is known but the symbols at these places. */
  const wrongAt = (places: readonly number[]): number[] => symbols.map((_, at) => (places.includes(at) ? 2 : 0.1));

  test.each([
    [0, 'begins a word'],
    [2, 'the rest'],
    [3, 'ends a word or is punctuation'],
    [17, 'in a rare word'], // yak
    [19, 'ends a word or is punctuation'],
    [29, 'repeats the recent text'], // "the cat " before it, again
  ])('the symbol at %d: %s', (place, name) => {
    const shares = classifyErrors({ symbols, network: wrongAt([place]), ngrams: [], wordCount });
    expect(shares.filter(({ count }) => count > 0)).toEqual([
      { name, count: 1, share: 1, ofLoss: expect.closeTo(2 / (2 + 0.1 * (symbols.length - 1)), 9) },
    ]);
  });

  test('what an n-gram model knew comes first, and every error is in one class', () => {
    const ngrams = [wrongAt([]), wrongAt([0, 1])];
    const shares = classifyErrors({ symbols, network: wrongAt([0, 2, 17]), ngrams, wordCount });
    expect(shares[0]).toMatchObject({ count: 3, share: 1 });
    expect(shares.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  });

  test('symbols that were given are none', () => {
    const network = wrongAt([0]).with(0, Number.NaN);
    expect(classifyErrors({ symbols, network, ngrams: [], wordCount }).every(({ count }) => count === 0)).toBe(true);
  });
});

test('words are runs of letters', () => {
  expect(countWords('to be, or not to be'.split(''))).toEqual(
    new Map([
      ['to', 2],
      ['be', 2],
      ['or', 1],
      ['not', 1],
    ]),
  );
});

test('a part of lines is its lines, each with the <stop> before it', () => {
  const corpus = corpusFromText('ab\nc\nab\n', { mode: 'lines' });
  const { ids, starts } = gramText(wholeCorpus(corpus));
  expect([...ids].map((id) => corpus.vocabulary.label(id)).join('')).toBe('<stop>ab<stop><stop>c<stop><stop>ab<stop>');
  expect([...starts]).toEqual([0, 4, 7]);
});
