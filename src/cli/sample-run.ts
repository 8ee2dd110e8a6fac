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
  const printer = new Printer(output, vocabulary, options.raw === true);
  if (options.json || lines || options.count > 1) {
    await writeTexts(stepper, request, options, start, printer);
  } else {
    await writeStream(stepper, request, start, printer);
  }
  await output.flush();
}

/** Sends symbols as text; to a terminal without what it would obey, and bytes that stand for themselves as they are elsewhere. */
class Printer {
  readonly output: Output;
  readonly vocabulary: Vocabulary;
  readonly #safe: boolean;

  constructor(output: Output, vocabulary: Vocabulary, raw: boolean) {
    this.output = output;
    this.vocabulary = vocabulary;
    this.#safe = output.terminal && !raw;
  }

  /** Whether symbols go out as bytes, UTF-8 or not. */
  get exact(): boolean {
    return this.vocabulary.unit === 'byte' && !this.#safe;
  }

  async ids(ids: readonly number[]): Promise<void> {
    if (this.exact) await this.output.write(this.vocabulary.decodeBytes(ids));
    else await this.text(this.vocabulary.decode(ids));
  }

  async text(text: string): Promise<void> {
    await this.output.write(this.#safe ? harmless(text) : text);
  }
}

async function writeTexts(
  stepper: Stepper,
  request: SampleOptions,
  { count, prefix, json }: SampleCommandOptions,
  start: Start,
  printer: Printer,
): Promise<void> {
  for (const { ids, stopped, logProbability } of sampleTexts(stepper, request, count)) {
    const all = [...start.prefix, ...ids];
    if (json) {
      const [text, completion] = [printer.vocabulary.decode(all), printer.vocabulary.decode(ids)];
      const sample = { text, prefix, completion, stopped, logProbability, symbols: ids.length };
      await printer.output.json(sample);
    } else {
      await printer.ids(all);
      await printer.output.write('\n');
    }
  }
}

async function writeStream(stepper: Stepper, request: SampleOptions, start: Start, printer: Printer): Promise<void> {
  if (printer.exact) {
    await printer.ids(start.prefix);
    for (const id of sampleStream(stepper, request)) await printer.ids([id]);
    return;
  }
  const decoder = printer.vocabulary.decoder();
  let last = '';
  for (const id of start.prefix) await printer.text(decoder.write(id));
  for (const id of sampleStream(stepper, request)) {
    const text = decoder.write(id);
    if (text !== '') last = text;
    await printer.text(text);
  }
  await printer.text(decoder.end());
  if (printer.output.terminal && !last.endsWith('\n')) await printer.output.write('\n');
}
