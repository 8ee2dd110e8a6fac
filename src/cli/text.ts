/** Thrown when the reader of standard output has gone, as `head` does: nothing is wrong, and there is nothing more to do. */
export class ReaderGone extends Error {}

/** Seconds as 42s, 3m05s, 1h02m. */
export function durationText(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${String(s % 60).padStart(2, '0')}s`;
  return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`;
}
