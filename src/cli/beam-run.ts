import { beamSearches, type SearchOptions } from '../decoding/beam.ts';
import { BEAM_LENGTH, defaultLength, inOption, startFrom } from '../decoding/requests.ts';
import { EXIT, UsageError, UserError } from '../errors.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Stepper } from '../nn/stepper.ts';
import type { BeamCommandOptions, SearchCommandOptions } from './beam.ts';
import { type LoadedModel, openCheckpoint } from './checkpoints.ts';
import { aligned, type Completion, describe, field, tabbed } from './completions.ts';
import { constraintFrom, noRepeatOf, stopsFromOption } from './constraints.ts';
import { type Line, readLines } from './lines.ts';
import { complain, Output } from './output.ts';

/** Rows of a stepper that works on many prefixes at once: more gain little. */
const ROWS = 512;

/** Writes the hypotheses of a beam search to standard output. Returns the exit status. */
export async function beam(options: BeamCommandOptions): Promise<number> {
  if (options.prefix !== undefined && options.prefixFile !== undefined) {
    throw new UsageError('--prefix and --prefix-file can’t both be given; leave one out');
  }
  const model = openCheckpoint(options.checkpoint, options.quiet === true);
  const search = await searchFrom(options, model);
  const output = new Output();
  const status = await (options.prefixFile === undefined
    ? completeOne(options, model, search, output)
    : completeLines(options.prefixFile, options, model, search, output));
  await output.flush();
  return status;
}

/** What is to be searched for. UsageError where nothing can be found. */
export async function searchFrom(options: SearchCommandOptions, { vocabulary }: LoadedModel): Promise<SearchOptions> {
  const { k, groups } = options;
  if (k % groups !== 0) throw new UsageError(`--groups ${groups} doesn't divide --k ${k}; give a k that is a multiple`);
  const length = options.length ?? defaultLength(BEAM_LENGTH, vocabulary);
  const stops = stopsFromOption(options.stop, vocabulary);
  return {
    width: k,
    length,
    finished: options.finished ?? k,
    lengthPenalty: options.lengthPenalty,
    stops,
    groups,
    diversity: options.diversity,
    constraint: await constraintFrom(options, stops, length, vocabulary),
    noRepeat: noRepeatOf(options),
  };
}

async function completeOne(
  { prefix = '', k, count = k, kernel, json, raw }: BeamCommandOptions,
  { checkpoint, vocabulary }: LoadedModel,
  search: SearchOptions,
  output: Output,
): Promise<number> {
  const { prompt } = inOption('--prefix', () => startFrom(prefix, vocabulary));
  const stepper = new Stepper(chooseKernel(kernel), checkpoint.model, checkpoint.parameters, k);
  const [found = []] = beamSearches(stepper, search, [prompt]);
  const completions = found.slice(0, count).map((hypothesis) => describe(hypothesis, prefix, vocabulary));
  if (completions.length === 0)
    throw new UserError('no completion was found; use a larger --k or --length, or ask for less');
  if (json) {
    for (const completion of completions) await output.json(completion);
  } else if (output.terminal) {
    await output.line(aligned(completions, raw === true));
  } else {
    for (const completion of completions) await output.line(tabbed(completion));
  }
  return EXIT.done;
}

/** A line for each line of the file, in order; those that can't be completed are named, and the rest is done. */
export async function completeLines(
  path: string,
  { k, count = k, kernel, json }: SearchCommandOptions,
  { checkpoint, vocabulary }: LoadedModel,
  search: SearchOptions,
  output: Output,
): Promise<number> {
  const stepper = new Stepper(chooseKernel(kernel), checkpoint.model, checkpoint.parameters, Math.max(k, ROWS));
  let status: number = EXIT.done;
  const promptOf = ({ number, text }: Line): readonly number[] | undefined => {
    try {
      if (text === undefined) throw new UserError('is not UTF-8; convert it');
      return startFrom(text, vocabulary).prompt;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      complain(`line ${number}: ${error.message}`);
      status = EXIT.failed;
      return undefined;
    }
  };
  for await (const lines of readLines(path)) {
    const prompts = lines.map(promptOf);
    const found = beamSearches(
      stepper,
      search,
      prompts.filter((prompt) => prompt !== undefined),
    );
    for (const [index, { number, text = '' }] of lines.entries()) {
      const hypotheses = prompts[index] ? found.next().value : [];
      const completions = [...(hypotheses ?? [])].slice(0, count).map((each) => describe(each, text, vocabulary));
      if (json) await output.json({ line: number, prefix: text, completions });
      else await output.line(row(text, completions));
    }
    await output.flush();
  }
  return status;
}

function row(prefix: string, completions: readonly Completion[]): string {
  return [prefix, ...completions.map(({ text }) => text)].map(field).join('\t');
}
