import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../src/random.ts';
import { type Outcome, rnnProcess } from '../helpers/cli.ts';
import { type DrawnRun, drawRun, isSame, leftovers, nextArguments, requireWhole } from './drawn-run.ts';

/** What became of a run whose disk was full at some instants. */
export interface Filling {
  readonly options: string;
  /** How often a run met a full disk; and of these, how often the disk was so to the run's end, which is then an error. */
  readonly full: number;
  readonly toTheEnd: number;
  /** The instants after which the resumed run ended with other bytes. */
  readonly different: readonly string[];
}

/** When a disk is full. */
interface Instant {
  /** Bytes that the run can write in all, from its first one on. */
  readonly space?: number;
  /** When the disk becomes full, and when it has space again, in milliseconds after the start of the program. */
  readonly from?: number;
  readonly until?: number;
}

/** The size of a page: a file system in memory gives space by pages. */
const PAGE = 4096;

/** Whether this user may mount a file system of a given size. */
export function canMount(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  return mount(folder, AMPLE) && unmount(folder);
}

/** The size of a file system that is not full. */
const AMPLE = 2 ** 28;

/**
 * Trains once to the end, and then as many times as `instants` says on a disk that becomes full: every second time after so many bytes, and
 * else after so long. Such a run may fail, in one line, and leaves whole checkpoints and nothing else. Then there is space, and the run goes on:
 * it must end with the bytes of the first one.
 */
export async function fillAndResume(parent: string, seed: string, instants: number): Promise<Filling> {
  const drawn = await drawRun(parent, seed);
  const random = new Random(`${seed}/disks`);
  const folder = join(parent, 'disk');
  mkdirSync(folder);
  const bytes = [drawn.model, drawn.state].reduce((sum, file) => sum + statSync(join(drawn.end, file)).size, 0);
  let full = 0;
  let toTheEnd = 0;
  const different: string[] = [];
  for (let number = 0; number < instants; number++) {
    const instant = number % 2 === 0 ? { space: spaceOf(random, bytes) } : timesOf(random, drawn.duration);
    mount(folder, AMPLE);
    try {
      cpSync(drawn.start, folder, { recursive: true });
      const outcome = await trainOnFull(drawn, folder, instant);
      if (outcome.status !== 0) toTheEnd++;
      if (outcome.status !== 0 || /ENOSPC/.test(outcome.stderr)) full++;
      if (outcome.status !== 0) await goOn(drawn, folder);
      if (!isSame(drawn, folder, false)) different.push(JSON.stringify(instant));
    } finally {
      unmount(folder);
    }
  }
  return { options: drawn.begin.join(' '), full, toTheEnd, different };
}

/** From no byte at all to more than the run needs, which is both checkpoints and the temporary file of one. Small ones are drawn more often. */
function spaceOf(random: Random, bytes: number): number {
  return Math.floor((2 * bytes * random.next() ** 2) / PAGE) * PAGE;
}

function timesOf(random: Random, duration: number): Instant {
  const from = (0.2 + 0.8 * random.next()) * duration;
  return { from, ...(random.integer(2) === 0 ? { until: from + 0.5 * random.next() * duration } : {}) };
}

/** Trains while the disk is full as the instant says. Throws where the run fails in another way than by the disk, or leaves what it must not. */
async function trainOnFull(drawn: DrawnRun, folder: string, { space, from, until }: Instant): Promise<Outcome> {
  const fill = (): unknown => resize(folder, used(folder));
  const timers = [
    from === undefined ? undefined : setTimeout(fill, from),
    until === undefined ? undefined : setTimeout(() => resize(folder, AMPLE), until),
  ];
  if (space !== undefined) resize(folder, used(folder) + space);
  const outcome = await rnnProcess(['train', ...drawn.begin], { cwd: folder });
  for (const timer of timers) clearTimeout(timer);
  resize(folder, AMPLE);
  const { status, stderr } = outcome;
  const [last, ...before] = stderr.trimEnd().split('\n').reverse();
  const isClear = status === 1 && /^rnn: .*ENOSPC/.test(last!) && !before.some((line) => line.startsWith('rnn: '));
  if (status !== 0 && !isClear) throw new Error(`the run ended with ${status}: ${stderr}`);
  requireWhole(drawn, folder);
  const left = leftovers(drawn, folder);
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  return outcome;
}

async function goOn(drawn: DrawnRun, folder: string): Promise<void> {
  const args = nextArguments(drawn, folder);
  const { status, stderr } = await rnnProcess(['train', ...args], { cwd: folder });
  if (status !== 0) throw new Error(`with space again, rnn train ${args.join(' ')} ended with ${status}: ${stderr}`);
}

function used(folder: string): number {
  const { blocks, bfree, bsize } = statfsSync(folder);
  return (blocks - bfree) * bsize;
}

function mount(folder: string, size: number): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'rnn-faults', folder]).status === 0;
}

function resize(folder: string, size: number): boolean {
  return spawnSync('mount', ['-o', `remount,size=${size}`, folder]).status === 0;
}

function unmount(folder: string): boolean {
  return spawnSync('umount', [folder]).status === 0;
}
