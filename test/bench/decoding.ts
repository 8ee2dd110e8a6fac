/**
 * Speed of decoding with a model of names: 10,000 samples, and beams of ten over 1,000 prefixes, side by side and one by one.
 *
 *     node test/bench/decoding.ts checkpoints/names.json names.txt
 */
import { readFileSync } from 'node:fs';
import { beamSearch, beamSearches } from '../../src/decoding/beam.ts';
import { sampleTexts } from '../../src/decoding/sample.ts';
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
  const start = performance.now();
  const done = run();
  const seconds = (performance.now() - start) / 1000;
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
