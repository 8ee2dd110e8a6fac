import { describe, expect, test } from 'vitest';
import { splitPairs } from '../../src/text/pair-split.ts';
import { type PairOptions, pairsFrom } from '../../src/text/pairs.ts';
import { bytesOf } from '../../src/text/text.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';

const OPTIONS: PairOptions = { task: 'transduce', sourceUnit: 'codepoint', targetUnit: 'codepoint' };

const read = (text: string, options: Partial<PairOptions> = {}) =>
  pairsFrom([['list.tsv', bytesOf(text)]], { ...OPTIONS, ...options });

/** The pairs as they were read. */
function textsOf(corpus: ReturnType<typeof read>): [string, string][] {
  return Array.from({ length: corpus.count }, (_, pair) => {
    const [source, target] = [corpus.source, corpus.target].map(({ ids, starts, vocabulary }) =>
      vocabulary.decode(ids.subarray(starts[pair], starts[pair + 1])),
    );
    return [source!, target!];
  });
}

describe('pairsFrom', () => {
  test.each([
    ['LF', 'a\tb\nc\td\n'],
    ['CR LF', 'a\tb\r\nc\td\r\n'],
    ['CR alone, as spreadsheets on a Mac write it', 'a\tb\rc\td\r'],
    ['CR alone, without one at the end', '\ufeffa\tb\r\rc\td'],
  ])('divides lines that end in %s', (_, text) => {
    expect(textsOf(read(text))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test.each(['utf16le', 'a big-endian one'])(
    'reads UTF-16, as spreadsheets write it (%s), but not where symbols are bytes',
    (kind) => {
      const bytes = Buffer.from('\ufeffaé\t漢\r\nb\tc\r\n', 'utf16le');
      const content = kind === 'utf16le' ? bytes : bytes.swap16();
      const corpus = pairsFrom([['list.tsv', content]], OPTIONS);
      expect(textsOf(corpus)).toEqual([
        ['aé', '漢'],
        ['b', 'c'],
      ]);
      const problems: string[] = [];
      const asBytes = {
        ...OPTIONS,
        targetUnit: 'byte',
        onProblem: ({ message }: Error) => problems.push(message),
      } as const;
      pairsFrom([['list.tsv', Buffer.concat([bytesOf('x\ty\n'), content])]], asBytes);
      expect(problems.length).toBeGreaterThan(0);
    },
  );

  test('refuses a CR within a label: a label is on one line', () => {
    const options = { task: 'classify', targetUnit: 'field' } as const;
    expect(() => read('a\tb\nc\td\re\n', options)).toThrow(
      'list.tsv: line 2: has a carriage return (CR) in a column that is read as one symbol; remove it',
    );
  });
});

test('a source of very many pairs can be held out', () => {
  const corpus = read(`${'a\tb\n'.repeat(200_000)}c\td\ne\tf\n`);
  const { train, validation } = splitPairs(corpus, { validation: 0.5, seed: 0 });
  expect([train.pairs.length, validation.pairs.length]).toEqual([2, 200_000]);
});

test('a vocabulary without a frequent symbol is refused, however many symbols there are', () => {
  const counts = new Map(Array.from({ length: 300_000 }, (_, word) => [`word${word}`, 1 + (word % 2)]));
  expect(() => Vocabulary.build(counts, { unit: 'token', minCount: 3 })).toThrow('occurs 2 times');
});
