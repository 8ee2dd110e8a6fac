import { beamSearch, type Hypothesis } from '../decoding/beam.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Stepper } from '../nn/stepper.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { BeamCommandOptions } from './beam.ts';
import { openCheckpoint } from './checkpoints.ts';
import { harmless, Output, paint } from './output.ts';
import { startFrom, stopsFrom } from './prompt.ts';

/** T, where nothing is said. */
const LENGTH = { lines: 100, stream: 40 };

/** Writes the hypotheses of a beam search to standard output. */
export async function beam(options: BeamCommandOptions): Promise<void> {
  const { checkpoint, vocabulary } = openCheckpoint(options.checkpoint, options.quiet === true);
  const { prompt } = startFrom(options.prefix, vocabulary);
  const stepper = new Stepper(chooseKernel(options.kernel), checkpoint.model, checkpoint.parameters, options.k);
  const hypotheses = beamSearch(stepper, {
    prompt,
    width: options.k,
    length: options.length ?? (vocabulary.stop === undefined ? LENGTH.stream : LENGTH.lines),
    finished: options.finished ?? options.k,
    lengthPenalty: options.lengthPenalty,
    stops: stopsFrom(options.stop, vocabulary),
  }).slice(0, options.count ?? options.k);
  const output = new Output();
  const completions = hypotheses.map((hypothesis) => describe(hypothesis, options.prefix, vocabulary));
  if (options.json) {
    for (const completion of completions) await output.json(completion);
  } else if (output.terminal) {
    await output.line(aligned(completions, options.raw === true));
  } else {
    for (const completion of completions) await output.line(tabbed(completion));
  }
  await output.flush();
}

/** A hypothesis as it is printed. `text` and `completion` are without what ended them. */
interface Completion {
  readonly text: string;
  readonly completion: string;
  /** What ended it: `<stop>` or a stop string; empty where it was cut off. */
  readonly end: string;
  readonly finished: boolean;
  readonly score: number;
  readonly logProbability: number;
  readonly probability: number;
  /** T of the score: symbols of the completion and of its end. */
  readonly symbols: number;
}

function describe(hypothesis: Hypothesis, prefix: string, vocabulary: Vocabulary): Completion {
  const { ids, ending, score, logProbability } = hypothesis;
  const cut = ids.length - ending;
  const completion = vocabulary.decode(ids.slice(0, cut));
  const end = ids
    .slice(cut)
    .map((id) => vocabulary.label(id))
    .join('');
  return {
    text: prefix + completion,
    completion,
    end,
    finished: ending > 0,
    score,
    logProbability,
    probability: Math.exp(logProbability),
    symbols: ids.length,
  };
}

function numbers({ score, logProbability, probability }: Completion): string[] {
  return [score.toFixed(4), logProbability.toFixed(4), probability.toPrecision(3)];
}

/** For a program: newlines and tabs in a text are escaped, so that a hypothesis is a line. */
function tabbed(completion: Completion): string {
  const text = completion.text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return [text, ...numbers(completion), completion.finished ? 'stop' : 'length'].join('\t');
}

/** For a person. */
function aligned(completions: readonly Completion[], raw: boolean): string {
  const shown = completions.map(({ text, end, finished }) => {
    const oneLine = text.replaceAll('\n', '⏎').replaceAll('\t', '⇥');
    return { text: raw ? oneLine : harmless(oneLine), end: finished ? end : '…' };
  });
  const width = Math.max(4, ...shown.map(({ text, end }) => text.length + end.length));
  const head = `${'text'.padEnd(width)}     score     log p  probability`;
  const rows = shown.map(({ text, end }, index) => {
    const [score = '', log = '', probability = ''] = numbers(completions[index]!);
    const padding = ' '.repeat(width - text.length - end.length);
    return `${text}${paint.dim(end)}${padding}${score.padStart(10)}${log.padStart(10)}${probability.padStart(13)}`;
  });
  return [paint.dim(head), ...rows].join('\n');
}
