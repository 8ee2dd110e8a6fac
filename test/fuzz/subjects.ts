import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import { UserError } from '../../src/errors.ts';
import { type Checkpoint, parseCheckpoint } from '../../src/nn/checkpoint.ts';
import type { Random } from '../../src/random.ts';
import { createBatches } from '../../src/text/batches.ts';
import type { Corpus } from '../../src/text/corpus.ts';
import { readCorpus } from '../../src/text/read-corpus.ts';
import { splitCorpus } from '../../src/text/split.ts';
import { TEXT_UNITS } from '../../src/text/symbols.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';
import { readRun } from '../../src/training/record.ts';
import { train } from '../../src/training/trainer.ts';
import { LINES, RECIPE, run, STREAM } from '../helpers/training.ts';
import { mutateBytes, mutateJson, pick } from './mutate.ts';

/** No case may take longer, whatever the machine is busy with. */
export const LONGEST_MS = 5000;

/** Bytes that a refused file may have taken in buffers, besides twice its own. */
const MOST_BESIDE = 16 * 2 ** 20;

/** What came of a case. `input` is what it was made of, for a finding to be seen again. */
export interface Verdict {
  readonly refused: boolean;
}

/** A case that went wrong. */
export class Finding extends Error {
  readonly input: Buffer;

  constructor(what: string, input: Buffer, cause?: unknown) {
    super(what, { cause });
    this.input = input;
  }
}

/** Runs a case: done, or refused by a UserError in a line, in time, and without taking more memory than a few times the input. */
export async function judge(input: Buffer, work: () => Promise<void> | void): Promise<Verdict> {
  const before = process.memoryUsage().arrayBuffers;
  const start = performance.now();
  const error: unknown = await (async () => work())().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const time = performance.now() - start;
  const taken = process.memoryUsage().arrayBuffers - before;
  if (error !== undefined && !(error instanceof UserError))
    throw new Finding(`not a UserError: ${error}`, input, error);
  if (error && !/^[^\p{Cc}\u2028\u2029]{1,1000}$/u.test(error.message))
    throw new Finding(`not a line: ${JSON.stringify(error.message)}`, input);
  if (time > LONGEST_MS) throw new Finding(`it took ${time.toFixed(0)} ms`, input);
  if (taken > 2 * input.length + MOST_BESIDE) throw new Finding(`it took ${taken} bytes`, input);
  if (Object.keys(Object.prototype).length > 0) throw new Finding('a prototype was polluted', input);
  return { refused: error !== undefined };
}

interface Seed {
  readonly corpus: Corpus;
  readonly text: string;
}

let seeds: Promise<readonly Seed[]> | undefined;

/** States of short runs, in both modes. */
function checkpoints(): Promise<readonly Seed[]> {
  seeds ??= Promise.all(
    [STREAM, LINES].flatMap((corpus) =>
      (['lstm', 'gru'] as const).map(async (cell) => {
        const model = { ...RECIPE.model, cell, hidden: 3, embedding: 2 };
        const { last } = await run(corpus, { model, limits: { steps: 3 }, validateEvery: 1, validation: 0.1 });
        return { corpus, text: last.text };
      }),
    ),
  );
  return seeds;
}

/** A damaged checkpoint is read as every command reads it, and, where it is still whole, trained on for a step. */
export async function fuzzCheckpoint(random: Random): Promise<Verdict> {
  const { corpus, text } = pick(random, await checkpoints());
  const structural = random.integer(2) === 0;
  const bytes = structural ? Buffer.from(mutateJson(random, text)) : mutateBytes(random, Buffer.from(text));
  return judge(bytes, async () => {
    const checkpoint = parseCheckpoint(bytes, 'it');
    const vocabulary = Vocabulary.fromJSON(checkpoint.vocabulary);
    const record = readRun(checkpoint, 'it');
    if (vocabulary.size === corpus.vocabulary.size && checkpoint.resume) await resumed(corpus, checkpoint, record);
  });
}

async function resumed(corpus: Corpus, checkpoint: Checkpoint, record: ReturnType<typeof readRun>): Promise<void> {
  const { recipe } = record;
  const { hidden, layers, embedding } = recipe.model;
  // A larger model may be asked for, and would take what it takes.
  if (Math.max(hidden, embedding) > 64 || layers > 8 || recipe.bptt > 1000) return;
  const options = { recipe, place: { kernel: 'js', threads: 1 }, resume: checkpoint } as const;
  for await (const event of train(corpus, options)) if (event.type === 'step') return;
}

const TEXTS = [
  'It was a dark and stormy night;\nthe rain fell in torrents, except at occasional intervals.\n'.repeat(4),
  'deep\nlearn\nmachine\n'.repeat(5),
  'naïve café — “Ünïcödé” 漢字かな 👩‍🚀 e\u0301\u0302\u0303\r\n'.repeat(6),
  '',
  '\u0000\u0001\u0002\u0003',
  '\n'.repeat(1000),
].map((text) => Buffer.from(text));

/** A damaged text is read in some unit and mode, split, and cut into windows. */
export async function fuzzCorpus(random: Random): Promise<Verdict> {
  const base = random.integer(8) === 0 ? noise(random) : pick(random, TEXTS);
  const bytes = mutateBytes(random, base);
  const options = {
    unit: pick(random, TEXT_UNITS),
    mode: pick(random, ['auto', 'stream', 'lines'] as const),
    minCount: pick(random, [1, 1, 2, 5]),
    maxBytes: pick(random, [undefined, 1000]),
  };
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + 1 + random.integer(300));
    pieces.push(piece);
    at += piece.length;
  }
  return judge(bytes, async () => {
    const corpus = await readCorpus(['-'], { ...options, stdin: Readable.from(pieces) });
    const { train: part } = splitCorpus(corpus, { validation: 0.1, seed: 1 });
    const shape = { rows: 1 + random.integer(4), window: 5, stride: 1 + random.integer(5) };
    const batches = createBatches(part, shape, 1);
    const arrays = [0, 1, 2].map(() => new Int32Array(shape.rows * shape.window)) as [
      Int32Array,
      Int32Array,
      Int32Array,
    ];
    for (let window = 0; window < 3; window++) {
      batches.next(...arrays);
      if (arrays[0].some((id) => id < 0 || id >= corpus.vocabulary.size)) throw new RangeError('an id out of range');
    }
    corpus.vocabulary.decode(corpus.ids.subarray(0, 100));
  });
}

function noise(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.integer(2000) }, () => random.integer(256)));
}

const NAMES = (
  '--cell --layers --hidden --embedding --activation --reset --init --bptt --bptt-stride --batch --epochs --time --optimizer --lr ' +
  '--schedule --warmup --momentum --weight-decay --clip-norm --clip-value --mode --unit --min-count --max-bytes --validation --test ' +
  '--validate-every --seed --threads --kernel --out --resume --save-every --overwrite --json --quiet --help --debugg -o -x -- ---'
).split(' ');

const ARGUMENTS = (
  '0 1 2 3 7 0.5 -1 1e9 1e-9 1e400 NaN Infinity lstm gru rnn adam sgd tanh relu lines stream byte grapheme codepoint auto js ' +
  '1s 0s 5m 100k 0x10 __proto__ constructor toString text.txt nowhere.txt . .. / /dev/null out.json nowhere/out.json ../..'
)
  .split(' ')
  .concat(['', ' ', '9'.repeat(400), 'a'.repeat(5000), '\u001b[2J', 'line\nbreak', '\u0000', '💥']);

/** A list of options that a person or a script could come to, given to the whole command; it ends after two steps if it is taken. */
export async function fuzzOptions(random: Random): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'rnn-fuzz-'));
  writeFileSync(join(folder, 'text.txt'), TEXTS[0]!);
  const args = Array.from({ length: random.integer(8) }, () =>
    pick(random, random.integer(2) === 0 ? NAMES : ARGUMENTS),
  );
  const argv = ['train', 'text.txt', ...args, '--steps', '2'];
  const input = Buffer.from(JSON.stringify(argv));
  const before = process.cwd();
  process.chdir(folder);
  try {
    const start = performance.now();
    const { status, stderr } = await captured(() => main(['node', 'rnn', ...argv]));
    const time = performance.now() - start;
    if (time > LONGEST_MS) throw new Finding(`it took ${time.toFixed(0)} ms`, input);
    if (![0, 1, 2].includes(status)) throw new Finding(`status ${status}`, input);
    if (/a fault of the program|^\s+at /m.test(stderr)) throw new Finding(stderr, input);
    const errors = stderr.split('\n').filter((line) => line.startsWith('rnn: '));
    if (errors.length !== (status === 0 ? 0 : 1)) throw new Finding(`status ${status}, but ${stderr}`, input);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
    if (/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(stderr)) throw new Finding(JSON.stringify(stderr), input);
    return { refused: status !== 0 };
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the command in this process, with its output kept. */
async function captured(work: () => Promise<number>): Promise<{ status: number; stderr: string }> {
  let stderr = '';
  const { stdout: out, stderr: err } = process;
  const [writeOut, writeErr] = [out.write, err.write];
  out.write = ((_data: unknown, done?: unknown) => {
    if (typeof done === 'function') done();
    return true;
  }) as typeof out.write;
  err.write = ((data: unknown) => {
    stderr += String(data);
    return true;
  }) as typeof err.write;
  try {
    return { status: await work(), stderr };
  } finally {
    process.exitCode = undefined;
    out.write = writeOut;
    err.write = writeErr;
  }
}
