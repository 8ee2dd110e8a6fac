import { describe, expect, test } from 'vitest';
import type { Sample } from '../../src/decoding/sample.ts';
import { selectTexts } from '../../src/decoding/select.ts';

/** Texts of one symbol each, over and over. */
function* repeating(ids: readonly number[], met = true): Generator<Sample> {
  for (let index = 0; ; index++) {
    yield { index, ids: [ids[index % ids.length]!], stopped: true, met, logProbability: -1, exact: true, tries: 1 };
  }
}

const select = (ids: readonly number[], count: number, unique: boolean, known: string[] = [], met = true) =>
  Array.from(
    selectTexts(repeating(ids, met), count, { unique, known: new Set(known), textOf: (sample) => sample.ids.join('') }),
    (sample) => sample.ids[0],
  );

describe('selectTexts', () => {
  test('takes each text once, where it is to be unique, in their order', () => {
    expect(select([3, 1, 3, 2, 1], 3, true)).toEqual([3, 1, 2]);
    expect(select([3, 1, 3, 2, 1], 4, false)).toEqual([3, 1, 3, 2]);
  });

  test('takes none that is known, nor one that doesn’t meet its constraint', () => {
    expect(select([3, 1, 2], 3, false, ['1'])).toEqual([3, 2, 3]);
    expect(() => select([3], 1, false, [], false)).toThrow(/0 of 1 texts/);
  });

  test('gives up where no more turn up, and says how many there were', () => {
    expect(() => select([1, 2], 3, true)).toThrow(/^2 of 3 texts, for the last 10000 drawn were not as wanted/);
  });
});
