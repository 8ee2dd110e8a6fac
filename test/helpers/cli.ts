import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The command, as it is installed. */
export const BIN = fileURLToPath(new URL('../../bin/rnn.js', import.meta.url));

/** A corpus of the repository. */
export function corpus(name: string): string {
  return fileURLToPath(new URL(`../../corpora/${name}`, import.meta.url));
}

/** A model that trains in a moment. */
export const TINY = '--hidden 8 --layers 1 --batch 4 --bptt 16 --threads 1'.split(' ');

export interface Outcome {
  /** Exit status; of a process that a signal ended, 128 and nothing else. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Is given the process, to signal it, say. */
  readonly started?: (child: ChildProcess) => void;
  /** Is given all of standard error so far, whenever there is more. */
  readonly onStderr?: (text: string, child: ChildProcess) => void;
}

/** Runs `rnn` in a process of its own, on the Node that runs the tests. */
export function rnnProcess(args: readonly string[], options: RunOptions): Promise<Outcome> {
  return run(process.execPath, [BIN, ...args], options);
}

/** Runs a pipeline in bash, in which `rnn` is the command. `statuses` are those of its parts in order. */
export async function shell(pipeline: string, options: RunOptions): Promise<Outcome & { statuses: string }> {
  const script = [`rnn() { "${process.execPath}" "${BIN}" "$@"; }`, pipeline, `printf '\\n%s' "\${PIPESTATUS[*]}"`];
  const { stdout, ...outcome } = await run('bash', ['-c', script.join('\n')], options);
  const end = stdout.lastIndexOf('\n');
  return { ...outcome, stdout: stdout.slice(0, end), statuses: stdout.slice(end + 1) };
}

/** Runs a program to its end. The environment is the tests' own, less what decides on colours. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  const { FORCE_COLOR: _force, NO_COLOR: _no, CI: _ci, ...inherited } = process.env;
  const path = `${dirname(process.execPath)}${delimiter}${inherited.PATH ?? ''}`;
  const env = { ...inherited, PATH: path, TERM: 'xterm', ...options.env };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env });
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      chunks.stderr.push(chunk);
      options.onStderr?.(Buffer.concat(chunks.stderr).toString(), child);
    });
    child.on('error', reject);
    child.on('close', (status) => {
      const [stdout, stderr] = [chunks.stdout, chunks.stderr].map((list) => Buffer.concat(list).toString());
      resolve({ status: status ?? 128, stdout: stdout!, stderr: stderr! });
    });
    child.stdin.on('error', () => {}); // it may be closed before all is read
    child.stdin.end(options.input ?? '');
    options.started?.(child);
  });
}

const folders: string[] = [];

/** A new empty folder, gone when the tests of the file are over (`removeFolders` in afterAll). */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rnn-test-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Writes a file in a folder, and returns its path. */
export function file(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** As many words as will do for a stream: the same every time. */
export const PROSE = 'the quick brown fox jumps over the lazy dog, and then it rests a while.\n\n'.repeat(8);

/** The cells of a table that was printed for a program: lines, and tabs between cells. */
export function rowsOf(text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
}
