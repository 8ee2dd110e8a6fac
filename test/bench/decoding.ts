/**
 * Speed of decoding with a model of names, in seconds of the processor, which a busy machine distorts less: 10,000 samples; beams of ten
 * over 1,000 prefixes, side by side and one by one; the scores of all names, in batches and symbol by symbol.
 *
 *     npm run bench:decoding -- checkpoints/names.json names.txt
 */
import { readFileSync } from 'node:fs';
import { beamSearch, beamSearches } from '../../src/decoding/beam.ts';
import { logSoftmax } from '../../src/decoding/log-softmax.ts';
import { Reader } from '../../src/decoding/reader.ts';
import { sampleTexts } from '../../src/decoding/sample.ts';
import { scoreSequences } from '../../src/decoding/score.ts';
import { Stops } from '../../src/decoding/stops.ts';
import { chooseKernel } from '../../src/kernel/choose.ts';
import { loadCheckpoint } from '../../src/nn/checkpoint-file.ts';
import { Stepper } from '../../src/nn/stepper.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';

const [path = '', list = ''] = process.argv.slice(2);
const { model, parameters, vocabulary: json } = loadCheckpoint(path);
const vocabulary = Vocabulary.fromJSON(json);
const stop = vocabulary.stop!;
const choice = chooseKernel('auto');
console.log(`${model.cell} ${model.layers} × ${model.hidden}, kernel ${choice.name}`);

function time(label: string, run: () => number): number {
  const start = process.cpuUsage();
  const done = run();
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  console.log(`${label}: ${seconds.toFixed(3)} s, ${Math.round(done / seconds).toLocaleString('en-US')} a second`);
  return seconds;
}

for (const rows of [64, 128, 256]) {
  const stepper = new Stepper(choice, model, parameters, rows);
  const options = { prompt: [stop], temperature: 1, length: 200, stops: new Stops(stop), seed: 1 };
  time(`10,000 samples in ${rows} rows`, () => [...sampleTexts(stepper, options, 10_000)].length);
}

const WIDTH = 10;
const lines = readFileSync(list, 'utf8').split('\n');
const prefixes = Array.from({ length: 1000 }, (_, at) => lines[(at * 31) % lines.length]!.slice(0, 1 + (at % 4)));
const prompts = prefixes.map((prefix) => [stop, ...vocabulary.encode(prefix)]);
const search = { width: WIDTH, length: 100, finished: WIDTH, lengthPenalty: 1, stops: new Stops(stop) };
const single = new Stepper(choice, model, parameters, WIDTH);
const one = time(
  '1,000 prefixes one by one',
  () => prompts.filter((prompt) => beamSearch(single, { ...search, prompt })).length,
);
for (const beams of [8, 32, 64]) {
  const wide = new Stepper(choice, model, parameters, WIDTH * beams);
  const all = time(`1,000 prefixes, ${beams} side by side`, () => [...beamSearches(wide, search, prompts)].length);
  console.log(`  ${(one / all).toFixed(2)} times as fast`);
}

const reader = new Reader(choice, model, parameters);
const names = lines.filter((line) => line !== '').map((line) => [...vocabulary.encode(line), stop]);
const text = names.flat();
const sum = (losses: ArrayLike<number>) => Array.from(losses).reduce((total, loss) => total + loss, 0);
let batched = 0;
let oneByOne = 0;
const fast = time(`${text.length} symbols as one text, in batches`, () => {
  batched = sum(scoreSequences(reader, [{ start: stop, ids: text }])[0]!);
  return text.length;
});
time(`${text.length} symbols as lines, in batches`, () => {
  scoreSequences(
    reader,
    names.map((ids) => ({ start: stop, ids })),
  );
  return text.length;
});
const slow = time(`${text.length} symbols one by one`, () => {
  const stepper = new Stepper(choice, model, parameters, 1);
  const logs = new Float64Array(vocabulary.size);
  for (let at = 0; at < text.length; at++) {
    stepper.step([at === 0 ? stop : text[at - 1]!]);
    logSoftmax(logs, stepper.logits(0));
    oneByOne -= logs[text[at]!]!;
  }
  return text.length;
});
console.log(
  `  ${(slow / fast).toFixed(2)} times as fast in batches; sums ${batched.toFixed(4)} and ${oneByOne.toFixed(4)}`,
);
