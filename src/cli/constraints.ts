import type { Command } from 'commander';
import type { Constraint } from '../decoding/constraint.ts';
import { inOption, stopsFrom } from '../decoding/requests.ts';
import type { Stops } from '../decoding/stops.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { collect, nonEmpty, whole } from './options.ts';

/** What --match and its like say of the completions that are wanted. */
export interface ConstraintCommandOptions {
  readonly match?: string;
  readonly allow?: string;
  readonly forbid?: string;
  readonly contains?: readonly string[];
  readonly maxWords?: number;
  readonly minLength?: number;
  /** Of --no-repeat: commander makes it true where the option isn't given. */
  readonly repeat: number | true;
}

/** Adds --match and its like to a command that completes. */
export function addConstraints(command: Command): Command {
  return command
    .optionsGroup('What completions must be like, the prefix and what ends them not counted:')
    .option('--match <regex>', 'matched whole by this regular expression (JavaScript’s, flag u)', nonEmpty)
    .option('--allow <characters>', 'made of these alone, as in the brackets of a regex: a-z, \\p{L}', nonEmpty)
    .option('--forbid <characters>', 'free of these, likewise', nonEmpty)
    .option('--contains <text>', 'with this text in them (repeatable)', collect)
    .option('--max-words <n>', 'of so many words at most', whole(0, 1000))
    .option('--min-length <n>', 'of so many symbols at least', whole(0, 100_000))
    .option('--no-repeat <n>', 'no n symbols in a row come twice, the prefix’s included', whole(1, 1000));
}

export const CONSTRAINT_HELP = `
--match takes classes, groups, |, *, +, ?, {m,n}, \\d \\s \\w \\p{...}; no lookaround,
\\b or backreferences, and ^ and $ at its ends only. A model of a stream, which has
no <stop>, ends a completion that --match or --max-words is about where it would go
on with a symbol that is none of it, unless --stop says where.`;

/** --no-repeat's n. */
export function noRepeatOf({ repeat }: ConstraintCommandOptions): number | undefined {
  return repeat === true ? undefined : repeat;
}

/** What the options ask for, undefined where that is nothing. UsageError where no completion will do. */
export async function constraintFrom(
  options: ConstraintCommandOptions,
  stops: Stops,
  length: number,
  vocabulary: Vocabulary,
): Promise<Constraint | undefined> {
  const { match, allow, forbid, contains = [], maxWords, minLength } = options;
  if (![match, allow, forbid, contains[0], maxWords, minLength].some((each) => each !== undefined)) return undefined;
  const [{ languageOf }, { Constraint }] = await Promise.all([
    import('../decoding/language.ts'),
    import('../decoding/constraint.ts'),
  ]);
  const language = languageOf(
    { match, allow, forbid, contains: contains.map(withEscapes), maxWords, minLength },
    vocabulary,
  );
  if (!language) return undefined;
  const constraint = new Constraint(language, stops);
  constraint.requireWithin(length);
  return constraint;
}

/** What ends a text, with the strings of --stop. */
export function stopsFromOption(strings: readonly string[] | undefined, vocabulary: Vocabulary): Stops {
  return inOption('--stop', () => stopsFrom((strings ?? []).map(withEscapes), vocabulary));
}

/** \n stands for a newline, \t for a tab. */
function withEscapes(text: string): string {
  return text.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
}
