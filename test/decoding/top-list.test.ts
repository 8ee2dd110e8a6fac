import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TopList } from '../../src/decoding/top-list.ts';

interface Item {
  readonly rank: number;
  readonly order: number;
}

const rank = (item: Item) => item.rank;
const itemsOf = (ranks: readonly number[]): Item[] => ranks.map((each, order) => ({ rank: each, order }));

/** Few different ranks, so that many are equal. */
const ranks = fc.array(fc.constantFrom(Number.NEGATIVE_INFINITY, -3, -1.5, 0, 2, 7), { maxLength: 40 });

test('holds what a stable sort puts first, ties in the order of their offer, at every moment', () => {
  fc.assert(
    fc.property(ranks, fc.integer({ min: 0, max: 12 }), (numbers, limit) => {
      const list = new TopList<Item>(limit, rank);
      const items = itemsOf(numbers);
      for (const [offered, item] of items.entries()) {
        list.offer(item);
        // −Infinity − −Infinity is NaN, which a sort takes for equal.
        const sorted = items.slice(0, offered + 1).toSorted((a, b) => b.rank - a.rank);
        expect(list.items).toEqual(sorted.slice(0, limit));
      }
    }),
    { numRuns: 500 },
  );
});

test('says beforehand whether it takes an item', () => {
  fc.assert(
    fc.property(ranks, fc.integer({ min: 0, max: 5 }), (numbers, limit) => {
      const list = new TopList<Item>(limit, rank);
      for (const item of itemsOf(numbers)) {
        const takes = list.takes(item.rank);
        list.offer(item);
        expect(list.items.includes(item)).toBe(takes);
      }
    }),
    { numRuns: 500 },
  );
});

test('does not take an equal when full, and takes nothing with limit 0', () => {
  const list = new TopList<Item>(2, rank);
  for (const item of itemsOf([1, 1, 1])) list.offer(item);
  expect(list.items.map(({ order }) => order)).toEqual([0, 1]);
  expect([list.takes(1), list.takes(1.5)]).toEqual([false, true]);
  expect(new TopList<Item>(0, rank).takes(Number.POSITIVE_INFINITY)).toBe(false);
});
