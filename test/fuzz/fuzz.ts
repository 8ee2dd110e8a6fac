/**
 * Damaged checkpoints, damaged texts, wild option lists, and damaged files of other programs, until the time is up and the least numbers are reached: each must be
 * taken, or refused in a line, within seconds and within memory (test/fuzz/subjects.ts).
 *
 *     npm run fuzz                                      20,000 checkpoints, 2,000 texts, 2,000 option lists, and 5,000 each of safetensors and ONNX files
 *     npm run fuzz -- --seconds 3600 --seed x           for at least an hour
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../src/random.ts';
import { fuzzOnnx, fuzzSafetensors } from './exchange-subjects.ts';
import { Finding, fuzzCheckpoint, fuzzCorpus, fuzzOptions, LONGEST_MS } from './subjects.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now()) },
    checkpoints: { type: 'string', default: '20000' },
    texts: { type: 'string', default: '2000' },
    options: { type: 'string', default: '2000' },
    safetensors: { type: 'string', default: '5000' },
    onnx: { type: 'string', default: '5000' },
  },
});

const SUBJECTS = [
  { name: 'checkpoints', least: Number(values.checkpoints), fuzz: fuzzCheckpoint },
  { name: 'texts', least: Number(values.texts), fuzz: fuzzCorpus },
  { name: 'option lists', least: Number(values.options), fuzz: fuzzOptions },
  { name: 'safetensors files', least: Number(values.safetensors), fuzz: fuzzSafetensors },
  { name: 'ONNX files', least: Number(values.onnx), fuzz: fuzzOnnx },
];

const end = performance.now() + 1000 * Number(values.seconds);
console.log(`seed ${values.seed}`);
for (const { name, least, fuzz } of SUBJECTS) {
  const start = performance.now();
  const share = (end - start) / (SUBJECTS.length - SUBJECTS.findIndex((subject) => subject.name === name));
  let refused = 0;
  let longest = 0;
  let count = 0;
  for (; count < least || performance.now() - start < share; count++) {
    const seed = `${values.seed}/${name}/${count}`;
    const began = performance.now();
    try {
      if ((await fuzz(new Random(seed))).refused) refused++;
    } catch (error) {
      report(seed, error);
    }
    longest = Math.max(longest, performance.now() - began);
  }
  if (longest > LONGEST_MS) report(name, new Error(`a case took ${longest.toFixed(0)} ms`));
  console.log(
    `${count} ${name}: ${refused} refused, ${count - refused} taken; the longest took ${longest.toFixed(0)} ms`,
  );
}
console.log(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);

function report(seed: string, error: unknown): void {
  process.exitCode = 1;
  console.log(`seed ${seed}: ${(error as Error).message}`);
  if (!(error instanceof Finding)) throw error;
  const file = join(mkdtempSync(join(tmpdir(), 'rnn-finding-')), 'input');
  writeFileSync(file, error.input);
  console.log(`  its input is in ${file}${error.cause ? `\n${(error.cause as Error).stack}` : ''}`);
}
