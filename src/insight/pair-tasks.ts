import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { LengthRange } from './tasks.ts';

/** Tasks of pairs whose targets are known: each line is source, tab, target. */
export const PAIR_CORPORA = ['sums', 'numbers'] as const;
export type PairCorpusName = (typeof PAIR_CORPORA)[number];

/** The most digits of a number: its words know thousands, and a sum is exact. */
const MOST_DIGITS = 6;
const DEFAULT_DIGITS: LengthRange = { least: 1, most: 3 };

const SMALL = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
] as const;
const TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'] as const;

/**
 * `count` pairs. `sums`: 535+61 → 596. `numbers`: three hundred and five → 305. A length counts the digits of a number, and is drawn uniformly
 * from a range. The same seed gives the same lines; a greater count adds more lines after them. UserError for a length that there is not.
 */
export function* pairLines(
  name: PairCorpusName,
  count: number,
  seed: string | number,
  { least, most }: LengthRange = DEFAULT_DIGITS,
): Generator<string, void, void> {
  if (least < 1 || most > MOST_DIGITS) {
    throw new UserError(`numbers of ${name} have 1 to ${MOST_DIGITS} digits; give such a length`);
  }
  const random = new Random(`${seed}/${name}`);
  const draw = (): number => {
    const digits = least + random.integer(most - least + 1);
    const first = digits === 1 ? 0 : 10 ** (digits - 1);
    return first + random.integer(10 ** digits - first);
  };
  for (let done = 0; done < count; done++) {
    const number = draw();
    if (name === 'numbers') yield `${numberInWords(number)}\t${number}`;
    else {
      const other = draw();
      yield `${number}+${other}\t${number + other}`;
    }
  }
}

/** A whole number below a million in English words: 1305 is one thousand three hundred and five. */
export function numberInWords(number: number): string {
  if (number >= 1000) {
    const rest = number % 1000;
    const joint = rest === 0 ? '' : rest < 100 ? ' and ' : ' ';
    return `${numberInWords(Math.floor(number / 1000))} thousand${joint}${rest === 0 ? '' : numberInWords(rest)}`;
  }
  if (number >= 100) {
    const rest = number % 100;
    return `${SMALL[Math.floor(number / 100)]} hundred${rest === 0 ? '' : ` and ${numberInWords(rest)}`}`;
  }
  if (number < 20) return SMALL[number]!;
  const one = number % 10;
  return `${TENS[Math.floor(number / 10) - 2]}${one === 0 ? '' : `-${SMALL[one]}`}`;
}
