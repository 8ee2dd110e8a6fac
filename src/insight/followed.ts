import type { CellName } from '../nn/cells/index.ts';

/** A gate or a state of a unit that is followed from symbol to symbol. */
export interface Followed {
  /** Its name in the lecture: C̃. */
  readonly name: string;
  /** Its name in the network: a gate or a state of the kind of cell. */
  readonly key: string;
  readonly meaning: string;
  /** Whether it is a gate, from 0 (shut) to 1 (open). */
  readonly isGate: boolean;
}

const gate = (name: string, meaning: string): Followed => ({ name, key: name, meaning, isGate: true });
const state = (name: string, meaning: string, key = name): Followed => ({ name, key, meaning, isGate: false });

/** What is followed of each kind of cell, in the order of its formulas. */
export const FOLLOWED: Readonly<Record<CellName, readonly Followed[]>> = {
  rnn: [state('h', 'state')],
  lstm: [
    gate('f', 'forget gate'),
    gate('i', 'input gate'),
    state('C̃', 'candidate', 'g'),
    state('C', 'cell state', 'c'),
    gate('o', 'output gate'),
    state('h', 'output'),
  ],
  gru: [gate('r', 'reset gate'), gate('z', 'update gate'), state('h̃', 'candidate', 'n'), state('h', 'state')],
};
