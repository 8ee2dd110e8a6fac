import type { CallTeam } from './team.ts';

/** A thread of the team has died, or has not come to a barrier in time. */
export class ThreadFailure extends Error {
  override readonly name = 'ThreadFailure';
}

/**
 * The memory by which threads meet: the call under way with its inputs, and a barrier. It lies outside the kernel's memory, so no
 * kernel can overwrite it.
 */
export interface Control {
  /** The slots of `Slot`, read and written by Atomics. */
  readonly words: Int32Array;
  /** Inputs of the call under way, in double precision. */
  readonly inputs: Float64Array;
  readonly size: number;
}

/** Places in `Control.words`, each on a cache line of its own. */
const Slot = { started: 0, arrived: 16, generation: 32, failed: 48, call: 64, committed: 80, end: 96 } as const;

/** Stands in the place of a call's number, which is 0 or more, and tells the workers to end. */
const STOP = -1;

/** How often a thread looks before it sleeps. A step has a few barriers, mostly met within microseconds; waking a sleeper takes 30 µs. */
const SPINS = 20_000;

/** How long a thread sleeps at a time, before it looks whether another thread has failed. */
const SLEEP_MS = 1000;

/**
 * After so many sleeps in a row, a thread that has not come to a barrier counts as dead: a share of a step takes much less than a
 * minute. Sleeps are counted rather than timed, because a process may be stopped for an hour (by Ctrl-Z, or by a closed lid) and go on.
 */
const STALLED_SLEEPS = 60;

/** @param inputs the most inputs that a call has */
export function createControl(size: number, inputs: number): Control {
  return {
    words: new Int32Array(new SharedArrayBuffer(4 * Slot.end)),
    inputs: new Float64Array(new SharedArrayBuffer(8 * inputs)),
    size,
  };
}

/** The team as the thread `rank` sees it. */
export function teamOf(control: Control, rank: number): CallTeam {
  return {
    rank,
    size: control.size,
    barrier: () => barrier(control),
    commit: () => Atomics.store(control.words, Slot.committed, 1),
  };
}

/** Main: starts a call in every worker. Its inputs must be in place. */
export function startCall({ words }: Control, call: number): void {
  Atomics.store(words, Slot.committed, 0);
  Atomics.store(words, Slot.call, call);
  Atomics.add(words, Slot.started, 1);
  Atomics.notify(words, Slot.started);
}

/** Whether a thread has committed the call under way: see `CallTeam.commit`. */
export function isCommitted({ words }: Control): boolean {
  return Atomics.load(words, Slot.committed) !== 0;
}

/** Main: lets the workers end. */
export function stopThreads(control: Control): void {
  startCall(control, STOP);
}

/** Any thread: says that it can't go on. No other thread waits for it from now on. */
export function fail({ words }: Control): void {
  Atomics.store(words, Slot.failed, 1);
  Atomics.notify(words, Slot.generation);
}

/** A worker's life: answers each call that main starts, until main lets it end. */
export function serve(control: Control, answer: (call: number) => void): void {
  const { words } = control;
  for (let seen = 0; ; seen++) {
    waitWhile(words, Slot.started, seen, Number.POSITIVE_INFINITY);
    const call = Atomics.load(words, Slot.call);
    if (call === STOP || Atomics.load(words, Slot.failed) !== 0) return;
    answer(call);
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

/** Spins, then sleeps, while a slot has the value `old` and no thread has failed. False if it has slept `sleeps` times. */
function waitWhile(words: Int32Array, slot: number, old: number, sleeps: number): boolean {
  for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(words, slot) !== old) return true;
  for (let slept = 0; Atomics.load(words, slot) === old && Atomics.load(words, Slot.failed) === 0; slept++) {
    if (slept >= sleeps) return false;
    Atomics.wait(words, slot, old, SLEEP_MS);
  }
  return true;
}
