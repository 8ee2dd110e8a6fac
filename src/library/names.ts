import { basename, extname, join } from 'node:path';
import { message, option, UsageError, UserError } from '../errors.ts';
import { statOf } from './stat-of.ts';

/** The folder, in the working folder, where runs are saved and looked for. */
export const FOLDER = 'checkpoints';

/** The ending of a model's file, and that of the newest state of a run, for resuming. */
const MODEL = '.json';
const STATE = '.last.json';

/** The ending of a state that stays: its number of updates has eight digits at least, so that a list of names is in the order of the steps. */
const KEPT = /(?<=.)\.step-(\d{8,})\.json$/s;
const DIGITS = 8;

/** The most bytes of a default name. With the endings of temporary files and locks it stays below the 255 that file systems allow. */
const LONGEST_NAME = 200;

/**
 * Where the best model of a run is saved that is asked to save at `out`: the path with `.json` at its end, which is added where it isn't there.
 * UsageError for a name that is a state's.
 */
export function modelPath(out: string): string {
  const path = out.endsWith(MODEL) && basename(out) !== MODEL ? out : `${out}${MODEL}`;
  const home = homeOf(path);
  if (home !== path) {
    const ending = path.slice(home.length - MODEL.length);
    throw new UsageError(
      message`${option('out')} ${out}: names that end in ${ending} are those of states; give ${home}`,
    );
  }
  requireNoOther(out);
  return path;
}

/** UserError where there is something at `out` that is no file, so that the name with the ending can't be what is meant. */
function requireNoOther(out: string): void {
  const stat = statOf(out);
  if (/[/\\]$/.test(out) || (stat && !stat.isFile())) {
    const why = stat && !stat.isDirectory() ? 'it is no regular file' : 'it is a directory';
    throw new UserError(message`${out}: the checkpoint can't be saved: ${why}; give another ${option('out')}`);
  }
}

/** The newest state's file beside the best model's: NAME.json has NAME.last.json. */
export function lastPath(path: string): string {
  return `${withoutEnding(path)}${STATE}`;
}

function withoutEnding(path: string): string {
  return path.endsWith(MODEL) ? path.slice(0, -MODEL.length) : path;
}

/** The file of the state that stays after so many updates: NAME.json has NAME.step-00001200.json. */
export function keptPath(path: string, step: number): string {
  return `${withoutEnding(path)}.step-${String(step).padStart(DIGITS, '0')}${MODEL}`;
}

/** The number of updates that the name of a state that stays says. Undefined for other names. */
export function keptStep(name: string): number | undefined {
  const [, step] = KEPT.exec(basename(name)) ?? [];
  return step === undefined ? undefined : Number(step);
}

/** The file of the model that a name belongs to: NAME.json for NAME.last.json, for NAME.step-00001200.json, and for itself. */
export function homeOf(path: string): string {
  return bestPath(path) ?? (keptStep(path) === undefined ? path : path.replace(KEPT, MODEL));
}

/** The best model's file beside the newest state's. Undefined for a file whose name isn't a state's, such as a copy. */
export function bestPath(state: string): string | undefined {
  const isState = basename(state).endsWith(STATE) && basename(state) !== STATE;
  return isState ? `${state.slice(0, -STATE.length)}${MODEL}` : undefined;
}

/** The name of a run on these sources: checkpoints/NAME.json; with a number, NAME-2. */
export function ownPath(sources: readonly string[], number = 1): string {
  return join(FOLDER, `${nameOf(sources[0] ?? '-')}${number === 1 ? '' : `-${number}`}${MODEL}`);
}

/** A text's name, without its ending, as a name that is seen, is no option, is no state's and is short enough. */
export function nameOf(source: string): string {
  if (source === '-') return 'stdin';
  const name = basename(source, extname(source))
    .replace(/^[.-]+/, '')
    .replace(/\p{Cc}/gu, '_')
    .replace(/\.(last|step-\d{8,})$/, '-$1');
  let end = name;
  while (Buffer.byteLength(end) > LONGEST_NAME) end = [...end].slice(0, -1).join('');
  return end || 'corpus';
}
