import { Readable, Writable } from 'node:stream';
import { BIN, type Outcome, type RunOptions } from './cli.ts';

type Main = (argv: readonly string[]) => Promise<number>;

/** The built program, as `bin/rnn.js` imports it. */
const MAIN = new URL('../../dist/cli/main.js', import.meta.url).href;

/** The newest call: the next one waits for it, for a process has one folder and one standard output. */
let newest: Promise<unknown> = Promise.resolve();

/**
 * Runs the built `rnn` in this process, with a folder and streams of its own. That costs a small part of what a process costs to start, so it is
 * for all tests of what a command reads, prints and writes. `rnn` of `cli.ts` is for what only a process shows: signals, pipes, terminals, the
 * environment.
 */
export function rnn(args: readonly string[], options: Pick<RunOptions, 'cwd' | 'input'>): Promise<Outcome> {
  const outcome = newest.then(() => call(args, options));
  newest = outcome.catch(() => {});
  return outcome;
}

async function call(args: readonly string[], { cwd, input }: Pick<RunOptions, 'cwd' | 'input'>): Promise<Outcome> {
  const { main } = (await import(/* @vite-ignore */ MAIN)) as { main: Main };
  const [stdout, stderr] = [new Collector(), new Collector()];
  const restore = replaceStreams({ stdin: Readable.from([Buffer.from(input ?? '')]), stdout, stderr });
  const folder = process.cwd();
  process.chdir(cwd);
  try {
    const status = await main([process.execPath, BIN, ...args]);
    return { status, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    process.chdir(folder);
    restore();
  }
}

/** Puts other streams in the place of the process's own, and returns what puts those back. */
function replaceStreams(streams: { stdin: Readable; stdout: Writable; stderr: Writable }): () => void {
  const own = Object.keys(streams).map((name) => [name, Object.getOwnPropertyDescriptor(process, name)!] as const);
  for (const [name, value] of Object.entries(streams)) {
    Object.defineProperty(process, name, { value, configurable: true, enumerable: true });
  }
  return () => Object.defineProperties(process, Object.fromEntries(own));
}

/** A stream that keeps what is written to it. */
class Collector extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
