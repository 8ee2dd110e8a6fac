import stringWidth from 'string-width';
import { type Completion, numbers, shown } from './completions.ts';
import { paint } from './output.ts';

/** Completions for a person: a table. */
export function aligned(completions: readonly Completion[], raw: boolean): string {
  const texts = completions.map(({ text, end, finished }) => ({ text: shown(text, raw), end: finished ? end : '…' }));
  const widths = texts.map(({ text, end }) => stringWidth(text + end));
  const width = Math.max(4, ...widths);
  const head = `${'text'.padEnd(width)}   score ↓     log p  probability`;
  const rows = texts.map(({ text, end }, index) => {
    const [score = '', log = '', probability = ''] = numbers(completions[index]!);
    const padding = ' '.repeat(width - widths[index]!);
    return `${text}${paint.dim(end)}${padding}${score.padStart(10)}${log.padStart(10)}${probability.padStart(13)}`;
  });
  return [paint.dim(head), ...rows].join('\n');
}
