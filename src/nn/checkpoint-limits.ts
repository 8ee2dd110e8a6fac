import { message, option, UserError } from '../errors.ts';

/**
 * What a checkpoint may have at most. Reading refuses a file that has more, so that a damaged or hostile file can't take all of the memory.
 * A run that would write such a file is refused before it starts (`requireReadable`).
 */
export const LIMITS = {
  symbols: 1_200_000,
  parameters: 500_000_000,
  /** A layer has up to four tensors, and its states have two more. */
  tensors: 4096,
  /** Bytes of a file. The largest buffer of Node 20 is a little larger. */
  fileBytes: 4_000_000_000,
  /** The JSON without the long texts of tensors. JSON.parse takes some 60 bytes a value at most, and the text once more. */
  depth: 64,
  values: 4_000_000,
  jsonBytes: 256 * 1024 * 1024,
} as const;

/** How large a checkpoint will be. */
export interface CheckpointSize {
  readonly symbols: number;
  readonly parameters: number;
  /** Numbers of each tensor, the parameters included. */
  readonly tensors: readonly number[];
  /** Values and bytes of everything else. */
  readonly values: number;
  readonly jsonBytes: number;
}

/** JSON values around a tensor's text. */
const VALUES_OF_TENSOR = 12;

/** Characters around a tensor's text: its name, its shape and its type. */
const BYTES_OF_TENSOR = 200;

/** UserError where a checkpoint of this size could be written but not be read. */
export function requireReadable({ symbols, parameters, tensors, values, jsonBytes }: CheckpointSize): void {
  if (symbols > LIMITS.symbols) {
    throw new UserError(
      message`the text has ${symbols} different symbols, and a checkpoint can have ${LIMITS.symbols}; raise ${option('minCount')}, or read the text in another ${option('unit')}`,
    );
  }
  if (parameters > LIMITS.parameters) {
    throw new UserError(
      `the model has ${parameters} parameters, and a checkpoint can have ${LIMITS.parameters}; use fewer units, layers or members`,
    );
  }
  const fileBytes = tensors.reduce((sum, size) => sum + 4 * Math.ceil((4 * size) / 3) + BYTES_OF_TENSOR, jsonBytes);
  if (fileBytes > LIMITS.fileBytes) {
    throw new UserError(
      message`the state of this run would be a file of ${(fileBytes / 1e9).toFixed(1)} GB, and ${(LIMITS.fileBytes / 1e9).toFixed(1)} GB can be read; use fewer units, layers or members, or leave out ${option('averaging')} or ${option('onDivergence')}`,
    );
  }
  const all = values + VALUES_OF_TENSOR * tensors.length;
  if (all > LIMITS.values || jsonBytes > LIMITS.jsonBytes || tensors.length > LIMITS.tensors) {
    throw new UserError(
      message`the state of this run would have ${all} values besides its tensors, and a checkpoint can have ${LIMITS.values}; use a smaller ${option('batch')}, or a smaller ${option('bptt')}`,
    );
  }
}

/** How many values JSON has, as reading counts them: an opening bracket is one, and so is a comma. */
export function countValues(json: unknown): number {
  if (typeof json !== 'object' || json === null) return 0;
  const inner: unknown[] = Object.values(json);
  return inner.reduce<number>((sum, value) => sum + countValues(value), Math.max(1, inner.length));
}
