import { beginningOf, UserError } from '../errors.ts';

/** The most characters of a refusal that quotes a file: names in it may be of any length. */
const LONGEST = 500;

/** Refuses a file for what was found in it. The message is one line, whatever the file's names are. */
export function refusal(name: string, found: string, cause?: unknown): UserError {
  const line = found.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
  return new UserError(`${name}: ${beginningOf(line, LONGEST)}`, { cause });
}
