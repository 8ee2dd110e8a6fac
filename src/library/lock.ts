import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { message, option, UserError } from '../errors.ts';

/** How often a run says that it is alive, and how long it may be silent. */
const BEAT_MS = 30_000;
const SILENT_MS = 10 * 60_000;

const holderSchema = z.strictObject({
  pid: z.int().positive(),
  host: z.string(),
  /** When the process began, as its system tells it; a number may be given to another process later. */
  started: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/**
 * The right to write a run's checkpoints: a file `.NAME.lock` beside them, made where there is none, that says which process
 * holds it. One that was left behind is stale, and gives way, when
 *
 * - it is this machine's, and that process is no more, or its number has gone to another process;
 * - it is another machine's, on a shared folder, or can't be read, and nobody has touched it for ten minutes.
 *
 * (The locks of packages go by touches alone, made by timers. A step of training lets no timer in, and a laptop may sleep for
 * a night over a run; a crashed run should be free to go on at once.)
 */
export class Lock {
  readonly #path: string;
  readonly #content: string;
  #beat = performance.now();

  /** UserError where another run holds it. */
  static acquire(path: string): Lock {
    const lock = new Lock(path);
    const holder = lock.#take();
    if (holder === undefined) return lock;
    throw new UserError(
      message`${path}: another run is saving there (${holder}); wait for it, or give another ${option('out')}`,
    );
  }

  /** As `acquire`, or nothing where another run holds it. */
  static tryAcquire(path: string): Lock | undefined {
    const lock = new Lock(path);
    return lock.#take() === undefined ? lock : undefined;
  }

  private constructor(path: string) {
    this.#path = join(dirname(path), `.${basename(path)}.lock`);
    const holder: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
    this.#content = `${JSON.stringify(holder)}\n`;
  }

  /** Says that the run is alive, if it is time; to be called often. */
  beat(): void {
    const now = performance.now();
    if (now - this.#beat < BEAT_MS) return;
    this.#beat = now;
    try {
      const time = new Date();
      utimesSync(this.#path, time, time);
    } catch {
      // The folder was removed, or can't be written to any more: saving will say so.
    }
  }

  /** Nothing, where it isn't this process's (any more). */
  release(): void {
    try {
      if (readFileSync(this.#path, 'utf8') === this.#content) rmSync(this.#path);
    } catch {
      // It was removed.
    }
  }

  /** Makes the file; who holds it, where another does. */
  #take(): string | undefined {
    for (let attempt = 0; ; attempt++) {
      try {
        writeFileSync(this.#path, this.#content, { flag: 'wx' });
        return undefined;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const found = readLock(this.#path);
      if (found.holder !== undefined || attempt > 9) return found.holder ?? 'just begun';
      // Only what was judged is removed: if another was quicker, its lock stands there now.
      if (readLock(this.#path).content === found.content) rmSync(this.#path, { force: true });
    }
  }
}

/** What a lock says, and who holds it, in words; nobody where it is stale or gone. */
function readLock(path: string): { readonly content?: string; readonly holder?: string } {
  try {
    const content = readFileSync(path, 'utf8');
    const silence = Date.now() - statSync(path).mtimeMs;
    const { data } = holderSchema.safeParse(parsed(content));
    if (!data) return silence > SILENT_MS ? { content } : { content, holder: `by what ${path} says` };
    const { pid, host, started } = data;
    const alive = host === hostname() ? isAlive(pid) && startOf(pid) === started : silence <= SILENT_MS;
    return alive ? { content, holder: `process ${pid} on ${host}` } : { content };
  } catch {
    return {};
  }
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // another user's
  }
}

/** Field 22 of Linux's /proc/PID/stat (proc(5)): clock ticks from the system's start to the process's; nothing elsewhere. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
