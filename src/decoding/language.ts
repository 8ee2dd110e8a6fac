import { UsageError } from '../errors.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { Automaton } from './automaton.ts';
import { literal, regexAutomaton } from './regex.ts';

/** What completions must be like, the prefix and what ends them not counted. */
export interface LanguageOptions {
  /** A regular expression that matches them whole; its syntax is in `regexAutomaton`. */
  readonly match?: string | undefined;
  /** Characters that they are made of, as inside the brackets of a regular expression: `a-z `, `\p{L}`. */
  readonly allow?: string | undefined;
  /** Characters that they are free of, likewise. */
  readonly forbid?: string | undefined;
  /** Texts that are in them, each at least once. */
  readonly contains?: readonly string[] | undefined;
  /** The most words: runs of anything but white space, with none after the last that is allowed. */
  readonly maxWords?: number | undefined;
  /** The least number of symbols. */
  readonly minLength?: number | undefined;
}

/** The completions that are wanted: those that both automata accept. */
export interface Language {
  /** What is in a completion: --allow, --forbid, --contains, --min-length. */
  readonly content: Automaton;
  /** What a completion is as a whole: --match, --max-words. */
  readonly shape: Automaton;
}

interface Part {
  readonly name: string;
  readonly automaton: Automaton;
}

/** The completions that meet all that is asked, undefined where nothing is. UsageError where none does. */
export function languageOf(options: LanguageOptions, vocabulary: Vocabulary): Language | undefined {
  const [contents, shapes] = [contentParts(options, vocabulary), shapeParts(options, vocabulary)];
  if (contents.length + shapes.length === 0) return undefined;
  const [content, shape] = [join(contents, vocabulary), join(shapes, vocabulary)];
  join([content, shape], vocabulary);
  return { content: content.automaton, shape: shape.automaton };
}

function contentParts(
  { allow, forbid, contains = [], minLength = 0 }: LanguageOptions,
  vocabulary: Vocabulary,
): Part[] {
  const parts: Part[] = [];
  const add = (name: string, pattern: string) => parts.push(regexPart(name, pattern, vocabulary));
  if (allow !== undefined) add('--allow', `[${bracketed(allow)}]*`);
  if (forbid !== undefined) add('--forbid', `[^${bracketed(forbid)}]*`);
  for (const text of contains) add('--contains', `[^]*${literal(text)}[^]*`);
  if (minLength > 0) parts.push({ name: '--min-length', automaton: atLeast(minLength, vocabulary) });
  return parts;
}

function shapeParts({ match, maxWords }: LanguageOptions, vocabulary: Vocabulary): Part[] {
  const parts: Part[] = [];
  if (match !== undefined) parts.push(regexPart('--match', match, vocabulary));
  if (maxWords !== undefined) {
    const pattern = maxWords === 0 ? '\\s*' : `\\s*(\\S+\\s+){0,${maxWords - 1}}\\S*`;
    parts.push(regexPart('--max-words', pattern, vocabulary));
  }
  return parts;
}

function regexPart(name: string, pattern: string, vocabulary: Vocabulary): Part {
  return { name, automaton: regexAutomaton(name, pattern, vocabulary) };
}

/** A ^ is a character like any other here. */
function bracketed(characters: string): string {
  return characters.replace(/^\^/u, '\\^');
}

/** The texts that all parts accept. UsageError where there are none. */
function join(parts: readonly Part[], vocabulary: Vocabulary): Part {
  const refuse = (name: string, why: string) => new UsageError(`${name}: ${why}`);
  let all: Part = { name: '', automaton: atLeast(0, vocabulary) };
  for (const part of parts) {
    if (part.automaton.isEmpty) {
      throw refuse(part.name, `no text of the model's ${vocabulary.size} symbols is like that; see \`rnn info\``);
    }
    const name = [all.name, part.name].filter((each) => each !== '').join(' and ');
    all = { name, automaton: all.automaton.and(part.automaton) };
    if (all.automaton.isEmpty) throw refuse(name, 'no completion can meet them together; leave one out');
  }
  return all;
}

/** Texts of so many symbols and more. */
function atLeast(length: number, vocabulary: Vocabulary): Automaton {
  return Automaton.from<number>({
    start: 0,
    classes: Array.from({ length: vocabulary.size }, (_, id) => Number(id === vocabulary.stop)),
    next: (count, id) => (id === vocabulary.stop ? undefined : Math.min(count + 1, length)),
    accepts: (count) => count === length,
    key: (count) => count,
  });
}
