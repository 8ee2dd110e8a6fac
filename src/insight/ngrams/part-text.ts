import type { Part } from '../../text/split.ts';
import type { GramText } from './kneser-ney.ts';

/** A part of a corpus as examples for n-gram models: a stream is one; each line is one, which begins with the `<stop>` before it. */
export function gramText(part: Part): GramText {
  if (part.mode === 'stream') {
    return { ids: Uint32Array.from(part.ids), starts: Uint32Array.of(0), hasGivenStart: true };
  }
  const { ids, lines, lineStarts } = part;
  const all = new Uint32Array(part.targets + lines.length);
  const starts = new Uint32Array(lines.length);
  let filled = 0;
  for (const [index, line] of lines.entries()) {
    starts[index] = filled;
    const text = ids.subarray(lineStarts[line]! - 1, lineStarts[line + 1]!);
    all.set(text, filled);
    filled += text.length;
  }
  return { ids: all, starts, hasGivenStart: true };
}
