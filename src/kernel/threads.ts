import type { Team } from './team.ts';

/** A thread of the team can't go on, or hasn't come to a barrier in time. */
export class ThreadFailure extends Error {
  override readonly name = 'ThreadFailure';
}

/**
 * The memory by which threads meet: a generation that main raises to start a command, and a barrier. Kept
 * outside the kernel's memory, so that nothing computed can overwrite it.
 */
export interface Control {
  /** Slots of `Slot`, by Atomics. */
  readonly words: Int32Array;
  /** Arguments of the command under way, in double precision: loss scale, learning rate and the like. */
  readonly settings: Float64Array;
  readonly size: number;
}

/** Places in `Control.words`, each on a cache line of its own. */
const Slot = { command: 0, arrived: 16, generation: 32, failed: 48, order: 64, end: 80 } as const;

/** What a thread is told to do besides a program's own commands, which are numbers from 0. */
const STOP = -1;

/** Numbers that a command can be given. */
const SETTINGS = 16;

/** Looks before sleeping. Barriers are a few in a step and mostly met within microseconds; waking a sleeper takes 30 µs. */
const SPINS = 20_000;

/** How long a thread sleeps at a time, before it looks whether another has failed. */
const SLEEP_MS = 1000;

/**
 * Sleeps in a row after which a thread that hasn't come to a barrier is dead: no share of a step takes a fraction of that minute. They are
 * counted, not timed, so that a process that was stopped for an hour (by Ctrl-Z, or by a closed lid) goes on.
 */
const STALLED_SLEEPS = 60;

export function createControl(size: number): Control {
  return {
    words: new Int32Array(new SharedArrayBuffer(4 * Slot.end)),
    settings: new Float64Array(new SharedArrayBuffer(8 * SETTINGS)),
    size,
  };
}

/** The team as the thread `rank` sees it. */
export function teamOf(control: Control, rank: number): Team {
  return { rank, size: control.size, barrier: () => barrier(control) };
}

/** Main: starts the program's `command` in every worker. */
export function startCommand({ words }: Control, command: number): void {
  Atomics.store(words, Slot.order, command);
  Atomics.add(words, Slot.command, 1);
  Atomics.notify(words, Slot.command);
}

/** Main: lets the workers end. */
export function stopThreads(control: Control): void {
  startCommand(control, STOP);
}

/** Any thread: says that it can't go on, so that no other waits for it. */
export function fail({ words }: Control): void {
  Atomics.store(words, Slot.failed, 1);
  Atomics.notify(words, Slot.generation);
}

/** A worker's life: runs each command as it is started, until told to stop. */
export function serve(control: Control, run: (command: number) => void): void {
  const { words } = control;
  for (let seen = 0; ; seen++) {
    waitWhile(words, Slot.command, seen, Number.POSITIVE_INFINITY);
    const command = Atomics.load(words, Slot.order);
    if (command === STOP || Atomics.load(words, Slot.failed) !== 0) return;
    run(command);
  }
}

function barrier(control: Control): void {
  const { words, size } = control;
  const generation = Atomics.load(words, Slot.generation);
  if (Atomics.add(words, Slot.arrived, 1) === size - 1) {
    Atomics.store(words, Slot.arrived, 0);
    Atomics.add(words, Slot.generation, 1);
    Atomics.notify(words, Slot.generation);
  } else if (!waitWhile(words, Slot.generation, generation, STALLED_SLEEPS)) {
    fail(control);
  }
  if (Atomics.load(words, Slot.failed) !== 0) {
    throw new ThreadFailure('a worker thread died');
  }
}

/** Spins, then sleeps, while a slot has the value `old` and no thread has failed. False after so many sleeps. */
function waitWhile(words: Int32Array, slot: number, old: number, sleeps: number): boolean {
  for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(words, slot) !== old) return true;
  for (let slept = 0; Atomics.load(words, slot) === old && Atomics.load(words, Slot.failed) === 0; slept++) {
    if (slept >= sleeps) return false;
    Atomics.wait(words, slot, old, SLEEP_MS);
  }
  return true;
}
