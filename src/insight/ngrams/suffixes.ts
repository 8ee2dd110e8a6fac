/** The suffixes of a text in the order of their first `depth` symbols. */
export interface SortedSuffixes {
  /** Where each suffix starts, in order. Suffixes that agree in `depth` symbols stand side by side, in any order. */
  readonly starts: Uint32Array;
  /** The place of each start in that order. */
  readonly places: Uint32Array;
  /** How many first symbols a suffix has in common with the one before it in the order, up to `depth`; 0 for the first. */
  readonly common: Uint8Array;
}

/**
 * Sorts all suffixes of a text by prefix doubling (Manber & Myers 1993) with counting sorts: log₂ depth rounds of a time proportional to the
 * text's length. It takes about 20 bytes a symbol.
 *
 * @param symbols below `alphabet`
 * @param depth up to 255: symbols beyond it are not compared
 */
export function sortSuffixes(symbols: Uint32Array, alphabet: number, depth: number): SortedSuffixes {
  const n = symbols.length;
  let ranks: Uint32Array = symbols.map((symbol) => symbol + 1); // 0 is the end of the text
  let classes = alphabet + 1;
  let starts: Uint32Array = countingSort(
    Uint32Array.from({ length: n }, (_, at) => at),
    ranks,
    0,
    classes,
  );
  let isSorted = false;
  for (let length = 1; length < depth && !isSorted; length *= 2) {
    // First by the later half, then, in a sort that keeps the order of equals, by the first half.
    starts = countingSort(starts, ranks, length, classes);
    starts = countingSort(starts, ranks, 0, classes);
    [ranks, classes] = rankPairs(starts, ranks, length);
    isSorted = classes === n + 1; // each has a rank of its own
  }
  const places = new Uint32Array(n);
  for (let place = 0; place < n; place++) places[starts[place]!] = place;
  return { starts, places, common: commonPrefixes(symbols, starts, depth) };
}

/** Starts in the order of the rank `offset` places later; those of equal rank keep their order. */
function countingSort(starts: Uint32Array, ranks: Uint32Array, offset: number, classes: number): Uint32Array {
  const n = ranks.length;
  const ends = new Uint32Array(classes + 1);
  const keyOf = (start: number): number => (start + offset < n ? ranks[start + offset]! : 0);
  for (let at = 0; at < n; at++) ends[keyOf(starts[at]!) + 1]!++;
  for (let key = 1; key <= classes; key++) ends[key]! += ends[key - 1]!;
  const sorted = new Uint32Array(n);
  for (let at = 0; at < n; at++) {
    const start = starts[at]!;
    sorted[ends[keyOf(start)]!++] = start;
  }
  return sorted;
}

/** New ranks, from 1, of the pairs of ranks at a start and `offset` later, and how many ranks there are with 0. */
function rankPairs(starts: Uint32Array, ranks: Uint32Array, offset: number): [Uint32Array, number] {
  const n = ranks.length;
  const next = new Uint32Array(n);
  const later = (start: number): number => (start + offset < n ? ranks[start + offset]! : 0);
  let rank = 0;
  for (let place = 0; place < n; place++) {
    const start = starts[place]!;
    const before = place > 0 ? starts[place - 1]! : -1;
    if (before < 0 || ranks[before] !== ranks[start] || later(before) !== later(start)) rank++;
    next[start] = rank;
  }
  return [next, rank + 1];
}

function commonPrefixes(symbols: Uint32Array, starts: Uint32Array, depth: number): Uint8Array {
  const n = symbols.length;
  const common = new Uint8Array(n);
  for (let place = 1; place < n; place++) {
    const [a, b] = [starts[place - 1]!, starts[place]!];
    const most = Math.min(depth, n - Math.max(a, b));
    let length = 0;
    while (length < most && symbols[a + length] === symbols[b + length]) length++;
    common[place] = length;
  }
  return common;
}
