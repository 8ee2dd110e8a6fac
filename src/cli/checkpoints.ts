import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { type Checkpoint, loadCheckpoint } from '../nn/checkpoint.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { remark } from './output.ts';

/** Where runs are saved and looked for, below the working folder. */
const FOLDER = 'checkpoints';

/** Of the newest state of a run, for resuming; beside it, without this ending, the best model. */
const LAST = '.last.json';

/** The newest state's file beside the best model's. */
export function lastPath(path: string): string {
  return `${path.replace(/\.json$/, '')}${LAST}`;
}

/** A free name for a run on these sources: checkpoints/NAME.json, or NAME-2, NAME-3 … */
export function freshPath(sources: readonly string[]): string {
  const first = sources[0] ?? '-';
  const name = first === '-' ? 'stdin' : basename(first, extname(first)) || 'corpus';
  for (let number = 1; ; number++) {
    const path = join(FOLDER, `${name}${number === 1 ? '' : `-${number}`}.json`);
    if (!existsSync(path) && !existsSync(lastPath(path))) return path;
  }
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
  const checkpoint = loadCheckpoint(path);
  const vocabulary = Vocabulary.fromJSON(checkpoint.vocabulary);
  if (vocabulary.size !== checkpoint.model.symbols) {
    throw new UserError(
      `${path}: the checkpoint is damaged: its vocabulary has ${vocabulary.size} symbols, its model ${checkpoint.model.symbols}`,
    );
  }
  return { path, checkpoint, vocabulary };
}

/** The best model of the run that was saved last. */
function newest(): string {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
  const models = names.filter((name) => name.endsWith('.json') && !name.startsWith('.') && !name.endsWith(LAST));
  const dated = models.map((name) => ({ path: join(FOLDER, name), time: statSync(join(FOLDER, name)).mtimeMs }));
  const [first] = dated.sort((a, b) => b.time - a.time || a.path.localeCompare(b.path));
  if (first) return first.path;
  throw new UserError(
    `there is no checkpoint in ./${FOLDER} yet; make one with \`rnn train TEXT\`, or name one with --checkpoint FILE`,
  );
}
