import * as z from 'zod';
import { message, option, UsageError } from '../errors.ts';
import { CELL_KINDS, type CellName } from '../nn/cells/index.ts';
import { modelSchema } from '../nn/config.ts';
import { corpusSchema } from '../text/options.ts';
import { cellProblem } from './effect.ts';

const { cell, activation, reset, layers, hidden } = modelSchema.shape;

/** What a model as it is before training can be told. */
export const freshSchema = z.strictObject({
  cell: cell.unwrap().default('lstm').describe('recurrent cell'),
  activation,
  reset,
  layers: layers.unwrap().default(1).describe('recurrent layers'),
  hidden: hidden.unwrap().default(64).describe('units of a layer'),
  mode: corpusSchema.shape.mode,
  seed: z.string().default('1').describe('the same seed gives the same parameters'),
});

/** UsageError for an option of another kind of cell than that of a fresh model. */
export function requireOfCell(model: object | undefined, cell: CellName): void {
  for (const { uses } of Object.values(CELL_KINDS)) {
    for (const key of uses) {
      const problem = model && key in model ? cellProblem(key, cell) : undefined;
      if (problem) throw new UsageError(problem);
    }
  }
}

/**
 * UsageError for a request that describes a fresh model where no fresh model is looked at: its options would change nothing. `isTold` says
 * whether an option has a meaning there.
 */
export function requireMeaning(model: object | undefined, isTold: (key: string) => boolean): void {
  const key = Object.keys(model ?? {}).find((each) => !isTold(each));
  if (key === undefined) return;
  throw new UsageError(message`${option(`model.${key}`)} says nothing here: it is for a model of ${option('fresh')}`);
}
