import { type Discounts, discountsOf } from './discounts.ts';
import { type SortedSuffixes, sortSuffixes } from './suffixes.ts';

/** A text whose n-grams are counted or predicted: examples one after the other, each of which starts anew. */
export interface GramText {
  readonly ids: Uint32Array;
  /** Where each example begins. An n-gram lies in one example. */
  readonly starts: Uint32Array;
  /** Whether the first symbol of each example is given, such as the `<stop>` before a line. Else nothing comes before the first symbol. */
  readonly hasGivenStart: boolean;
}

/** What n-gram models of the orders 1 … N say of a text. */
export interface NgramLosses {
  /** [N][symbols] −log p in nats of every symbol by the model of each order; NaN of those that are given. */
  readonly surprisals: readonly Float32Array[];
  /** [N] their means. */
  readonly losses: readonly number[];
}

/**
 * Interpolated n-gram models with modified Kneser-Ney smoothing (Kneser & Ney 1995; Chen & Goodman 1999):
 *
 *     p(w | h) = max(0, a(hw) − D(a(hw))) / Σ_w a(hw) + γ(h) p(w | h'),   p of no context = … + γ / V
 *
 * h' is h without its first symbol, and γ(h) is what the discounts D have taken off, as a share. a(hw) is the count of hw in the training text where hw
 * is of the model's highest order; else it is the number of different symbols that precede hw there, and of examples that begin with hw.
 *
 * All orders are counted in one sorting of the suffixes of both texts: the n-grams of one order are runs of suffixes. Nothing is stored for an n-gram but while
 * its order is worked on, so memory grows with the texts (some 100 bytes a symbol), not with N.
 *
 * @param symbols V
 * @param most N, up to 100
 */
export function ngramLosses(train: GramText, test: GramText, symbols: number, most: number): NgramLosses {
  const grams = new Grams(train, test, symbols, most);
  const length = test.ids.length;
  let lower = new Float64Array(length).fill(1 / symbols);
  const surprisals: Float32Array[] = [];
  for (let order = 1; order <= most; order++) {
    const level = grams.level(order);
    const highest = interpolate(grams, level, level.counts, lower, order);
    surprisals.push(new Float32Array(highest.map((p, at) => (grams.isGiven(at) ? Number.NaN : -Math.log(p)))));
    if (order < most) lower = interpolate(grams, level, grams.continuations(level), lower, order);
  }
  return { surprisals, losses: surprisals.map(meanOf) };
}

/** The mean of the values that are not NaN. */
export function meanOf(values: Float32Array): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

/** The n-grams of one order: a number for each, and for each context of them. */
interface Level {
  readonly order: number;
  /** [places] which n-gram, and which context, the suffix at a place begins with. */
  readonly grams: Uint32Array;
  readonly contexts: Uint32Array;
  readonly gramCount: number;
  readonly contextCount: number;
  /** [grams] how often each occurs in the training text. */
  readonly counts: Uint32Array;
}

/** Both texts, one after the other, in the order of their suffixes. */
class Grams {
  readonly #suffixes: SortedSuffixes;
  readonly #trainLength: number;
  readonly #test: GramText;
  /** [both texts] how many symbols the longest n-gram has that starts there, within its example. */
  readonly #reach: Uint32Array;
  /** [test] how many symbols of its example come before each symbol. */
  readonly #before: Uint32Array;
  /** [both texts] 1 where an example with a given start begins. */
  readonly #begins: Uint8Array;

  constructor(train: GramText, test: GramText, symbols: number, most: number) {
    const trainLength = train.ids.length;
    const both = new Uint32Array(trainLength + test.ids.length);
    both.set(train.ids);
    both.set(test.ids, trainLength);
    this.#suffixes = sortSuffixes(both, symbols, most);
    this.#trainLength = trainLength;
    this.#test = test;
    this.#reach = new Uint32Array(both.length);
    this.#begins = new Uint8Array(both.length);
    this.#before = new Uint32Array(test.ids.length);
    for (const [text, offset] of [
      [train, 0],
      [test, trainLength],
    ] as const) {
      for (const [index, start] of text.starts.entries()) {
        const end = text.starts[index + 1] ?? text.ids.length;
        for (let at = start; at < end; at++) this.#reach[offset + at] = end - at;
        if (text.hasGivenStart) this.#begins[offset + start] = 1;
        if (text === test) for (let at = start; at < end; at++) this.#before[at] = at - start;
      }
    }
  }

  /** Whether a symbol of the test text is given, and not predicted. */
  isGiven(at: number): boolean {
    return this.#test.hasGivenStart && this.#before[at] === 0;
  }

  /** Whether the n-gram of an order that ends at a symbol of the test text lies in its example. */
  hasContext(at: number, order: number): boolean {
    return this.#before[at]! >= order - 1;
  }

  /** The place of the suffix that begins with the n-gram which ends at a symbol of the test text. */
  placeOf(at: number, order: number): number {
    return this.#suffixes.places[this.#trainLength + at - order + 1]!;
  }

  level(order: number): Level {
    const [grams, gramCount] = this.#runs(order);
    const [contexts, contextCount] = this.#runs(order - 1);
    const counts = new Uint32Array(gramCount);
    for (let place = 0; place < grams.length; place++) if (this.#isCounted(place, order)) counts[grams[place]!]!++;
    return { order, grams, contexts, gramCount, contextCount, counts };
  }

  /** [grams] How many different symbols precede each n-gram, and how often it begins an example. */
  continuations({ order, grams, gramCount }: Level): Uint32Array {
    const { starts, places, common } = this.#suffixes;
    const found = new Uint32Array(gramCount);
    // Each longer n-gram, of one symbol more, is looked at once: at the first place of its run that counts.
    let isSeen = false;
    for (let place = 0; place < starts.length; place++) {
      if (common[place]! < order + 1) isSeen = false;
      if (isSeen || !this.#isCounted(place, order + 1)) continue;
      isSeen = true;
      found[grams[places[starts[place]! + 1]!]!]!++;
    }
    // Nothing precedes an n-gram that begins an example, so each of its occurrences there counts.
    for (let place = 0; place < starts.length && order > 1; place++) {
      if (this.#begins[starts[place]!] === 1 && this.#isCounted(place, order)) found[grams[place]!]!++;
    }
    return found;
  }

  /** Whether the suffix at a place begins with an n-gram of the training text whose last symbol is predicted. */
  #isCounted(place: number, order: number): boolean {
    const start = this.#suffixes.starts[place]!;
    return start < this.#trainLength && this.#reach[start]! >= order && (order > 1 || this.#begins[start] === 0);
  }

  /** Numbers the runs of suffixes that agree in their first `order` symbols. */
  #runs(order: number): [Uint32Array, number] {
    const { common } = this.#suffixes;
    const runs = new Uint32Array(common.length);
    let run = 0;
    for (let place = 1; place < runs.length; place++) {
      if (common[place]! < order) run++;
      runs[place] = run;
    }
    return [runs, run + 1];
  }
}

/** [test] p of every symbol, from the (adjusted) counts of one order and p of the order below. Where a context would leave its example, p stays. */
function interpolate(
  grams: Grams,
  level: Level,
  counts: Uint32Array,
  lower: Float64Array,
  order: number,
): Float64Array<ArrayBuffer> {
  const discounts = discountsOf(countsOfCounts(counts));
  const { totals, taken } = contextSums(level, counts, discounts);
  const found = new Float64Array(lower);
  for (let at = 0; at < found.length; at++) {
    if (!grams.hasContext(at, order)) continue;
    const place = grams.placeOf(at, order);
    const context = level.contexts[place]!;
    const total = totals[context]!;
    if (total === 0) continue; // the context never occurs: p is that of the shorter one
    const count = counts[level.grams[place]!]!;
    found[at] = (count - discountFor(count, discounts) + taken[context]! * lower[at]!) / total;
  }
  return found;
}

/** [contexts] Σ_w a(hw), and what the discounts take off it. */
function contextSums(
  { grams, contexts, contextCount }: Level,
  counts: Uint32Array,
  discounts: Discounts,
): { totals: Float64Array; taken: Float64Array } {
  const totals = new Float64Array(contextCount);
  const taken = new Float64Array(contextCount);
  for (let place = 0; place < grams.length; place++) {
    if (place > 0 && grams[place] === grams[place - 1]) continue;
    const count = counts[grams[place]!]!;
    totals[contexts[place]!]! += count;
    taken[contexts[place]!]! += discountFor(count, discounts);
  }
  return { totals, taken };
}

function discountFor(count: number, [one, two, more]: Discounts): number {
  if (count === 0) return 0;
  return count === 1 ? one : count === 2 ? two : more;
}

/** n_1, n_2, n_3, n_4. */
function countsOfCounts(counts: Uint32Array): number[] {
  const found = [0, 0, 0, 0];
  for (const count of counts) if (count >= 1 && count <= 4) found[count - 1]!++;
  return found;
}
