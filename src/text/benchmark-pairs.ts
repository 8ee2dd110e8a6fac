import { Random } from '../random.ts';
import { allocateIds } from './ids.ts';
import type { Column, PairCorpus } from './pairs.ts';
import { Vocabulary } from './vocabulary.ts';

/**
 * Pairs to measure speed with, of a model that transduces: pair i has 5 + (7i mod 16) source symbols and 5 + (11i mod 16) target symbols,
 * so that programs in other languages can make pairs of the same lengths. The symbols are random, because speed does not depend on them.
 *
 * @param symbols V of the source, and of the target with its `<stop>`
 */
export function benchmarkPairs(symbols: number, count: number): PairCorpus {
  const random = new Random('benchmark');
  return {
    task: 'transduce',
    columns: [1, 2],
    source: randomColumn(random, symbols, false, count, 7),
    target: randomColumn(random, symbols, true, count, 11),
    count,
    characters: 0,
    bytes: 0,
    hash: '',
    sources: [],
  };
}

function randomColumn(random: Random, symbols: number, stop: boolean, count: number, factor: number): Column {
  const specials = stop ? 1 : 0;
  const characters = Array.from({ length: symbols - specials }, (_, at) => String.fromCodePoint(0x100 + at));
  const vocabulary = Vocabulary.fromJSON({ unit: 'codepoint', stop, unknown: false, symbols: characters });
  const starts = new Uint32Array(count + 1);
  for (let pair = 0; pair < count; pair++) starts[pair + 1] = starts[pair]! + 5 + ((factor * pair) % 16);
  const ids = allocateIds(symbols, starts[count]!);
  for (let at = 0; at < ids.length; at++) ids[at] = specials + random.integer(symbols - specials);
  return { vocabulary, ids, starts };
}
