/**
 * Cuts text that arrives in pieces into grapheme clusters (Unicode Standard Annex 29, extended), as Intl.Segmenter
 * would cut the whole. Two facts make that possible: whether a cluster ends before a code point depends on that code
 * point and on the cluster so far alone, so every cluster but the last of a piece is sure; and between two ASCII
 * characters there always is a border, except within CR LF, so ASCII needs no segmenter.
 *
 * The clusters are those of the Unicode version of the running Node; the locale is fixed, and doesn't matter to them.
 */
export class GraphemeSplitter {
  readonly #emit: (cluster: string) => void;
  #carried = '';
  /** Length from which the carried text is looked at again: doubled, so that a cluster of a million marks costs no square. */
  #worthwhile = 0;

  constructor(emit: (cluster: string) => void) {
    this.#emit = emit;
  }

  /** UTF-16 units held back. */
  get held(): number {
    return this.#carried.length;
  }

  /** `text` mustn't end within a surrogate pair. Its last cluster is held back: it may go on in the next piece. */
  write(text: string): void {
    this.#carried += text;
    if (this.#carried.length < this.#worthwhile) return;
    this.#carried = this.#cut(this.#carried);
    this.#worthwhile = 2 * this.#carried.length;
  }

  /** Emits what was held back. */
  end(): void {
    const rest = this.#cut(this.#carried);
    this.#carried = '';
    this.#worthwhile = 0;
    if (rest !== '') this.#emit(rest);
  }

  /** Emits the clusters of `text` and returns the last one, unemitted. */
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
      for (const { segment } of segmenter.segment(text.slice(start, stop))) {
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
      // A cluster longer than a piece: look at more of it at once.
      size = last.length * 2 > PIECE ? size * 2 : PIECE;
    }
    return '';
  }
}

/** UTF-16 units given to the segmenter at once: its cost grows faster than the text on very long strings. */
const PIECE = 4096;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The first border after `start` that lies between two ASCII characters, at or before `stop`; 0 if there is none. */
function certainBorder(text: string, start: number, stop: number): number {
  let before = text.charCodeAt(start);
  for (let i = start + 1; i < stop; i++) {
    const after = text.charCodeAt(i);
    if (before < 0x80 && after < 0x80 && !(before === 0x0d && after === 0x0a)) return i;
    before = after;
  }
  return 0;
}

/** `stop`, or one less where it would part a surrogate pair; not beyond the text. */
function wholePairs(text: string, start: number, stop: number): number {
  if (stop >= text.length) return text.length;
  const last = text.charCodeAt(stop - 1);
  return last >= 0xd800 && last <= 0xdbff && stop - 1 > start ? stop - 1 : stop;
}
