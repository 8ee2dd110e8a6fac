import * as z from 'zod';
import type { UserError } from '../errors.ts';
import { parseOptions, requirePaths } from '../schema.ts';
import { prepareNew } from './prepare-new.ts';
import { prepareResumed } from './prepare-resumed.ts';
import { prepareTuned } from './prepare-tuned.ts';
import type { PreparedRun, Say, Tell } from './prepared-run.ts';
import type { RunOptions } from './run-options.ts';

/**
 * Prepares a run: a new one, one that begins with a trained model (`fineTune`), or one that goes on (`resume`). Reads the text, decides
 * where the checkpoints are saved, and locks that place. UserError for what can't be read or mustn't be written, UsageError for
 * options that don't go together.
 *
 * @param onProblem is told of each line of pairs that can't be read, which is then left out; if it is not given, the first such line is an error
 */
export async function prepareRun(
  sources: readonly string[],
  options: RunOptions = {},
  say: Say = () => {},
  onProblem?: (problem: UserError) => void,
): Promise<PreparedRun> {
  requirePaths(sources, 'sources');
  parseOptions(z.looseObject({}), options);
  const tell: Tell = { say, onProblem };
  const { resume, fineTune, sampleEvery } = options;
  const prepare = resume !== undefined ? prepareResumed : fineTune === undefined ? prepareNew : prepareTuned;
  return { ...(await prepare(sources, options, tell)), sampleEvery };
}
