import { inOption } from '../errors.ts';
import type { LanguageModel } from '../library/language-model.ts';
import { type Text, unescapeText } from '../library/lines.ts';
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
--match takes classes, groups, |, *, +, ?, {m,n}, \\d \\s \\w \\p{...}, but no
lookaround, no \\b and no backreferences; ^ and $ may stand at its ends only. A
model of a stream has no <stop>: with --match or --max-words its completion
stops where the next symbol would no longer match, unless --stop says where.
--contains may be given several times.`;

/** What help says of the escapes. */
const ESCAPES = `\\n \\t \\r \\\\ (a backslash), \\xHH
(the character U+00HH; in a model of bytes, the byte HH) and \\u{...}.`;

export const ESCAPE_HELP = `In the texts of options these are escapes: ${ESCAPES}`;

/** The same, of a command whose argument is a text. */
export const TEXT_ESCAPES = `In the text, these are escapes: ${ESCAPES}`;

interface Texts {
  readonly prefix?: Text | undefined;
  readonly stop?: readonly Text[] | undefined;
  readonly contains?: readonly Text[] | undefined;
}

/** The options with the escapes in their texts read, for a model of this unit. UsageError for what is no escape. */
export function withEscapes<T extends Texts>(
  options: T,
  { vocabulary: { unit } }: Pick<LanguageModel, 'vocabulary'>,
): T {
  const read = (key: string) => (text: Text) => readEscapes(key, text, unit);
  const { prefix, stop, contains } = options;
  return {
    ...options,
    ...(prefix !== undefined && { prefix: read('prefix')(prefix) }),
    ...(stop && { stop: stop.map(read('stop')) }),
    ...(contains && { contains: contains.map(read('contains')) }),
  };
}

/** The text of an option, `key`, with its escapes read. */
export function readEscapes(key: string, text: Text, unit: LanguageModel['vocabulary']['unit']): Text {
  return typeof text === 'string' ? inOption(key, () => unescapeText(text, unit)) : text;
}
