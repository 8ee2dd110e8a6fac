/**
 * A program for the threads' tests. It is plain JavaScript, as workers on Node 20 load nothing else, and imports nothing.
 * `config` is {at, size, rounds}: an address with room for `size` numbers, and how often to meet.
 */
export const COMMAND = { meet: 0, squares: 1, throwAtOnce: 2, throwHalfway: 3, spinAfterThrow: 4 };

/** Who throws. */
const FAILING = 1;

export function createProgram({ at, size, rounds, fails }, kernels, team, settings) {
  if (fails === team.rank) throw new Error('a program that can’t be made');
  const { floats } = kernels;
  return (command) => {
    switch (command) {
      case COMMAND.meet:
        meet(floats, at, rounds, team);
        break;
      case COMMAND.squares:
        squares(floats, at, size, team, settings);
        break;
      case COMMAND.throwAtOnce:
        if (team.rank === FAILING) throw new Error('thrown in a worker, as the test wants it');
        break;
      case COMMAND.throwHalfway:
        meet(floats, at, rounds, team);
        if (team.rank === FAILING) throw new Error('thrown in a worker, as the test wants it');
        break;
      case COMMAND.spinAfterThrow:
        if (team.rank === FAILING) {
          pass(100, () => {}); // until the others are at work
          throw new Error('thrown in a worker, as the test wants it');
        }
        // The others are at work in the memory for long, and write what isn't right.
        if (team.rank > FAILING) pass(1000, () => floats.fill(-1, at, at + size));
        break;
    }
    team.barrier();
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

/** [j] ← settings[0] + j², each thread its share. */
function squares(floats, at, size, team, settings) {
  const from = Math.floor((size * team.rank) / team.size);
  const to = Math.floor((size * (team.rank + 1)) / team.size);
  for (let j = from; j < to; j++) floats[at + j] = settings[0] + j * j;
}
