import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { readCorpus } from '../../src/text/read-corpus.ts';
import { type LinePart, type Split, type StreamPart, splitCorpus, wholeCorpus } from '../../src/text/split.ts';
import { orSkipped, sharedData } from './shared.ts';

const stream = (n: number) => corpusFromText('x'.repeat(n), { mode: 'stream' });
const lines = (n: number) => corpusFromText('ab\n'.repeat(n), { mode: 'lines' });

function sizes({ train, validation, test }: Split): number[] {
  return [train, validation, test].map((part) => (part.mode === 'stream' ? part.ids.length : part.lines.length));
}

describe('splitCorpus', () => {
  it.each<[number, number, number, number[]]>([
    [100, 0.1, 0, [90, 10, 0]],
    [100, 0, 0.1, [90, 0, 10]],
    [100, 0.1, 0.2, [70, 10, 20]],
    [1_115_394, 0.1, 0, [1_003_854, 111_540, 0]],
    [100, 0.9, 0, [10, 90, 0]],
    [100, 7, 0.2, [73, 7, 20]],
    [100, 30, 5, [65, 30, 5]],
    [115, 0, 0.1, [103, 0, 12]],
    [100, 0.999, 0, [2, 98, 0]],
    [10, 0.1, 0, [10, 0, 0]],
    [20, 0.1, 0.05, [18, 2, 0]],
    [1, 0.5, 0, [1, 0, 0]],
  ])('cuts a stream of %i by %f and %f', (n, validation, test, expected) => {
    expect(sizes(splitCorpus(stream(n), { validation, test }))).toEqual(expected);
  });

  it.each<[number, number, number, number[]]>([
    [100, 0.1, 0.2, [70, 10, 20]],
    [32_033, 0.1, 0, [28_830, 3203, 0]],
    [3, 0.1, 0, [3, 0, 0]],
    [5, 0.1, 0, [4, 1, 0]],
    [3, 0.9, 0, [1, 2, 0]],
    [3, 0.6, 0.3, [1, 2, 0]],
    [100, 10, 0, [90, 10, 0]],
    [1, 0.9, 0, [1, 0, 0]],
  ])('cuts %i lines by %f and %f', (n, validation, test, expected) => {
    expect(sizes(splitCorpus(lines(n), { validation, test }))).toEqual(expected);
  });

  it('keeps a stream in order, as views', () => {
    const corpus = corpusFromText('abcdefghij', { mode: 'stream' });
    const { train, validation, test } = splitCorpus(corpus, { validation: 3, test: 2 });
    const text = (part: unknown) => corpus.vocabulary.decode((part as StreamPart).ids);
    expect([text(train), text(validation), text(test)]).toEqual(['abcde', 'fgh', 'ij']);
    expect((validation as StreamPart).ids.buffer).toBe(corpus.ids.buffer);
    expect([train.targets, validation.targets, test.targets]).toEqual([4, 2, 1]);
  });

  it('gives each line to one part, by the seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 45 }),
        fc.integer({ min: 0, max: 45 }),
        fc.nat(),
        (n, v, t, seed) => {
          const corpus = lines(n);
          const options = { validation: v / 100, test: t / 100, seed };
          const split = splitCorpus(corpus, options);
          const parts = [split.train, split.validation, split.test] as LinePart[];
          const all = parts.flatMap((part) => [...part.lines]);
          expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, line) => line));
          expect(parts[0]!.lines.length).toBeGreaterThan(0);
          expect(parts.map((part) => part.targets)).toEqual(parts.map((part) => part.lines.length * 3));
          expect(splitCorpus(corpus, options)).toEqual(split);
        },
      ),
    );
    const held = (seed: string) => [
      ...(splitCorpus(lines(1000), { validation: 0.1, seed }).validation as LinePart).lines,
    ];
    expect(held('1')).not.toEqual(held('2'));
    expect(held('1')).not.toEqual(Array.from({ length: 100 }, (_, i) => 900 + i));
  });

  it('covers a stream without gap, and never leaves a part of one symbol', () => {
    const fraction = fc.integer({ min: 0, max: 49 }).map((hundredths) => hundredths / 100);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fraction, fraction, (n, validation, test) => {
        const [a = 0, b = 0, c = 0] = sizes(splitCorpus(stream(n), { validation, test }));
        expect(a + b + c).toBe(n);
        expect(a).toBeGreaterThanOrEqual(Math.min(n, 2));
        expect(b).not.toBe(1);
        expect(c).not.toBe(1);
        if (validation === 0) expect(b).toBe(0);
        if (test === 0) expect(c).toBe(0);
      }),
    );
  });

  it('reports a part that could not be had', () => {
    const words = corpusFromText('deep\nlearn\nmachine\n');
    expect(splitCorpus(words, { validation: 0.1 }).notes).toEqual([
      '3 lines are too few for a validation part of 10 %',
    ]);
    expect(splitCorpus(stream(10), { test: 0.1 }).notes).toEqual(['10 symbols are too few for a test part of 10 %']);
    expect(splitCorpus(stream(100), { validation: 1 }).notes).toEqual([
      'a validation part of 1 symbol has none to predict, because its first symbol is only read; give 2 or more, or a share such as 0.05',
    ]);
    expect(splitCorpus(lines(100), { validation: 0.1 }).notes).toEqual([]);
    expect(splitCorpus(words).notes).toEqual([]);
  });

  it('refuses what leaves nothing to train on, and what is no amount', () => {
    for (const corpus of [stream(100), lines(100)]) {
      expect(() => splitCorpus(corpus, { validation: 0.5, test: 0.5 })).toThrow(
        'validation 0.5 and test 0.5 leave nothing to train on of 100',
      );
      expect(() => splitCorpus(corpus, { validation: 100 })).toThrow('leave nothing');
      expect(() => splitCorpus(corpus, { validation: 60, test: 0.4 })).toThrow('leave nothing');
      for (const bad of [-0.1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => splitCorpus(corpus, { validation: bad })).toThrow(UserError);
        expect(() => splitCorpus(corpus, { test: bad })).toThrow(
          `test must be a fraction below 1 or a whole number, not ${bad}`,
        );
      }
    }
  });

  it('gives all as one part', () => {
    expect((wholeCorpus(lines(3)) as LinePart).lines).toEqual(Uint32Array.of(0, 1, 2));
    expect(wholeCorpus(stream(5)).targets).toBe(4);
  });

  it.skipIf(!sharedData)(`cuts tinyshakespeare as is customary${orSkipped}`, async () => {
    const corpus = await readCorpus([join(sharedData!, 'tinyshakespeare.txt')]);
    expect(sizes(splitCorpus(corpus, { validation: 0.1 }))).toEqual([1_003_854, 111_540, 0]);
  });
});
