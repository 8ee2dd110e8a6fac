import { randomInt } from 'node:crypto';
import { type SampleOptions, sampleStream, sampleTexts } from '../decoding/sample.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Stepper } from '../nn/stepper.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { openCheckpoint } from './checkpoints.ts';
import { harmless, Output, remark } from './output.ts';
import { type Start, startFrom, stopsFrom } from './prompt.ts';
import type { SampleCommandOptions } from './sample.ts';

/** Texts drawn side by side: more gain little, and the first would come later. */
const ROWS = 64;

/** The most symbols of a text, where nothing is said. */
const LENGTH = { lines: 200, stream: 1000 };

/** Writes samples to standard output. */
export async function sample(options: SampleCommandOptions): Promise<void> {
  const quiet = options.quiet === true;
  const { checkpoint, vocabulary } = openCheckpoint(options.checkpoint, quiet);
  const start = startFrom(options.prefix, vocabulary);
  const seed = options.seed ?? String(randomInt(2 ** 31));
  if (options.seed === undefined && options.temperature > 0 && !quiet) remark(`seed ${seed}`);
  const stepper = new Stepper(
    chooseKernel(options.kernel),
    checkpoint.model,
    checkpoint.parameters,
    Math.min(ROWS, options.count),
  );
  const lines = vocabulary.stop !== undefined;
  const request: SampleOptions = {
    prompt: start.prompt,
    temperature: options.temperature,
    length: options.length ?? (lines ? LENGTH.lines : LENGTH.stream),
    stops: stopsFrom(options.stop, vocabulary),
    seed,
  };
  const output = new Output();
  const show = output.terminal && !options.raw ? harmless : (text: string) => text;
  if (options.json || lines || options.count > 1) {
    await writeTexts(stepper, request, options, start, vocabulary, output, show);
  } else {
    await writeStream(stepper, request, start, vocabulary, output, show);
  }
  await output.flush();
}

async function writeTexts(
  stepper: Stepper,
  request: SampleOptions,
  options: SampleCommandOptions,
  start: Start,
  vocabulary: Vocabulary,
  output: Output,
  show: (text: string) => string,
): Promise<void> {
  for (const { ids, stopped, logProbability } of sampleTexts(stepper, request, options.count)) {
    const text = vocabulary.decode([...start.prefix, ...ids]);
    const completion = vocabulary.decode(ids);
    await output.line(
      options.json
        ? JSON.stringify({ text, prefix: options.prefix, completion, stopped, logProbability, symbols: ids.length })
        : show(text),
    );
  }
}

async function writeStream(
  stepper: Stepper,
  request: SampleOptions,
  start: Start,
  vocabulary: Vocabulary,
  output: Output,
  show: (text: string) => string,
): Promise<void> {
  const decoder = vocabulary.decoder();
  for (const id of start.prefix) await output.write(show(decoder.write(id)));
  let last = '';
  for (const id of sampleStream(stepper, request)) {
    const text = decoder.write(id);
    if (text !== '') last = text;
    await output.write(show(text));
  }
  await output.write(show(decoder.end()));
  if (output.terminal && !last.endsWith('\n')) await output.write('\n');
}
