import { beamSearches, type SearchOptions } from '../decoding/beam.ts';
import { startFrom } from '../decoding/requests.ts';
import { EXIT, UserError } from '../errors.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Stepper } from '../nn/stepper.ts';
import type { SearchCommandOptions } from './beam.ts';
import { beam, searchFrom } from './beam-run.ts';
import { openCheckpoint } from './checkpoints.ts';
import { edit, layOut, type Suggestions } from './completer.ts';
import { describe } from './completions.ts';
import { Output } from './output.ts';
import { Screen } from './screen.ts';

/** Completes what is typed; in a pipe, does what `rnn beam` does. Returns the exit status. */
export async function complete(options: SearchCommandOptions): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY || options.json) {
    const fromInput = options.prefix === undefined && !process.stdin.isTTY;
    return await beam(fromInput ? { ...options, prefixFile: '-' } : options);
  }
  const { k, count = k, kernel } = options;
  const model = openCheckpoint(options.checkpoint, true);
  const search = await searchFrom(options, model);
  const stepper = new Stepper(chooseKernel(kernel), model.checkpoint.model, model.checkpoint.parameters, k);
  const suggest = (text: string): Suggestions => {
    try {
      const { prompt } = startFrom(text, model.vocabulary);
      return {
        completions: find(stepper, search, prompt)
          .slice(0, count)
          .map((each) => describe(each, text, model.vocabulary)),
      };
    } catch (error) {
      if (error instanceof UserError) return { completions: [], problem: error.message };
      throw error;
    }
  };
  const { status, text } = await converse(options.prefix ?? '', suggest);
  if (text !== undefined) {
    const output = new Output();
    await output.line(text);
    await output.flush();
  }
  return status;
}

function find(stepper: Stepper, search: SearchOptions, prompt: readonly number[]) {
  const [found = []] = beamSearches(stepper, search, [prompt]);
  return found;
}

/** Reads keys and draws until the person is done. The screen is given back whatever happens. */
async function converse(
  begun: string,
  suggest: (text: string) => Suggestions,
): Promise<{ status: number; text: string | undefined }> {
  const screen = new Screen();
  let text = begun;
  let suggestions = suggest(text);
  const draw = () => screen.draw(layOut(text, suggestions, screen.size));
  try {
    screen.open(draw);
    draw();
    for await (const keys of screen.keys()) {
      for (const key of keys) {
        if (key.name === 'tab' && suggestions.completions.length === 0) suggestions = suggest(text);
        const next = edit(text, key, suggestions);
        if (typeof next !== 'string')
          return next.accepted ? { status: EXIT.done, text } : { status: next.status, text: undefined };
        if (next !== text) suggestions = { completions: [] };
        text = next;
      }
      suggestions = suggest(text);
      draw();
    }
    return { status: EXIT.done, text: undefined };
  } finally {
    screen.close();
  }
}
