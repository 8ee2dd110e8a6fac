import { type Message, message, option, UsageError } from '../errors.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { Automaton } from './automaton.ts';
import type { Constraints } from './options.ts';
import { literal, regexAutomaton } from './regex.ts';

/** The options of `constraintSchema` that say which texts are wanted. */
export interface LanguageOptions extends Omit<Constraints, 'noRepeat'> {
  /** Whether completions may have `<unk>`. */
  readonly unknown?: boolean;
}

/** The completions that are wanted: both automata accept them. */
export interface Language {
  /** What a completion contains: `allow`, `forbid`, `contains`, `minLength`. */
  readonly content: Automaton;
  /** What a completion is as a whole: `match`, `maxWords`. */
  readonly shape: Automaton;
}

/** One requirement. `name` names its option in messages. */
interface Part {
  readonly name: Message;
  readonly automaton: Automaton;
}

/** The completions that meet every requirement; undefined where there is no requirement. UsageError where no completion does. */
export function languageOf(options: LanguageOptions, vocabulary: Vocabulary): Language | undefined {
  const [contents, shapes] = [contentParts(options, vocabulary), shapeParts(options, vocabulary)];
  if (contents.length + shapes.length === 0) return undefined;
  if (vocabulary.unknown !== undefined && options.unknown === false) {
    contents.push({ name: nameOf('unknown'), automaton: withoutUnknown(vocabulary) });
  }
  const [content, shape] = [join(contents, vocabulary), join(shapes, vocabulary)];
  join([content, shape], vocabulary);
  return { content: content.automaton, shape: shape.automaton };
}

function contentParts(
  { allow, forbid, contains = [], minLength = 0 }: LanguageOptions,
  vocabulary: Vocabulary,
): Part[] {
  const parts: Part[] = [];
  // Allowed and forbidden are characters of symbols: the spaces that join tokens are none.
  const addOfSymbols = (key: keyof LanguageOptions, pattern: string) =>
    parts.push(regexPart(key, pattern, vocabulary, false));
  if (allow !== undefined) {
    // The empty text has allowed characters only, so that the automaton of all such texts is never empty.
    requireText(regexPart('allow', `[${bracketed(allow)}]+`, vocabulary, false), vocabulary);
    addOfSymbols('allow', `[${bracketed(allow)}]*`);
  }
  if (forbid !== undefined) addOfSymbols('forbid', `[^${bracketed(forbid)}]*`);
  for (const text of contains) {
    const read = vocabulary.read(text);
    if (typeof read === 'string') parts.push(regexPart('contains', `[^]*${literal(read)}[^]*`, vocabulary));
    else parts.push({ name: nameOf('contains'), automaton: containing([...vocabulary.encodeKnown(read)], vocabulary) });
  }
  if (minLength > 0) parts.push({ name: nameOf('minLength'), automaton: atLeast(minLength, vocabulary) });
  return parts;
}

function shapeParts({ match, maxWords }: LanguageOptions, vocabulary: Vocabulary): Part[] {
  const parts: Part[] = [];
  if (match !== undefined) parts.push(regexPart('match', match, vocabulary));
  if (maxWords !== undefined) {
    const pattern = maxWords === 0 ? '\\s*' : `\\s*(\\S+\\s+){0,${maxWords - 1}}\\S*`;
    parts.push(regexPart('maxWords', pattern, vocabulary));
  }
  return parts;
}

function regexPart(key: keyof LanguageOptions, pattern: string, vocabulary: Vocabulary, joins?: boolean): Part {
  return { name: nameOf(key), automaton: regexAutomaton(key, pattern, vocabulary, joins) };
}

function nameOf(key: keyof LanguageOptions): Message {
  return message`${option(key)}`;
}

/** At its start a ^ would negate the brackets; here it is a character like any other. */
function bracketed(characters: string): string {
  return characters.replace(/^\^/u, '\\^');
}

/** The texts that all parts accept. UsageError where there are none. */
function join(parts: readonly Part[], vocabulary: Vocabulary): Part {
  let all: Part = { name: message``, automaton: atLeast(0, vocabulary) };
  for (const part of parts) {
    requireText(part, vocabulary);
    const name = String(all.name) === '' ? part.name : message`${all.name} and ${part.name}`;
    all = { name, automaton: all.automaton.and(part.automaton) };
    if (all.automaton.isEmpty) throw refused(name, 'no completion can meet them together; leave one out');
  }
  return all;
}

/** UsageError where no text of the model's symbols meets a requirement. */
function requireText({ name, automaton }: Part, vocabulary: Vocabulary): void {
  if (!automaton.isEmpty) return;
  throw refused(name, `no text of the model's ${vocabulary.size} symbols is like that; see \`rnn info\``);
}

function refused(name: Message, why: string): UsageError {
  return new UsageError(message`${name}: ${why}`);
}

/** Texts that have these symbols in a row: the automaton of Knuth, Morris and Pratt. */
function containing(ids: readonly number[], vocabulary: Vocabulary): Automaton {
  const endsLike = (read: readonly number[]): number => {
    let length = Math.min(read.length, ids.length);
    while (!ids.slice(0, length).every((id, at) => read[read.length - length + at] === id)) length--;
    return length;
  };
  return Automaton.from<number>({
    start: 0,
    classes: Array.from({ length: vocabulary.size }, (_, id) => id),
    next: (matched, id) => {
      if (id === vocabulary.stop) return undefined;
      return matched === ids.length ? matched : endsLike([...ids.slice(0, matched), id]);
    },
    accepts: (matched) => matched === ids.length,
    key: (matched) => matched,
  });
}

/** Texts without `<unk>`. */
function withoutUnknown(vocabulary: Vocabulary): Automaton {
  return Automaton.from<number>({
    start: 0,
    classes: Array.from({ length: vocabulary.size }, (_, id) =>
      Number(id === vocabulary.unknown || id === vocabulary.stop),
    ),
    next: (_, id) => (id === vocabulary.unknown || id === vocabulary.stop ? undefined : 0),
    accepts: () => true,
    key: () => 0,
  });
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
