import { DFA, JS, NFA, TooManyNodesError } from 'refa';
import { message, option, UsageError } from '../errors.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { Automaton, type Machine } from './automaton.ts';
import { utf8Machine } from './utf8-machine.ts';

type State = DFA.ReadonlyNode;

/**
 * The texts that a regular expression matches whole, over the symbols of a vocabulary. The syntax is JavaScript's with the flag u
 * (ECMA-262): classes, \d \s \w \p{…}, groups, |, * + ? {m,n}. A ^ at its start and a $ at its end are taken and say nothing new;
 * other assertions and backreferences are refused, for what they match is no regular language over symbols, or needn't
 * be one. A symbol of several characters (a grapheme cluster) takes several steps; where symbols are bytes, the expression is of
 * characters all the same. `<stop>` is in no text; `<unk>` reads as U+FFFD. Tokens are joined as in a text, by spaces, unless `joins` is false:
 * then the expression is of the characters of the tokens alone.
 *
 * Source of the construction: the library refa (Thompson, subset construction, minimisation).
 *
 * @param key the option that the expression comes from: UsageError, beginning with its name, for what can't be taken
 */
export function regexAutomaton(key: string, pattern: string, vocabulary: Vocabulary, joins = true): Automaton {
  const dfa = compile(key, pattern);
  const ids = Array.from({ length: vocabulary.size }, (_, id) => id);
  if (vocabulary.unit === 'byte')
    return Automaton.from(
      utf8Machine(
        dfa,
        ids.map((id) => [...vocabulary.decodeBytes([id])]),
      ),
    );
  const texts = ids.map((id) => codePointsOf(vocabulary.decode([id])));
  if (vocabulary.unit === 'token' && joins) return Automaton.from(tokenMachine(codePointMachine(dfa, texts), texts));
  return Automaton.from(codePointMachine(dfa, texts));
}

/** A text as an expression that matches it alone. */
export function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

function compile(key: string, pattern: string): DFA {
  try {
    const parser = JS.Parser.fromLiteral({ source: withoutAnchors(pattern), flags: 'u' });
    const { expression, maxCharacter } = parser.parse({
      assertions: 'throw',
      backreferences: 'throw',
      maxBackreferenceWords: 0,
    });
    const dfa = DFA.fromFA(NFA.fromRegex(expression, { maxCharacter }));
    dfa.minimize();
    return dfa;
  } catch (error) {
    throw new UsageError(message`${option(key)}: ${pattern}: ${reasonOf(error)}`);
  }
}

/** @param texts the code points of each symbol, [V]: mostly one; none where it is in no text */
function codePointMachine(dfa: DFA, texts: readonly (readonly number[])[]): Machine<State> {
  const finals: ReadonlySet<State> = dfa.finals;
  const numbers = new Map<State, number>([...dfa.nodes()].map((node, index) => [node, index]));
  const next = (state: State, symbol: number): State | undefined => {
    let at: State | undefined = texts[symbol]!.length === 0 ? undefined : state;
    for (const character of texts[symbol]!) at = at?.out.get(character);
    return at;
  };
  return {
    start: dfa.initial,
    classes: classify(numbers, texts.length, next),
    next,
    accepts: (state) => finals.has(state),
    key: (state) => numbers.get(state)!,
  };
}

/** A text of tokens so far: the state of the machine, and whether a space stands before the next token. */
interface JoinedState {
  readonly state: State;
  readonly isApart: boolean;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;

/** The machine of texts in which a space stands between two tokens, but none beside a newline (`SymbolDecoder`). */
function tokenMachine(machine: Machine<State>, texts: readonly (readonly number[])[]): Machine<JoinedState> {
  const isNewline = texts.map((text) => text.length === 1 && text[0] === NEWLINE);
  return {
    start: { state: machine.start, isApart: false },
    // Symbols that lead from every state to the same do so after a space, too.
    classes: isNewline.map((newline, symbol) => 2 * machine.classes[symbol]! + Number(newline)),
    next: ({ state, isApart }, symbol) => {
      const begun = isApart && !isNewline[symbol] ? state.out.get(SPACE) : state;
      const next = begun && machine.next(begun, symbol);
      return next && { state: next, isApart: !isNewline[symbol] };
    },
    accepts: ({ state }) => machine.accepts(state),
    key: ({ state, isApart }) => `${machine.key(state)} ${isApart}`,
  };
}

function codePointsOf(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

/** Why an expression wasn't taken, in words. */
function reasonOf(error: unknown): string {
  if (error instanceof TooManyNodesError) return 'needs too many states; use shorter repetitions';
  const message = (error as Error).message;
  if (/^Assertions/u.test(message)) {
    return 'assertions (^ and $ within, \\b, lookaround) are not taken; an expression matches whole completions anyway';
  }
  if (/^Backreferences/u.test(message)) return 'backreferences are not taken; write out what they may stand for';
  return `${message.replace(/^Invalid regular expression: .*: /u, '').toLowerCase()}; give a JavaScript regular expression`;
}

/** The expression matches whole texts: a ^ at its start and a $ at its end say nothing new. */
function withoutAnchors(pattern: string): string {
  return pattern.replace(/^\^/u, '').replace(/(?<=(?:^|[^\\])(?:\\\\)*)\$$/u, '');
}

/** Symbols are of one class where they lead from every state to the same. */
function classify(
  numbers: ReadonlyMap<State, number>,
  symbols: number,
  next: (state: State, symbol: number) => State | undefined,
): Float64Array {
  const classes = new Float64Array(symbols);
  for (const state of numbers.keys()) {
    const finer = new Map<number, number>();
    for (let symbol = 0; symbol < symbols; symbol++) {
      const target = next(state, symbol);
      const pair = classes[symbol]! * (numbers.size + 1) + (target ? numbers.get(target)! + 1 : 0);
      if (!finer.has(pair)) finer.set(pair, finer.size);
      classes[symbol] = finer.get(pair)!;
    }
  }
  return classes;
}
