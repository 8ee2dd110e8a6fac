import { bytesOfLatin1, latin1Of } from '#host/bytes';
import type { Ids } from './ids.ts';
import type { TextSymbol } from './symbols.ts';
import type { Text } from './text.ts';

/** What ends the lines of a text. */
export const LINE_ENDS = ['\n', '\r\n', '\r'] as const;
export type LineEnd = (typeof LINE_ENDS)[number];

/** Whether a vocabulary has a symbol. A byte of ASCII may be asked for as its character. */
type Has = (symbol: string) => boolean;

/**
 * The line end of a text that has these symbols, as far as they tell it: LF if there is no CR, CR LF if there are both. A text of
 * bytes with NUL is taken for data, in which CR and LF are bytes like all others.
 */
export function guessLineEnd(has: Has): LineEnd | undefined {
  if (has('\r\n')) return has('\n') ? '\n' : '\r\n';
  if (!has('\r')) return has('\n') ? '\n' : undefined;
  if (!has('\n')) return '\r';
  return has('\0') ? '\n' : '\r\n';
}

/** How often each line end occurs: CR LF counts as one, not as CR and LF. */
export type LineEndCounts = Readonly<Record<LineEnd, number>>;

/**
 * Counts the line ends of a text of code points, bytes or clusters. `symbols` has the symbol of each id, and `occurring` how often it
 * occurs.
 */
export function countLineEnds(ids: Ids, symbols: readonly TextSymbol[], occurring: Float64Array): LineEndCounts {
  const [lf = -1, cr = -1, pair = -1] = LINE_END_SYMBOLS.map((symbol) => idOf(symbols, symbol));
  const counts = { '\n': 0, '\r\n': 0, '\r': 0 };
  if (cr < 0 && pair < 0) return { ...counts, '\n': occurring[lf] ?? 0 };
  const length = ids.length;
  for (let at = 0; at < length; at++) {
    const id = ids[at];
    if (id === lf) counts['\n']++;
    else if (id === pair) counts['\r\n']++;
    else if (id === cr) {
      const isPair = at + 1 < length && ids[at + 1] === lf;
      counts[isPair ? '\r\n' : '\r']++;
      if (isPair) at++;
    }
  }
  return counts;
}

/** The line end of most lines. It is CR only in a text without LF, because elsewhere a CR is a character like any other. */
export function commonLineEnd(counts: LineEndCounts): LineEnd | undefined {
  const [lf, crlf] = [counts['\n'], counts['\r\n']];
  if (lf + crlf === 0) return counts['\r'] > 0 ? '\r' : undefined;
  return crlf > lf ? '\r\n' : '\n';
}

/**
 * The line end of a text that must be replaced so that a vocabulary with the line end `wanted` reads the lines of the text as lines.
 * Undefined if the text has the wanted line end anywhere, or no line end at all: then the text stays as it is.
 */
export function foreignLineEnd(counts: LineEndCounts, wanted: LineEnd | undefined): LineEnd | undefined {
  if (wanted === undefined || counts[wanted] > 0) return undefined;
  return commonLineEnd(counts);
}

/** A text whose line ends are those of a vocabulary, by the rule of `foreignLineEnd`. */
export function withLineEnd(text: Text, wanted: LineEnd | undefined): Text {
  if (wanted === undefined) return text;
  if (typeof text !== 'string') {
    const latin1 = latin1Of(text);
    const changed = withLineEnd(latin1, wanted);
    return changed === latin1 ? text : bytesOfLatin1(changed as string);
  }
  const own = foreignLineEnd(lineEndsOf(text), wanted);
  return own === undefined ? text : text.replaceAll(own, wanted);
}

function lineEndsOf(text: string): LineEndCounts {
  const counts = { '\n': 0, '\r\n': 0, '\r': 0 };
  if (text.includes('\n') || text.includes('\r')) {
    for (const [end] of text.matchAll(/\r\n|\n|\r/g)) counts[end as LineEnd]++;
  }
  return counts;
}

/** The id of a symbol in a list, of a byte too; −1 if it is not there. */
export function idOf(symbols: readonly TextSymbol[], symbol: string): number {
  const id = symbols.indexOf(symbol, 1);
  return id >= 0 || symbol.length > 1 ? id : symbols.indexOf(symbol.charCodeAt(0), 1);
}

const LINE_END_SYMBOLS = ['\n', '\r', '\r\n'];

/** A line end as messages name it. */
export const LINE_END_NAMES: Readonly<Record<LineEnd, string>> = { '\n': 'LF', '\r\n': 'CR LF', '\r': 'CR' };
