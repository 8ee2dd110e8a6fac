import { randomInt } from 'node:crypto';
import { defaultLength, inOption, SAMPLE_LENGTH, type Start, startFrom } from '../decoding/requests.ts';
import { type Sample, type SampleOptions, sampleStream, sampleTexts } from '../decoding/sample.ts';
import { selectTexts } from '../decoding/select.ts';
import { EXIT } from '../errors.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Stepper } from '../nn/stepper.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { openCheckpoint } from './checkpoints.ts';
import { constraintFrom, noRepeatOf, stopsFromOption } from './constraints.ts';
import { readLines } from './lines.ts';
import { complain, harmless, Output, remark } from './output.ts';
import type { SampleCommandOptions } from './sample.ts';

/** Texts drawn side by side: more gain little, and the first would come later. */
const ROWS = 64;

/** Writes samples to standard output. Returns the exit status. */
export async function sample(options: SampleCommandOptions): Promise<number> {
  const quiet = options.quiet === true;
  const { checkpoint, vocabulary } = openCheckpoint(options.checkpoint, quiet);
  const start = inOption('--prefix', () => startFrom(options.prefix, vocabulary));
  const request = await requestFrom(options, start, vocabulary);
  const known = await linesOf(options.novel ?? []);
  if (options.seed === undefined && options.temperature > 0 && !quiet) remark(`seed ${request.seed}`);
  const choosy = options.unique === true || known.size > 0 || request.noRepeat !== undefined;
  const lines = vocabulary.stop !== undefined;
  const rows = choosy ? ROWS : Math.min(ROWS, options.count);
  const { model, parameters } = checkpoint;
  const stepper = new Stepper(chooseKernel(options.kernel), model, parameters, rows);
  const output = new Output();
  const printer = new Printer(output, vocabulary, options.raw === true);
  if (!options.json && !lines && options.count === 1 && known.size === 0) {
    return await writeStream(stepper, request, start, printer);
  }
  const textOf = ({ ids }: Sample) => vocabulary.decode([...start.prefix, ...ids]);
  const wishes = { unique: options.unique === true, known, textOf };
  const samples = choosy
    ? selectTexts(sampleTexts(stepper, request, Number.POSITIVE_INFINITY), options.count, wishes)
    : sampleTexts(stepper, request, options.count);
  try {
    await writeTexts(samples, options, start, printer);
  } finally {
    await output.flush();
  }
  return EXIT.done;
}

async function requestFrom(
  options: SampleCommandOptions,
  start: Start,
  vocabulary: Vocabulary,
): Promise<SampleOptions> {
  const { temperature, topK, topP, minP, typical, repetitionPenalty, repetitionWindow } = options;
  const length = options.length ?? defaultLength(SAMPLE_LENGTH, vocabulary);
  const stops = stopsFromOption(options.stop, vocabulary);
  return {
    prompt: start.prompt,
    length,
    stops,
    seed: options.seed ?? String(randomInt(2 ** 31)),
    constraint: await constraintFrom(options, stops, length, vocabulary),
    noRepeat: noRepeatOf(options),
    ...{ temperature, topK, topP, minP, typical, repetitionPenalty, repetitionWindow },
  };
}

/** All lines of the files of --novel. */
async function linesOf(files: readonly string[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const file of files)
    for await (const lines of readLines(file)) for (const { text = '' } of lines) known.add(text);
  return known;
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
  samples: Iterable<Sample>,
  { prefix, json }: SampleCommandOptions,
  start: Start,
  printer: Printer,
): Promise<void> {
  for (const { ids, stopped, logProbability } of samples) {
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

/** Writes a text as it is drawn. Returns the exit status. */
async function writeStream(stepper: Stepper, request: SampleOptions, start: Start, printer: Printer): Promise<number> {
  const { output, vocabulary } = printer;
  const decoder = vocabulary.decoder();
  const stream = sampleStream(stepper, request);
  let last = '';
  const write = async (id: number): Promise<void> => {
    if (printer.exact) return await printer.ids([id]);
    const text = decoder.write(id);
    if (text !== '') last = text;
    await printer.text(text);
  };
  for (const id of start.prefix) await write(id);
  let next = stream.next();
  for (; !next.done; next = stream.next()) await write(next.value);
  if (!printer.exact) await printer.text(decoder.end());
  if (output.terminal && !last.endsWith('\n')) await output.write('\n');
  await output.flush();
  if (next.value.met) return EXIT.done;
  complain('the text ended before it met the constraints: --no-repeat left no symbol to go on with; use a larger n');
  return EXIT.failed;
}
