import type { Flag } from './flags.ts';

/** The flags of `constraintSchema`. */
export const CONSTRAINT_FLAGS = {
  'What completions must be like (the prefix and what ends them do not count):': {
    match: { flag: '--match <regex>', spelling: 'nonEmpty' },
    allow: { flag: '--allow <characters>', spelling: 'nonEmpty' },
    forbid: { flag: '--forbid <characters>', spelling: 'nonEmpty' },
    contains: { flag: '--contains <text>', spelling: 'nonEmpty' },
    maxWords: '--max-words <n>',
    minLength: '--min-length <n>',
    noRepeat: '--no-repeat <n>',
  },
} as const satisfies Record<string, Record<string, string | Flag>>;

export const CONSTRAINT_HELP = `
--match takes classes, groups, |, *, +, ?, {m,n}, \\d \\s \\w \\p{...}, but no lookaround,
no \\b and no backreferences; ^ and $ may stand at its ends only. A model of a stream
has no <stop>: with --match or --max-words its completion stops where the next symbol
would no longer match, unless --stop says where. --contains may be given several times.`;

/** The options with the texts that they name: in --stop and --contains, \n stands for a newline and \t for a tab. */
export function withEscapes<T extends { readonly stop?: readonly string[]; readonly contains?: readonly string[] }>(
  options: T,
): T {
  const { stop, contains } = options;
  return {
    ...options,
    ...(stop && { stop: stop.map(unescaped) }),
    ...(contains && { contains: contains.map(unescaped) }),
  };
}

function unescaped(text: string): string {
  return text.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
}
