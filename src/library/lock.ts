import { randomBytes } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { message, option, UserError } from '../errors.ts';

/** How often a run says that it is alive, and how long it may be silent. */
const BEAT_MS = 30_000;
const SILENT_MS = 10 * 60_000;

/** The most guards of guards: so many processes in a row would have to be killed while they remove a stale lock. */
const MOST_GUARDS = 4;

const holderSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** When the process began, as its system tells it; a number may be given to another process later. */
  started: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/**
 * The right to write a run's checkpoints: a file `.NAME.lock` beside them that says which process holds it. The file is written under another
 * name first and then linked, so it is never seen without its content, and only one process can make it. A lock that was left behind is stale when
 *
 * - it is this machine's, and that process is no more, or its number has gone to another process;
 * - it is another machine's, on a shared folder, or can't be read, and nobody has touched it for ten minutes.
 *
 * A stale lock is removed only by a process that holds its guard, `.NAME.lock.guard`, which is a lock like this one, and which looks again
 * whether the lock is still the stale one. Else two processes might judge the same lock, and the slower one would remove the lock that the quicker
 * one has just made.
 *
 * (The locks of packages go by touches alone, made by timers. A step of training lets no timer in, and a laptop may sleep for a night over a
 * run; a crashed run should be free to go on at once.)
 */
export class Lock {
  readonly #path: string;
  /** No two locks have the same content. */
  readonly #content: string;
  #beat = performance.now();

  /** UserError where another run holds it, or where it can't be made. */
  static acquire(path: string): Lock {
    const lock = new Lock(lockPath(path));
    const holder = lock.#take();
    if (holder === undefined) return lock;
    throw new UserError(
      message`${path}: another run is saving there (${holder}); wait for it, or give another ${option('out')}`,
    );
  }

  /** As `acquire`, or nothing where another run holds it. */
  static tryAcquire(path: string): Lock | undefined {
    const lock = new Lock(lockPath(path));
    return lock.#take() === undefined ? lock : undefined;
  }

  private constructor(path: string) {
    this.#path = path;
    const holder: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
    this.#content = `${JSON.stringify({ ...holder, number: randomBytes(8).toString('hex') })}\n`;
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

  /**
   * To be called before each write. Makes the lock again where it was removed, with its folder, say. UserError where another run has it now:
   * this one must not write any more.
   */
  keep(): void {
    const found = readLock(this.#path);
    if (found.content === this.#content) return;
    const holder = this.#take();
    if (holder !== undefined) throw new UserError(`another run is saving there now (${holder})`);
  }

  /** Removes what processes that died while they made this lock have left, and returns the names. */
  removeLeftovers(): string[] {
    const folder = dirname(this.#path);
    const start = `${basename(this.#path)}.`;
    const left = readdirSync(folder).filter((name) => {
      const pid = name.startsWith(start) && /^(?:guard\.)?(\d+)\.[0-9a-f]+\.tmp$/.exec(name.slice(start.length))?.[1];
      return pid && !isAlive(Number(pid));
    });
    for (const name of left) rmSync(join(folder, name), { force: true });
    const guard = new Lock(`${this.#path}.guard`);
    const { content, holder } = readLock(guard.#path);
    if (content === undefined || holder !== undefined || guard.#take(1) !== undefined) return left;
    guard.release();
    return [...left, basename(guard.#path)];
  }

  /** Nothing, where it isn't this one (any more). */
  release(): void {
    try {
      if (readFileSync(this.#path, 'utf8') === this.#content) rmSync(this.#path);
    } catch {
      // It was removed.
    }
  }

  /** Makes the file; who holds it, where another does. */
  #take(guards = 0): string | undefined {
    for (let attempt = 0; attempt < 10; attempt++) {
      if (this.#make()) return undefined;
      const found = readLock(this.#path);
      if (found.holder !== undefined) return found.holder;
      if (found.content !== undefined) this.#removeStale(found.content, guards);
    }
    return 'just begun';
  }

  /** Removes the stale lock with this content. Nothing, where another process is doing so, or the lock is another by now. */
  #removeStale(content: string, guards: number): void {
    if (guards === MOST_GUARDS) throw new UserError(`${this.#path} was left by a process that died; remove it`);
    const guard = new Lock(`${this.#path}.guard`);
    if (guard.#take(guards + 1) !== undefined) return;
    try {
      const found = readLock(this.#path);
      if (found.content === content && found.holder === undefined) rmSync(this.#path, { force: true });
    } finally {
      guard.release();
    }
  }

  /** Makes the file with its content at once; false where there is one already. UserError where it can't be made. */
  #make(): boolean {
    const temporary = `${this.#path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(temporary, this.#content, { flag: 'wx' });
      try {
        linkSync(temporary, this.#path);
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return false; // the folder was removed just now
        if (!LINKLESS.has(codeOf(error))) throw error;
        this.#makeWithoutLink();
      }
      return true;
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') return false;
      throw new UserError(
        message`${this.#path}: the lock of the run can't be made: ${(cause as Error).message}; give another ${option('out')}`,
        { cause },
      );
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  /** For a file system without links. A file whose content can't be written is removed again. */
  #makeWithoutLink(): void {
    const file = openSync(this.#path, 'wx');
    try {
      writeFileSync(file, this.#content);
    } catch (error) {
      rmSync(this.#path, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
  }
}

/** What a file system without hard links answers. */
const LINKLESS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

/** Where the lock of a path is. */
function lockPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.lock`);
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
