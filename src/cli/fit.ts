import stringWidth from 'string-width';

/** The beginning of a text that fits in so many columns of a terminal, with an ellipsis where that isn't all. */
export function truncate(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  return `${take(graphemes(text), columns - 1).join('')}${columns > 0 ? '…' : ''}`;
}

/** The end of a text that fits, likewise. */
export function truncateStart(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  return `…${take(graphemes(text).reverse(), columns - 1)
    .reverse()
    .join('')}`;
}

/** Parts with a separator between them, in lines that fit in so many columns. A part that is too long for a line is cut off. */
export function wrap(parts: readonly string[], separator: string, columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts.map((each) => truncate(each, columns))) {
    const longer = `${lines.at(-1)}${separator}${part}`;
    if (lines.length > 0 && stringWidth(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

/** A text in lines of so many columns, broken wherever a line is full. */
export function breakAnywhere(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (let rest = graphemes(text); rest.length > 0; ) {
    const line = take(rest, columns);
    const count = Math.max(1, line.length); // one that is wider than the line stands alone
    lines.push(rest.slice(0, count).join(''));
    rest = rest.slice(count);
  }
  return lines;
}

function take(parts: readonly string[], columns: number): string[] {
  const taken: string[] = [];
  let width = 0;
  for (const part of parts) {
    width += stringWidth(part);
    if (width > columns) break;
    taken.push(part);
  }
  return taken;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
