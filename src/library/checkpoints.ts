import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { message, option, UserError } from '../errors.ts';

/** The folder, in the working folder, where runs are saved and looked for. */
const FOLDER = 'checkpoints';

/** The ending of a file that holds the newest state of a run, for resuming. Beside it, without this ending, is the best model. */
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

/** The path of the state that was saved last. UserError where there is none. */
export function newestState(): string {
  const path = newestOf((name) => name.endsWith(LAST));
  if (path !== undefined) return path;
  throw new UserError(message`there is no state to resume from in ./${FOLDER}; name one with ${option('resume')} FILE`);
}

/** The path of the model that was saved last: the best one of its run. UserError where there is none. */
export function newestModel(): string {
  const path = newestOf((name) => !name.endsWith(LAST));
  if (path !== undefined) return path;
  throw new UserError(
    message`there is no checkpoint in ./${FOLDER} yet; make one with \`rnn train TEXT\`, or name one with ${option('checkpoint')} FILE`,
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
