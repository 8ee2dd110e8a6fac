import { InvalidArgumentError } from 'commander';

/**
 * Values that the command line spells in a way of its own: the text of an option becomes the value that its schema wants. Each parser
 * throws InvalidArgumentError with what it expects.
 */
export const SPELLINGS = { duration, size, interval, lengths, part, columns, file, nonEmpty } as const;
export type Spelling = keyof typeof SPELLINGS;

/** Examples of a spelling, for the help. */
export const EXAMPLES: Partial<Record<Spelling, string>> = { duration: '90s, 3m, 1.5h', size: '200M, 2GB' };

/** Seconds of days, hours, minutes and seconds. */
const UNIT_SECONDS = [86_400, 3600, 60, 1] as const;

const NUMBER = '(\\d+(?:\\.\\d+)?)';

/**
 * A number of seconds, or numbers with units: each unit once at most, the longest one first. The seconds of 1h30s need their unit, because the 30
 * of 1h30 are minutes to most people.
 */
const DURATION = new RegExp(`^(?:${NUMBER}|(?:${NUMBER}d)?(?:${NUMBER}h)?(?:${NUMBER}m)?(?:${NUMBER}s)?)$`);

/** A duration such as 90, 90s, 3m, 1.5h or 1h30m, in seconds. */
function duration(text: string): number {
  const [, plain, ...counts] = DURATION.exec(text) ?? [];
  const seconds = UNIT_SECONDS.reduce((sum, unit, at) => sum + unit * Number(counts[at] ?? 0), Number(plain ?? 0));
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new InvalidArgumentError('It must be a duration such as 90s, 3m, 1.5h or 1h30m.');
}

/** How often: after so many steps (500), or so long (90s, 5m). */
function interval(text: string): { readonly steps: number } | { readonly seconds: number } {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number.isSafeInteger(Number(text))) return { steps: Number(text) };
  if (/[smhd]$/.test(text)) return { seconds: duration(text) };
  throw new InvalidArgumentError('It must be a number of steps, such as 500, or a duration, such as 90s or 5m.');
}

const UNIT_BYTES: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30 };

/** A size such as 1000000, 500k, 200M, 2GB or 1GiB, in bytes. */
function size(text: string): number {
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)((?:[kmg]i?)?)b?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(count) * (UNIT_BYTES[unit.toLowerCase()] ?? 0));
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError('It must be a size such as 1000000, 200M or 2GB.');
}

/** A length such as 30, or a range of them such as 1-8. */
function lengths(text: string): { readonly least: number; readonly most: number } {
  const [, first = '', last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  const [least, most] = [Number(first), Number(last)];
  if (first !== '' && least <= most) return { least, most };
  throw new InvalidArgumentError('It must be a whole number such as 30, or a range such as 1-8.');
}

/** A part that is held out: a fraction (0.1), a number (500), or the path of a file. */
function part(text: string): number | string {
  const number = Number(text);
  if (text.trim() !== '' && !Number.isNaN(number)) {
    if ((number >= 0 && number < 1) || (Number.isSafeInteger(number) && number >= 1)) return number;
  } else if (!['', '-', 'NaN'].includes(text) && !/^\d+,\d+$/.test(text)) return text;
  throw new InvalidArgumentError(
    'It must be a number from 0 to below 1, or a whole number from 1, or the path of a file of pairs.',
  );
}

/** Two columns, as 2,1. */
function columns(text: string): readonly [number, number] {
  const [, source = '', target = ''] = /^([1-9]\d{0,4}),([1-9]\d{0,4})$/.exec(text) ?? [];
  if (source !== '') return [Number(source), Number(target)];
  throw new InvalidArgumentError('It must be the column of the source and that of the target, such as 2,1.');
}

/** The path of a file that is written, or read by its name alone: never a standard stream. */
function file(text: string): string {
  if (text === '' || text === '-') throw new InvalidArgumentError('It must be the path of a file.');
  return text;
}

/** Text of at least one character. */
function nonEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}
