import { InvalidArgumentError, Option } from 'commander';
import { KERNEL_NAMES, type KernelName } from '../kernel/contract.ts';

/** What --kernel takes. */
export type KernelRequest = KernelName | 'auto';

/** --kernel, which every command that computes has. */
export function kernelOption(): Option {
  return new Option('--kernel <name>', 'arithmetic').choices(['auto', ...KERNEL_NAMES]).default('auto');
}

/** A parser of whole numbers from `least` to `most`, as commander wants them. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number ${rangeText(least, most)}.`);
  };
}

/** A parser of numbers from `least` to `most`, finite if not said otherwise; `above` leaves out `least` itself. */
export function number(least: number, most = Number.MAX_VALUE, above = false): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value <= most && (above ? value > least : value >= least)) return value;
    throw new InvalidArgumentError(`It must be a number ${above ? aboveText(least, most) : rangeText(least, most)}.`);
  };
}

/** A parser of shares: numbers from 0 to below 1. */
export function share(): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= 0 && value < 1) return value;
    throw new InvalidArgumentError('It must be a number from 0 to below 1.');
  };
}

/** A fraction below 1, or a whole number from 1: parts of a corpus. */
export function fractionOrCount(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if ((value >= 0 && value < 1) || (Number.isSafeInteger(value) && value >= 1)) return value;
  throw new InvalidArgumentError('It must be a fraction from 0 to below 1, or a whole number of lines or symbols.');
}

const UNIT_SECONDS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** A duration such as 90, 90s, 3m, 1.5h or 1h30m, in seconds. */
export function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smhd]?)/g)];
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_SECONDS[unit ?? ''] ?? 0), 0);
  if (parts.map(([part]) => part).join('') === text && seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new InvalidArgumentError('It must be a duration such as 90s, 3m, 1.5h or 1h30m.');
}

/** How often: after so many steps (500), or so long (90s, 5m). */
export function interval(text: string): { readonly steps: number } | { readonly seconds: number } {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number.isSafeInteger(Number(text))) return { steps: Number(text) };
  if (/[smhd]$/.test(text)) return { seconds: duration(text) };
  throw new InvalidArgumentError('It must be a number of steps, such as 500, or a duration, such as 90s or 5m.');
}

const UNIT_BYTES: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30 };

/** A size such as 1000000, 500k, 200M, 2GB or 1GiB, in bytes. */
export function size(text: string): number {
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)((?:[kmg]i?)?)b?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(count) * (UNIT_BYTES[unit.toLowerCase()] ?? 0));
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError('It must be a size such as 1000000, 200M or 2GB.');
}

/** A length such as 30, or a range of them such as 1-8. */
export function lengthRange(text: string): { readonly least: number; readonly most: number } {
  const [, first = '', last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  const [least, most] = [Number(first), Number(last)];
  if (first !== '' && least <= most) return { least, most };
  throw new InvalidArgumentError('It must be a whole number such as 30, or a range such as 1-8.');
}

/** Text of one character at least. */
export function nonEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** Repeated options in order. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, nonEmpty(text)];
}

/** The path of a file that is written, or read by its name alone: never a standard stream. */
export function filePath(text: string): string {
  if (text === '' || text === '-') throw new InvalidArgumentError('It must be the path of a file.');
  return text;
}

function rangeText(least: number, most: number): string {
  return most >= Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
}

function aboveText(least: number, most: number): string {
  return most >= Number.MAX_SAFE_INTEGER ? `above ${least}` : `above ${least}, and at most ${most}`;
}
