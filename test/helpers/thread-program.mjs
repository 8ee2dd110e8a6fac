/**
 * A program for the threads' tests. It is plain JavaScript, as workers on Node 20 load nothing else, and imports nothing.
 * `config` is {at, size, rounds}: an address with room for `size` numbers, and how often to meet.
 */
export const CALLS = {
  meet: { inputs: [], outputs: [] },
  squares: { inputs: ['offset', 'factor'], outputs: ['last'] },
  throwAtOnce: { inputs: [], outputs: [] },
  throwHalfway: { inputs: [], outputs: [] },
  throwAfterCommit: { inputs: [], outputs: [] },
  spinAfterThrow: { inputs: [], outputs: [] },
};

/** The thread that throws. */
const FAILING = 1;

export function createProgram({ at, size, rounds, fails }, kernels, team) {
  if (fails === team.rank) throw new Error('a program that can’t be made');
  const { floats } = kernels;
  const die = () => {
    throw new Error('thrown in a worker, as the test wants it');
  };
  const failing = team.rank === FAILING;
  return {
    meet: () => {
      meet(floats, at, rounds, team);
      team.barrier();
    },
    squares: (inputs) => {
      squares(floats, at, size, team, inputs);
      team.barrier();
      return { last: floats[at + size - 1] };
    },
    throwAtOnce: () => {
      if (failing) die();
      team.barrier();
    },
    throwHalfway: () => {
      meet(floats, at, rounds, team);
      if (failing) die();
      team.barrier();
    },
    throwAfterCommit: () => {
      team.barrier();
      if (failing) {
        team.commit();
        die();
      }
      team.barrier();
    },
    spinAfterThrow: () => {
      if (failing) {
        pass(100, () => {}); // until the others are at work
        die();
      }
      // The others are at work in the memory for long, and write what isn't right.
      if (team.rank > FAILING) pass(1000, () => floats.fill(-1, at, at + size));
      team.barrier();
    },
  };
}

/** In each round every thread counts up its own number, and after the barrier finds all others as far. Places of errors are counted at [size]. */
function meet(floats, at, rounds, { rank, size, barrier }) {
  for (let round = 1; round <= rounds; round++) {
    floats[at + 16 * rank] = round;
    barrier();
    for (let other = 0; other < size; other++) if (floats[at + 16 * other] !== round) floats[at + 16 * rank + 1]++;
    barrier();
  }
}

function pass(milliseconds, work) {
  for (const end = performance.now() + milliseconds; performance.now() < end; ) work();
}

/** [j] ← offset + factor · j², each thread its share. */
function squares(floats, at, size, team, { offset, factor }) {
  const from = Math.floor((size * team.rank) / team.size);
  const to = Math.floor((size * (team.rank + 1)) / team.size);
  for (let j = from; j < to; j++) floats[at + j] = offset + factor * j * j;
}
