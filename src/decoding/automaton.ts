import { UserError } from '../errors.ts';

/** The state from which no accepted text can be reached. */
export const DEAD = -1;

/** The greatest number of states, and of transitions. They take a few hundred megabytes and a few seconds. */
const MOST_STATES = 1_000_000;
const MOST_TRANSITIONS = 50_000_000;

/** A deterministic machine over symbols, given by its transitions. Its states are found by following them from the start. */
export interface Machine<State> {
  readonly start: State;
  /** [V] the class of each symbol. Symbols of one class have the same transitions in every state. */
  readonly classes: ArrayLike<number>;
  /** Undefined if no accepted text can be reached. */
  readonly next: (state: State, symbol: number) => State | undefined;
  readonly accepts: (state: State) => boolean;
  /** States with equal keys are the same. */
  readonly key: (state: State) => string | number;
}

/**
 * A deterministic finite automaton over the symbols of a vocabulary, as a table: a language of texts. Every state's distance is
 * known: the least number of symbols from it to an accepted text. A program that generates symbol by symbol can therefore avoid
 * dead ends. State 0 is the start; `DEAD` is every state that accepts nothing.
 */
export class Automaton {
  readonly states: number;
  /** Class of each symbol, [V]. */
  readonly classes: Uint32Array;
  /** Classes of symbols. */
  readonly width: number;
  /** [states][classes] */
  readonly #table: Int32Array;
  readonly #accepting: Uint8Array;
  readonly #distances: Float64Array;
  readonly #onward: Float64Array;

  private constructor(classes: Uint32Array, width: number, table: Int32Array, accepting: Uint8Array) {
    this.states = accepting.length;
    this.classes = classes;
    this.width = width;
    this.#table = table;
    this.#accepting = accepting;
    this.#distances = measureDistances(table, width, accepting);
    this.#onward = new Float64Array(this.states).fill(Number.POSITIVE_INFINITY);
    for (let at = 0; at < table.length; at++) {
      const distance = this.distance(table[at]!);
      if (distance === Number.POSITIVE_INFINITY) table[at] = DEAD;
      const state = Math.floor(at / width);
      this.#onward[state] = Math.min(this.#onward[state]!, 1 + distance);
    }
  }

  /** The automaton of a machine: all states that can be reached from its start. UserError if they are too many. */
  static from<State>(machine: Machine<State>): Automaton {
    return Automaton.walk(machine).automaton;
  }

  /** The same, with the machine's states by their numbers. */
  static walk<State>(machine: Machine<State>): { automaton: Automaton; found: readonly State[] } {
    const { classes, representatives } = densify(machine.classes);
    const width = representatives.length;
    const numbers = new Map([[machine.key(machine.start), 0]]);
    const found = [machine.start];
    const table: number[] = [];
    for (let at = 0; at < found.length; at++) {
      if (found.length > MOST_STATES || table.length > MOST_TRANSITIONS) {
        throw new UserError(
          `the constraints have more than ${at} states together; ask for fewer, or for shorter repetitions, at once`,
        );
      }
      for (const symbol of representatives) {
        const state = machine.next(found[at]!, symbol);
        if (state === undefined) {
          table.push(DEAD);
          continue;
        }
        const key = machine.key(state);
        const known = numbers.get(key);
        table.push(known ?? found.length);
        if (known !== undefined) continue;
        numbers.set(key, found.length);
        found.push(state);
      }
    }
    const accepting = Uint8Array.from(found, (state) => Number(machine.accepts(state)));
    return { automaton: new Automaton(classes, width, Int32Array.from(table), accepting), found };
  }

  /** The texts that both accept. */
  and(other: Automaton): Automaton {
    const pairs = this.classes.map((own, symbol) => own * other.width + other.classes[symbol]!);
    return Automaton.from<readonly [number, number]>({
      start: [0, 0],
      classes: pairs,
      next: ([a, b], symbol) => {
        const [p, q] = [this.next(a, symbol), other.next(b, symbol)];
        return p === DEAD || q === DEAD ? undefined : [p, q];
      },
      accepts: ([a, b]) => this.accepts(a) && other.accepts(b),
      key: ([a, b]) => a * other.states + b,
    });
  }

  /** The state after a symbol, or `DEAD`. */
  next(state: number, symbol: number): number {
    return state === DEAD ? DEAD : this.#table[state * this.width + this.classes[symbol]!]!;
  }

  /** The state after a symbol of a class, or `DEAD`. */
  nextOfClass(state: number, one: number): number {
    return this.#table[state * this.width + one]!;
  }

  /** The state after several symbols, or `DEAD`. */
  run(state: number, symbols: readonly number[]): number {
    return symbols.reduce((before, symbol) => this.next(before, symbol), state);
  }

  /** Whether no text is accepted. */
  get isEmpty(): boolean {
    return this.distance(0) === Number.POSITIVE_INFINITY;
  }

  accepts(state: number): boolean {
    return state !== DEAD && this.#accepting[state] === 1;
  }

  /** The least number of symbols from a state to an accepted text: 0 where the text is accepted, Infinity in `DEAD`. */
  distance(state: number): number {
    return state === DEAD ? Number.POSITIVE_INFINITY : this.#distances[state]!;
  }

  /** The same, but at least one symbol: Infinity if no longer text is accepted. */
  onward(state: number): number {
    return state === DEAD ? Number.POSITIVE_INFINITY : this.#onward[state]!;
  }
}

/** Classes as numbers from 0 without gaps, and a symbol of each. */
function densify(given: ArrayLike<number>): { classes: Uint32Array; representatives: number[] } {
  const numbers = new Map<number, number>();
  const representatives: number[] = [];
  const classes = Uint32Array.from(given, (each, symbol) => {
    const known = numbers.get(each);
    if (known !== undefined) return known;
    numbers.set(each, representatives.length);
    representatives.push(symbol);
    return representatives.length - 1;
  });
  return { classes, representatives };
}

/** Breadth first, from the accepting states back. */
function measureDistances(table: Int32Array, width: number, accepting: Uint8Array): Float64Array {
  const states = accepting.length;
  const before: number[][] = Array.from({ length: states }, () => []);
  for (let at = 0; at < table.length; at++) {
    if (table[at] !== DEAD) before[table[at]!]!.push(Math.floor(at / width));
  }
  const distances = new Float64Array(states).fill(Number.POSITIVE_INFINITY);
  const queue: number[] = [];
  for (let state = 0; state < states; state++) {
    if (accepting[state] === 0) continue;
    distances[state] = 0;
    queue.push(state);
  }
  for (const state of queue) {
    for (const previous of before[state]!) {
      if (distances[previous] !== Number.POSITIVE_INFINITY) continue;
      distances[previous] = distances[state]! + 1;
      queue.push(previous);
    }
  }
  return distances;
}
