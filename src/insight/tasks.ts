import { UserError } from '../errors.ts';
import { Random } from '../random.ts';

/** The tasks. Their answers are known, so a model's answer is right or wrong. */
export const TASKS = ['xor', 'addition', 'copy', 'copy-reversed', 'lag'] as const;
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

/** The symbol of a pair of bits (p, q) is the one at index 2p + q. */
const PAIRS = 'abcd';

/** The symbols to remember, and the same symbols in an answer. A capital letter occurs only in answers. */
const ITEMS = 'abcdefgh';
const KEYS = 'abcd';
const FILLERS = 'xyz';
const SEPARATOR = '>';
const QUESTION = '?';

/**
 * The tasks.
 *
 * - `xor`, `addition`: two numbers, bit by bit, from the least significant bit on. A step is a pair of bits (a, b, c, d stand for 00, 01,
 *   10, 11), followed by the bit of the result. Addition has one more pair 00 at the end, whose result is the last carry. An automaton
 *   with two states can add numbers of any length.
 * - `copy`, `copy-reversed`: symbols to remember, a separator, and the same symbols again as capitals. In `copy-reversed` the symbols to
 *   remember stand in reverse, so the first symbol of the answer is the last one that was read (Sutskever, Vinyals & Le 2014).
 * - `lag`: the first symbol of a line decides the last one. Random symbols stand between them (Hochreiter & Schmidhuber 1997, experiment
 *   2). A question mark stands before the answer, so the model need not count the steps.
 */
export const TASK: Readonly<Record<TaskName, Task>> = {
  xor: {
    unit: 'bits',
    lengths: { least: 1, most: 8 },
    shortest: 1,
    answers: '01',
    line: (length, random) => serial(length, random, (p, q) => p ^ q, 0),
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

/** `bits` random pairs of bits and then `more` pairs 00, each followed by the bit of the result. */
function serial(bits: number, random: Random, result: (p: number, q: number) => number, more: number): string {
  let text = '';
  for (let bit = 0; bit < bits + more; bit++) {
    const pair = bit < bits ? random.integer(PAIRS.length) : 0;
    text += `${PAIRS[pair]}${result(pair >> 1, pair & 1)}`;
  }
  return text;
}
