/**
 * Trains on a large text, made for it, and measures the peak of memory and the time to the first step. Fails above the bounds that
 * src/README.md promises.
 *
 *     npm run test:large                         1 GB of ASCII: one byte a character
 *     npm run test:large -- --gigabytes 2
 *     npm run test:large -- --wide               300 symbols more at its very end: two bytes a character
 *     npm run test:large -- --lines              words of a line each
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../src/random.ts';

const { values } = parseArgs({
  options: {
    gigabytes: { type: 'string', default: '1' },
    wide: { type: 'boolean', default: false },
    lines: { type: 'boolean', default: false },
    folder: { type: 'string', default: tmpdir() },
  },
});

/** Of everything but the text: Node, a model of the default size, and the corpus's pieces. */
const MODEL_BYTES = 400e6;
const MOST_SECONDS_PER_GIGABYTE = 30;
/** Of lines: where each begins, and the order of an epoch, twice. */
const BYTES_PER_LINE = 12;

const RNN = new URL('../../bin/rnn.js', import.meta.url).pathname;
const bytes = Math.floor(Number(values.gigabytes) * 1e9);
const folder = mkdtempSync(join(values.folder, 'rnn-large-'));
const text = join(folder, 'large.txt');

interface Measure {
  readonly seconds: number;
  /** Bytes. */
  readonly peak: number;
}

try {
  const lines = writeText();
  const { seconds, peak } = await train();
  const most = (values.wide ? 2 : 1) * bytes + (values.lines ? BYTES_PER_LINE * lines : 0) + MODEL_BYTES;
  console.log(
    `${(bytes / 1e9).toFixed(1)} GB in ${lines} lines: first step after ${seconds.toFixed(1)} s; ` +
      `peak of memory ${(peak / 1e9).toFixed(2)} GB, of at most ${(most / 1e9).toFixed(2)}`,
  );
  if (peak > most || seconds > MOST_SECONDS_PER_GIGABYTE * Math.max(1, bytes / 1e9)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** Words of letters drawn at random, a block of them over and over; returns the number of lines. */
function writeText(): number {
  const random = new Random('large');
  const word = (): string =>
    Array.from({ length: 2 + random.integer(7) }, () => String.fromCharCode(97 + random.integer(26))).join('');
  const words = Array.from({ length: 20_000 }, word);
  const end = (index: number): string => (values.lines || index % 11 === 0 ? '\n' : ' ');
  const block = Buffer.from(words.map((each, index) => each + end(index)).join(''));
  const tail = values.wide ? Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('') : '';
  const linesOfBlock = block.filter((byte) => byte === 10).length;
  const file = openSync(text, 'w');
  let written = 0;
  for (; written < bytes; written += block.length) writeSync(file, block);
  writeSync(file, `${tail}\n`);
  closeSync(file);
  return (written / block.length) * linesOfBlock;
}

function train(): Promise<Measure> {
  const mode = values.lines ? 'lines' : 'stream';
  const options = ['--mode', mode, '--steps', '2', '--validation', '1000', '--out', join(folder, 'model.json')];
  const start = performance.now();
  const child = spawn(process.execPath, [RNN, 'train', text, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  let [seconds, peak, said] = [0, 0, ''];
  const look = (): void => {
    peak = Math.max(peak, residentPeak(child.pid!));
  };
  const timer = setInterval(look, 50);
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
    look();
    if (seconds === 0 && said.includes('\nbatch ')) seconds = (performance.now() - start) / 1000;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (status) => {
      clearInterval(timer);
      if (status === 0) resolve({ seconds, peak });
      else reject(new Error(`rnn train ended with ${status}: ${said}`));
    });
  });
}

/** VmHWM of Linux's /proc/PID/status (proc(5)), in bytes; nothing when the process is over. */
function residentPeak(pid: number): number {
  try {
    const [, kibibytes = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return 1024 * Number(kibibytes);
  } catch {
    return 0;
  }
}
