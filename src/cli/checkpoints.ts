import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { modelVocabulary } from '../decoding/model-vocabulary.ts';
import { UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { loadCheckpoint } from '../nn/checkpoint-file.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { remark } from './output.ts';

/** Where runs are saved and looked for, below the working folder. */
const FOLDER = 'checkpoints';

/** Of the newest state of a run, for resuming; beside it, without this ending, the best model. */
const LAST = '.last.json';

/** The newest state's file beside the best model's. */
export function lastPath(path: string): string {
  return `${path.replace(/\.json$/, '')}${LAST}`;
}

/** Free names for a run on these sources: checkpoints/NAME.json, NAME-2, NAME-3 … */
export function* freshPaths(sources: readonly string[]): Generator<string, never> {
  const first = sources[0] ?? '-';
  const name = first === '-' ? 'stdin' : basename(first, extname(first)) || 'corpus';
  for (let number = 1; ; number++) {
    const path = join(FOLDER, `${name}${number === 1 ? '' : `-${number}`}.json`);
    if (!existsSync(path) && !existsSync(lastPath(path))) yield path;
  }
}

/** The newest state that was saved. */
export function newestState(): string {
  const path = newestOf((name) => name.endsWith(LAST));
  if (path !== undefined) return path;
  throw new UserError(`there is no state to resume from in ./${FOLDER}; name one with --resume FILE`);
}

export interface LoadedModel {
  readonly path: string;
  readonly checkpoint: Checkpoint;
  readonly vocabulary: Vocabulary;
}

/** Loads the checkpoint named, or the newest; says which on standard error, unless quiet. */
export function openCheckpoint(named: string | undefined, quiet: boolean): LoadedModel {
  const path = named ?? newest();
  if (named === undefined && !quiet) remark(`using ${path}`);
  return loadModel(path);
}

/** Loads a checkpoint and its vocabulary, which must fit each other. */
export function loadModel(path: string): LoadedModel {
  const checkpoint = loadCheckpoint(path);
  return { path, checkpoint, vocabulary: modelVocabulary(checkpoint, path) };
}

/** The best model of the run that was saved last. */
function newest(): string {
  const path = newestOf((name) => !name.endsWith(LAST));
  if (path !== undefined) return path;
  throw new UserError(
    `there is no checkpoint in ./${FOLDER} yet; make one with \`rnn train TEXT\`, or name one with --checkpoint FILE`,
  );
}

/** The checkpoint of a kind that was saved last, if there is one. */
function newestOf(isKind: (name: string) => boolean): string | undefined {
  const names = statSync(FOLDER, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(FOLDER) : [];
  const models = names.filter((name) => name.endsWith('.json') && !name.startsWith('.') && isKind(name));
  const dated = models.flatMap((name) => {
    const path = join(FOLDER, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? [{ path, time: stat.mtimeMs }] : [];
  });
  return dated.sort((a, b) => b.time - a.time || a.path.localeCompare(b.path))[0]?.path;
}
