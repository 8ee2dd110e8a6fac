import { UserError } from '../errors.ts';

/**
 * The version of the files that this program writes. Raise it when a field is added or changes its meaning, so that an earlier program
 * refuses a file that it would misread, and add what the version before lacks to `ADDED`.
 */
export const VERSION = 5;

type Fields = Readonly<Record<string, unknown>>;

/**
 * For each earlier version, the fields that its files do not have and those of the next version do: by the path of the object that they
 * belong to, with values that say what the programs of that version did. These values are history, so they stay as they are where a
 * default of today changes.
 */
const ADDED: Readonly<Record<number, Readonly<Record<string, Fields>>>> = {
  1: {
    model: { tied: false },
    'run.recipe': {
      dropout: { input: 0, layers: 0, output: 0, recurrent: 0, variational: false },
      averaging: 0,
      onDivergence: 'stop',
    },
    'run.recipe.model': { tied: false },
    'run.recipe.schedule': { factor: 0.5, drops: 5, patience: 3 },
    'resume.data': { sinceBest: 0, plateaus: 0, sincePlateau: 0, rollbacks: 0 },
  },
  2: { model: { members: 1 }, 'run.recipe.model': { members: 1 } },
  3: { run: { origin: null }, 'run.corpus': { files: null } },
  4: { run: { finishSteps: 0 }, 'run.recipe': { finish: 'best' } },
};

/** A file as this version would have written it. UserError for a version that this program does not know; `name` names the file. */
export function migrate(file: Fields, name: string): Fields {
  const { version } = file;
  if (typeof version === 'number' && version > VERSION) {
    throw new UserError(
      `${name}: a checkpoint of version ${version}, newer than this program, which reads versions up to ${VERSION}; use the program that wrote it, or a newer one`,
    );
  }
  return { ...completeFrom(version, file, name), version: VERSION };
}

/**
 * Parts of a file whose version is not told, such as what an export keeps of a checkpoint, as this version would have written them. They are of
 * the first version whose files lack all that they lack.
 */
export function migrateParts(parts: Fields, name: string): Fields {
  const version = Object.keys(ADDED)
    .map(Number)
    .find((from) => lacksAll(parts, ADDED[from]!));
  return completeFrom(version ?? VERSION, parts, name);
}

/** With all fields that were added since a version. */
function completeFrom(version: unknown, file: Fields, name: string): Fields {
  let completed = file;
  for (let from = version as number; from !== VERSION; from++) {
    const added = typeof from === 'number' ? ADDED[from] : undefined;
    if (!added) throw new UserError(`${name}: a checkpoint of an unknown version; use another, or train again`);
    for (const [path, fields] of Object.entries(added)) completed = withFields(completed, path.split('.'), fields);
  }
  return completed;
}

/** Whether none of the fields is there that are to be added. */
function lacksAll(file: Fields, added: Readonly<Record<string, Fields>>): boolean {
  return Object.entries(added).every(([path, fields]) => {
    const object = path.split('.').reduce<unknown>((at, key) => (at as Fields | null | undefined)?.[key], file);
    return Object.keys(fields).every((key) => (object as Fields | null | undefined)?.[key] === undefined);
  });
}

/** An object in which the object at a path has these fields, unless it has them already. Where there is no object, nothing changes. */
function withFields(object: Fields, [key, ...rest]: readonly string[], fields: Fields): Fields {
  if (key === undefined) return { ...fields, ...object };
  const inner = object[key];
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return object;
  return { ...object, [key]: withFields(inner as Fields, rest, fields) };
}
