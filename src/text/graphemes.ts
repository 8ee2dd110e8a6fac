/**
 * Cuts text that arrives in pieces into grapheme clusters (Unicode Standard Annex 29, extended clusters). The result is what
 * Intl.Segmenter gives for the whole text. Two facts make that possible:
 *
 * - Whether a cluster ends before a code point depends only on that code point and on the cluster so far. So all clusters of a
 *   piece are known, except the last one.
 * - There is a border between any two ASCII characters, except CR LF. So ASCII text needs no segmenter.
 *
 * The clusters are those of the Unicode version in the running Node. The locale is fixed; it has no influence on the clusters.
 */
export class GraphemeSplitter {
  readonly #emit: (cluster: string) => void;
  #carried = '';
  /**
   * The carried text is cut again when it is this long. The length doubles each time, so that the time for a cluster of a million
   * marks stays proportional to its length.
   */
  #nextCutLength = 0;

  constructor(emit: (cluster: string) => void) {
    this.#emit = emit;
  }

  /** The number of UTF-16 units that are held back. */
  get held(): number {
    return this.#carried.length;
  }

  /** `text` must not end within a surrogate pair. Its last cluster is held back, because the next piece may continue it. */
  write(text: string): void {
    this.#carried += text;
    if (this.#carried.length < this.#nextCutLength) return;
    this.#carried = this.#cut(this.#carried);
    this.#nextCutLength = 2 * this.#carried.length;
  }

  /** Emits the text that was held back. */
  end(): void {
    const rest = this.#cut(this.#carried);
    this.#carried = '';
    this.#nextCutLength = 0;
    if (rest !== '') this.#emit(rest);
  }

  /** Emits the clusters of `text` except the last one, which it returns. */
  #cut(text: string): string {
    const length = text.length;
    let start = 0;
    let size = PIECE;
    while (start < length) {
      const certain = certainBorder(text, start, Math.min(start + size, length));
      if (certain === start + 1) {
        this.#emit(text[start]!);
        start = certain;
        continue;
      }
      const stop = certain > 0 ? certain : wholePairs(text, start, start + size);
      let last = '';
      for (const { segment } of segmenter().segment(text.slice(start, stop))) {
        if (last !== '') this.#emit(last);
        start += last.length;
        last = segment;
      }
      if (certain > 0) {
        this.#emit(last);
        start = stop;
      } else if (stop === length) {
        return last;
      }
      // If a cluster is longer than a piece, the next piece is twice as long.
      size = last.length * 2 > PIECE ? size * 2 : PIECE;
    }
    return '';
  }
}

/** The segmenter gets this many UTF-16 units at once. On very long strings its time grows faster than the text. */
const PIECE = 4096;

/** Made when it is first needed: it takes about ten milliseconds, and ASCII text needs none. */
function segmenter(): Intl.Segmenter {
  shared ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return shared;
}

let shared: Intl.Segmenter | undefined;

/** The first border between two ASCII characters that lies after `start` and before `stop`; 0 if there is none. */
function certainBorder(text: string, start: number, stop: number): number {
  let before = text.charCodeAt(start);
  for (let i = start + 1; i < stop; i++) {
    const after = text.charCodeAt(i);
    if (before < 0x80 && after < 0x80 && !(before === 0x0d && after === 0x0a)) return i;
    before = after;
  }
  return 0;
}

/** `stop`, moved back by one if it would cut a surrogate pair, and at most the length of the text. */
function wholePairs(text: string, start: number, stop: number): number {
  if (stop >= text.length) return text.length;
  const last = text.charCodeAt(stop - 1);
  return last >= 0xd800 && last <= 0xdbff && stop - 1 > start ? stop - 1 : stop;
}
