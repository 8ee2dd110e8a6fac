import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Message, message, option, UserError } from '../errors.ts';
import type { Corpus } from '../text/corpus.ts';
import { fingerprint } from '../text/read-corpus.ts';
import { isSameRun, isTextOf, type RunRecord } from '../training/record.ts';
import { type CheckpointHead, readHead } from './checkpoint-head.ts';
import { bestPath, FOLDER, homeOf, keptStep } from './names.ts';
import { statOf } from './stat-of.ts';

/** The variable of the environment that names the model where a command line doesn't. */
const CHECKPOINT_VARIABLE = 'RNN_CHECKPOINT';

/** A text, as far as it matters for what was trained on it. */
type Text = Pick<Corpus, 'hash' | 'files'>;

/**
 * The path of the model to use where none is named: what RNN_CHECKPOINT says, or else the newest. `say` is told which. UserError where there is
 * none.
 *
 * @param text the text that the model is to read: the newest model of a run on this text goes before newer ones
 */
export function defaultModel(say: (note: Message) => void = () => {}, text?: Text): string {
  const named = process.env[CHECKPOINT_VARIABLE];
  const path = named || newestModel(text);
  say(named ? message`using ${path} (${CHECKPOINT_VARIABLE})` : message`using ${path}`);
  return path;
}

/** As `defaultModel`, for a model that is to read these files. */
export async function defaultModelFor(
  sources: readonly string[],
  say: (note: Message) => void = () => {},
): Promise<string> {
  return defaultModel(say, process.env[CHECKPOINT_VARIABLE] ? undefined : await fingerprint(sources));
}

/** The path of the state that was saved last: of a run on the text, if a text is given. UserError where there is none. */
export function newestState(text?: Text): string {
  const isWanted = (head: CheckpointHead): boolean => head.isState && (text === undefined || isOf(head, text));
  // A run goes on from NAME.last.json. A copy may be newer, or one of the states that stay.
  const found = newest((head, path) => bestPath(path) !== undefined && isWanted(head)) ?? newest(isWanted);
  if (found !== undefined) return found;
  const other = newest(({ isState }) => isState);
  throw new UserError(
    other === undefined
      ? message`there is no state to resume from in ./${FOLDER}; name one with ${option('resume')} FILE`
      : message`no run in ./${FOLDER} was trained on this text (the newest is ${other}); name a state with ${option('resume')} FILE`,
  );
}

/** The path of the model that was saved last, and of those of a text, if there are any. UserError where there is none. */
function newestModel(text?: Text): string {
  const own = text && newest((head) => !head.isState && isOf(head, text));
  const path = own ?? newest(({ isState }) => !isState);
  if (path !== undefined) return path;
  throw new UserError(
    message`there is no checkpoint in ./${FOLDER} yet; make one with \`rnn train TEXT\`, or name one with ${option('checkpoint')} FILE`,
  );
}

/**
 * The paths with each run once. Of the files of one run that lie beside each other, one is left: the model, or else the newest state, or
 * else the one with the most updates of those that stay (`keep`).
 */
export function withoutTwins(paths: readonly string[]): string[] {
  const all = [...new Set(paths)].map((path) => ({ path, home: homeOf(path), rank: rankOf(path) }));
  return all
    .filter(({ path, home, rank }) => {
      const before = all.filter((other) => other.home === home && other.rank > rank);
      return !before.some((other) => areOfOneRun(other.path, path));
    })
    .map(({ path }) => path);
}

/** The order in which the files of a run stand for it. */
function rankOf(path: string): number {
  const step = keptStep(path);
  if (step !== undefined) return step;
  return homeOf(path) === path ? Number.POSITIVE_INFINITY : Number.MAX_VALUE;
}

/** Whether two files are checkpoints of one run. */
function areOfOneRun(one: string, other: string): boolean {
  const [first, second] = [readHead(one)?.run, readHead(other)?.run];
  return first !== undefined && second !== undefined && isSameRun(first, second);
}

/** Whether the file at a path is a checkpoint of this run and of this kind. */
export function isOfRun(path: string, run: RunRecord, isState: boolean): boolean {
  const head = readHead(path);
  return head?.isState === isState && head.run !== undefined && isSameRun(head.run, run);
}

function isOf({ run }: CheckpointHead, text: Text): boolean {
  return run !== undefined && isTextOf(run, text);
}

/** The checkpoint in the folder that was saved last of those that are wanted, if there is one. What a file is, its content says. */
function newest(isWanted: (head: CheckpointHead, path: string) => boolean): string | undefined {
  const dated = namesIn(FOLDER).flatMap((name) => {
    const path = join(FOLDER, name);
    const stat = name.endsWith('.tmp') ? undefined : statOf(path);
    return stat?.isFile() ? [{ path, time: stat.mtimeMs }] : [];
  });
  dated.sort((a, b) => b.time - a.time || a.path.localeCompare(b.path));
  return dated.find(({ path }) => {
    const head = readHead(path);
    return head !== undefined && isWanted(head, path);
  })?.path;
}

/** The names in a folder; none where there is no such folder. UserError where it can't be read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    const { code, message: why } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new UserError(
      message`./${folder}: can't be read: ${why}; name a checkpoint with ${option('checkpoint')} FILE`,
      {
        cause,
      },
    );
  }
}
