import type { LanguageModel } from '../library/language-model.ts';
import { harmless } from '../library/words.ts';
import { paint } from './output.ts';

/** Colours of surprisal, from the least: up to how many bits, and how that looks. */
const SCALE = [
  { below: 1, colour: paint.gray },
  { below: 3, colour: paint.green },
  { below: 5, colour: paint.yellow },
  { below: 8, colour: paint.magenta },
  { below: Number.POSITIVE_INFINITY, colour: paint.redBright.bold },
] as const;

/** What the colours mean, on a line. */
export function legend(): string {
  const parts = SCALE.map(({ below, colour }, index) =>
    colour(Number.isFinite(below) ? `< ${below}` : `≥ ${SCALE[index - 1]!.below}`),
  );
  return `${parts.join(' ')} ${paint.dim('bits of surprisal')}`;
}

/** Symbols in the colours of their surprisal, in bits. A newline and a `<stop>` show, and end the line. */
export function coloured(
  ids: ArrayLike<number>,
  bits: readonly number[],
  vocabulary: LanguageModel['vocabulary'],
  raw: boolean,
): string {
  const decoder = vocabulary.decoder();
  let text = '';
  for (let at = 0; at < ids.length; at++) {
    const { colour } = SCALE.find(({ below }) => bits[at]! < below) ?? SCALE.at(-1)!;
    const symbol = decoder.write(ids[at]!);
    if (ids[at] === vocabulary.stop || symbol === '\n') text += `${colour(symbol === '\n' ? '⏎' : '<stop>')}\n`;
    else text += colour(raw ? symbol : harmless(symbol));
  }
  const rest = decoder.end();
  return text.endsWith('\n') ? text : `${text}${rest}\n`;
}
