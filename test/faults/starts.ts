import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What two processes that began at once came to. */
export interface Starts {
  readonly rounds: number;
  /** Rounds in which both held the lock, and in which neither did. */
  readonly both: number;
  readonly neither: number;
  /** What was left in the folder after both had released. */
  readonly left: readonly string[];
}

/** Before a round: nothing, the lock of a process that died, the same with such a guard, or a lock that nobody can read and nobody has touched for long. */
const BEFORE = ['nothing', 'stale', 'guarded', 'empty'] as const;

const HELPER = fileURLToPath(new URL('../helpers/lock-process.ts', import.meta.url));

/** Lets two processes take one lock in the same millisecond, again and again. */
export async function startPairs(rounds: number): Promise<Starts> {
  const folder = mkdtempSync(join(tmpdir(), 'rnn-starts-'));
  const path = join(folder, 'model.json');
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const racers = [1, 2].map(() => fork(HELPER, [path], { execArgv: ['--experimental-strip-types', '--no-warnings'] }));
  let both = 0;
  let neither = 0;
  try {
    await Promise.all(racers.map(answerOf));
    for (let round = 0; round < rounds; round++) {
      prepare(path, BEFORE[round % BEFORE.length]!, { pid: dead, host: hostname(), started: String(round) });
      const holding = await ask(racers, { take: Date.now() + 3 });
      const holders = holding.filter((holds) => holds).length;
      if (holders === 2) both++;
      if (holders === 0) neither++;
      await ask(racers, { release: true });
    }
    return { rounds, both, neither, left: readdirSync(folder) };
  } finally {
    for (const racer of racers) racer.disconnect();
    rmSync(folder, { recursive: true });
  }
}

function prepare(path: string, before: (typeof BEFORE)[number], holder: object): void {
  const lock = join(path, '..', '.model.json.lock');
  if (existsSync(lock)) throw new Error('a lock was left');
  if (before === 'stale' || before === 'guarded') writeFileSync(lock, `${JSON.stringify(holder)}\n`);
  if (before === 'guarded') writeFileSync(`${lock}.guard`, `${JSON.stringify(holder)}\n`);
  if (before !== 'empty') return;
  writeFileSync(lock, '');
  spawnSync('touch', ['-d', '11 minutes ago', lock]);
}

async function ask(racers: readonly ChildProcess[], message: object): Promise<unknown[]> {
  const answers = racers.map(answerOf);
  for (const racer of racers) racer.send(message);
  return await Promise.all(answers);
}

function answerOf(racer: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const failed = (): void => reject(new Error('a process ended'));
    racer.once('exit', failed);
    racer.once('message', (answer) => {
      racer.off('exit', failed);
      resolve(answer);
    });
  });
}

/** `node test/faults/starts.ts [rounds]`: 2,000 pairs if not said otherwise. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const starts = await startPairs(Number(process.argv[2] ?? 2000));
  console.log(JSON.stringify(starts));
  if (starts.both + starts.neither + starts.left.length > 0) process.exitCode = 1;
}
