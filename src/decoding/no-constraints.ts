import { message, option, UsageError } from '../errors.ts';
import type * as constraints from './constraints.ts';
import { constraintSchema } from './options.ts';

// Stands for `constraints.ts` in pages: regular expressions as automata take a megabyte, several times as much as all the rest.

export const Constraint: Pick<typeof constraints.Constraint, 'of'> = { of: refuse };

export const languageOf: typeof constraints.languageOf = refuse;

/** `noRepeat` needs no automaton. */
const { noRepeat: _, ...refused } = constraintSchema.shape;

function refuse(given: object): never {
  const key = Object.entries(given).find(
    ([name, value]) => name in refused && value !== undefined && String(value) !== '',
  );
  throw new UsageError(message`${option(key?.[0] ?? 'match')} needs the library on Node; leave it out in a page`);
}
