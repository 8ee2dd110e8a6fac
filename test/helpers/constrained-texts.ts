import fc from 'fast-check';
import { Constraint } from '../../src/decoding/constraint.ts';
import { type LanguageOptions, languageOf } from '../../src/decoding/language.ts';
import { Stops } from '../../src/decoding/stops.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import type { Vocabulary } from '../../src/text/vocabulary.ts';

const LETTERS = ['a', 'b', ' ', 'c'];

export const VOCABULARIES = {
  lines: corpusFromText(LETTERS.join('\n'), { mode: 'lines' }).vocabulary,
  stream: corpusFromText(LETTERS.join(''), { mode: 'stream' }).vocabulary,
};

export interface Request {
  readonly vocabulary: Vocabulary;
  readonly options: LanguageOptions;
  readonly strings: readonly string[];
  readonly length: number;
  readonly seed: number;
}

export const requests: fc.Arbitrary<Request> = fc.record({
  vocabulary: fc.constantFrom(VOCABULARIES.lines, VOCABULARIES.stream),
  options: fc.record(
    {
      match: fc.constantFrom('[ab]+', 'a*b', '(ab)*', '[a-c]{2,4}', '(a|bc)+ ?', 'a b c', '.*', '[^a]*', '( ?[a-c])+'),
      allow: fc.constantFrom('ab', 'a-c', 'abc '),
      forbid: fc.constantFrom('a', 'c ', '\\s', '^'),
      contains: fc.array(fc.constantFrom('a', 'ab', 'bab', ' '), { maxLength: 2 }),
      maxWords: fc.integer({ min: 0, max: 3 }),
      minLength: fc.integer({ min: 0, max: 5 }),
    },
    { requiredKeys: [] },
  ),
  strings: fc.array(fc.constantFrom('c', 'ab', 'bb', ' a', 'abc'), { maxLength: 2 }),
  length: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(),
});

/** Whether a completion is as it is wanted, from the text alone. */
export function isWanted(
  text: string,
  { match, allow, forbid, contains = [], maxWords, minLength = 0 }: LanguageOptions,
): boolean {
  const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`, 'u').test(text);
  return (
    (match === undefined || whole(match)) &&
    (allow === undefined || whole(`[${allow}]*`)) &&
    (forbid === undefined || whole(forbid === '^' ? '[^\\^]*' : `[^${forbid}]*`)) &&
    contains.every((each) => text.includes(String(each))) &&
    (maxWords === undefined || wordsOf(text) < maxWords || (wordsOf(text) === maxWords && !/\S\s+$/u.test(text))) &&
    text.length >= minLength
  );
}

function wordsOf(text: string): number {
  return text.split(/\s+/u).filter((word) => word !== '').length;
}

/** Every completion that may be generated within the length, from the text alone: each with whether an ending may follow it. */
export function* completions({ vocabulary, options, strings, length }: Request): Generator<string> {
  const isStopped = (text: string) => strings.some((string) => text.endsWith(string));
  const lines = vocabulary.stop !== undefined;
  function* grow(text: string): Generator<string> {
    const symbols = [...text].length;
    // With <stop>, or cut off, or left.
    if (isWanted(text, options) && (lines ? symbols < length : symbols <= length)) yield text;
    if (symbols === length) return;
    for (const letter of LETTERS) {
      const longer = text + letter;
      if (!isStopped(longer)) yield* grow(longer);
      const ends = strings.filter((string) => longer.endsWith(string)).sort((a, b) => b.length - a.length);
      const before = longer.slice(0, longer.length - (ends[0]?.length ?? 0));
      if (ends.length > 0 && isWanted(before, options)) yield before;
    }
  }
  yield* grow('');
}

export function constrain(request: Request): {
  constraint: Constraint | undefined;
  stops: Stops;
} {
  const stops = Stops.of(request.vocabulary, request.strings);
  const language = languageOf(request.options, request.vocabulary);
  const constraint = language && new Constraint(language, stops);
  constraint?.requireWithin(request.length);
  return { constraint, stops };
}
