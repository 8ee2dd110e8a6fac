import { UserError } from '../errors.ts';
import { Random } from '../random.ts';

/** Tasks whose answers are known, so that a model is right or wrong and not merely likely. */
export const TASKS = ['xor', 'parity', 'parity-final', 'addition', 'copy', 'copy-reversed', 'lag'] as const;
export type TaskName = (typeof TASKS)[number];

/** A range of lengths: the smallest and the greatest. */
export interface LengthRange {
  readonly least: number;
  readonly most: number;
}

/** A task: how its lines are made, and which of their symbols follow from the symbols before them. */
export interface Task {
  /** What the length of a line counts. */
  readonly unit: string;
  /** The default range of lengths. */
  readonly lengths: LengthRange;
  /** The smallest possible length. */
  readonly shortest: number;
  /** The symbols of the answers. They occur only in answers. All other symbols are random and can't be predicted. */
  readonly answers: string;
  /** Makes one line of the given length. */
  readonly line: (length: number, random: Random) => string;
}

/** The greatest length of a line, which is made in memory. */
const LONGEST = 1_000_000;

/** The symbol of a pair of bits (p, q) is the one at index 2p + q. */
const PAIRS = 'abcd';

/** A bit, 0 or 1, that is read: no answer is written so. */
const BITS = 'ab';

/** What is to be remembered, and the same as it is said again: a capital is never a question and always an answer. */
const ITEMS = 'abcdefgh';
const KEYS = 'abcd';
const FILLERS = 'xyz';
const SEPARATOR = '>';
const QUESTION = '?';

/**
 * The tasks.
 *
 * - `xor`, `addition`: two numbers bit by bit, the least significant first. At each step a pair of bits is read (a, b, c, d for 00, 01,
 *   10, 11) and the bit of the result is due. Addition ends with a pair 00, on which the carry comes out: an automaton of two states
 *   does it for numbers of any length.
 *   An answer of `xor` depends on the pair before it alone, so a network without a memory can give it: `xor` is `addition` without the carry.
 * - `parity`: the XOR of many bits, 1 for an odd number of ones. Bits are read one by one (a, b for 0, 1), and after each the parity of all bits so
 *   far is due; so an automaton of two states does it. `parity-final` is read to a question mark, and the parity is due once, at the end.
 * - `copy`, `copy-reversed`: symbols to remember, a separator, and the same symbols again as capitals; `copy-reversed` gives them in
 *   reverse, so that the first to be said is the last that was read (Sutskever, Vinyals & Le 2014).
 * - `lag`: the first symbol decides the last, over so many steps of distraction (Hochreiter & Schmidhuber 1997, experiment 2). A question mark
 *   says when it is due: the time needn't be counted.
 */
export const TASK: Readonly<Record<TaskName, Task>> = {
  xor: {
    unit: 'bits',
    lengths: { least: 1, most: 8 },
    shortest: 1,
    answers: '01',
    line: (length, random) => serial(length, random, (p, q) => p ^ q, 0),
  },
  parity: {
    unit: 'bits',
    lengths: { least: 1, most: 8 },
    shortest: 1,
    answers: '01',
    line: (length, random) => {
      const { bits, parities } = oddOnes(length, random);
      return [...bits].map((bit, at) => `${bit}${parities[at]}`).join('');
    },
  },
  'parity-final': {
    unit: 'bits',
    lengths: { least: 1, most: 8 },
    shortest: 1,
    answers: '01',
    line: (length, random) => {
      const { bits, parities } = oddOnes(length, random);
      return `${bits}${QUESTION}${parities.at(-1)}`;
    },
  },
  addition: {
    unit: 'bits',
    lengths: { least: 1, most: 8 },
    shortest: 1,
    answers: '01',
    line: (length, random) => {
      let carry = 0;
      const add = (p: number, q: number): number => {
        const sum = p + q + carry;
        carry = sum >> 1;
        return sum & 1;
      };
      return serial(length, random, add, 1);
    },
  },
  copy: { ...memory(), line: (length, random) => recall(draw(ITEMS, length, random), false) },
  'copy-reversed': { ...memory(), line: (length, random) => recall(draw(ITEMS, length, random), true) },
  lag: {
    unit: 'steps from the first symbol to the last',
    lengths: { least: 2, most: 30 },
    shortest: 2,
    answers: KEYS.toUpperCase(),
    line: (length, random) => {
      const key = draw(KEYS, 1, random);
      return `${key}${draw(FILLERS, length - 2, random)}${QUESTION}${key.toUpperCase()}`;
    },
  },
};

/**
 * `count` lines of a task. Their lengths are drawn uniformly from a range. The same seed gives the same lines; a greater count adds more
 * lines after them. UserError if the task can't have such a length.
 */
export function* taskLines(
  name: TaskName,
  count: number,
  seed: string | number,
  lengths: LengthRange = TASK[name].lengths,
): Generator<string, void, void> {
  const { line, shortest, unit } = TASK[name];
  if (lengths.least < shortest) {
    throw new UserError(
      `the shortest ${name} has a length of ${shortest} (${unit}), not ${lengths.least}; give a greater length`,
    );
  }
  if (lengths.most > LONGEST) {
    throw new UserError(
      `the longest ${name} has a length of ${LONGEST} (${unit}), not ${lengths.most}; give a smaller length`,
    );
  }
  const random = new Random(`${seed}/${name}`);
  for (let done = 0; done < count; done++) {
    const length = lengths.least + random.integer(lengths.most - lengths.least + 1);
    yield line(length, random);
  }
}

function memory(): Omit<Task, 'line'> {
  return {
    unit: 'symbols to remember',
    lengths: { least: 1, most: 8 },
    shortest: 1,
    answers: ITEMS.toUpperCase(),
  };
}

function draw(symbols: string, length: number, random: Random): string {
  let text = '';
  for (let drawn = 0; drawn < length; drawn++) text += symbols[random.integer(symbols.length)];
  return text;
}

function recall(items: string, reversed: boolean): string {
  const read = reversed ? [...items].reverse().join('') : items;
  return `${read}${SEPARATOR}${items.toUpperCase()}`;
}

/** Random bits, and the parity of the bits up to each. */
function oddOnes(length: number, random: Random): { bits: string; parities: number[] } {
  const bits = draw(BITS, length, random);
  let parity = 0;
  return { bits, parities: [...bits].map((bit) => (parity ^= BITS.indexOf(bit))) };
}

/** Random pairs of bits, each followed by the result's bit, then so many pairs 00. */
function serial(bits: number, random: Random, result: (p: number, q: number) => number, more: number): string {
  let text = '';
  for (let bit = 0; bit < bits + more; bit++) {
    const pair = bit < bits ? random.integer(PAIRS.length) : 0;
    text += `${PAIRS[pair]}${result(pair >> 1, pair & 1)}`;
  }
  return text;
}
