import type { CommanderError } from 'commander';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { RECIPE_FLAGS } from '../src/cli/recipe-flags.ts';
import { UserError } from '../src/errors.ts';
import { prepareRun } from '../src/library/preparation.ts';
import { type Checkpoint, parseCheckpoint } from '../src/nn/checkpoint.ts';
import { modelSchema } from '../src/nn/config.ts';
import { fieldAt, shapeOf, unwrapped } from '../src/schema.ts';
import { resolveRecipe } from '../src/training/complete-recipe.ts';
import { recipeSchema } from '../src/training/recipe.ts';
import { readRun } from '../src/training/record.ts';
import { removeFolders, temporaryFolder } from './helpers/cli.ts';
import { commandOf } from './helpers/commands.ts';
import { rnn } from './helpers/in-process.ts';
import { run, STREAM, textOf } from './helpers/training.ts';

/** The keys of a recipe that the command line can give, `model.hidden` for one, and their flags. */
const FLAGS = Object.entries(
  Object.assign({}, ...Object.values(RECIPE_FLAGS)) as Record<string, string | { flag: string }>,
)
  .filter(([path]) => path !== 'preset' && path !== 'limits.seconds') // these are spelled in a way of their own
  .map(([path, flag]) => [path, /--[\w-]+/.exec(typeof flag === 'string' ? flag : flag.flag)![0]] as const);

/** Values for a field: within its bounds, at them, just outside of them, and of other types. */
function valuesOf(path: string): fc.Arbitrary<unknown> {
  const field = unwrapped(fieldAt(recipeSchema, path.split('.'))!);
  if (field instanceof z.ZodEnum) return fc.constantFrom<unknown>(...field.options, 'lstmm', '', 3);
  if (field instanceof z.ZodBoolean) return fc.constantFrom<unknown>(true, false);
  if (field instanceof z.ZodString) return fc.string({ maxLength: 5 }).filter((text) => !text.startsWith('-'));
  const json = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' });
  const bounds = ([json, ...(json.anyOf ?? [])] as z.core.JSONSchema.JSONSchema[])
    .flatMap((each) => [each.minimum, each.maximum, each.exclusiveMinimum, each.exclusiveMaximum])
    .filter((bound) => typeof bound === 'number' && Math.abs(bound) < 1e9) as number[];
  return fc.oneof(
    fc.constantFrom(...bounds, 1, 2, 4).chain((bound) => fc.constantFrom(bound, bound + 1, bound - 1, bound + 0.5)),
    fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, 'x', 8, 0.25),
  );
}

/** A recipe with some of its fields given: path → value. */
const given: fc.Arbitrary<ReadonlyMap<string, unknown>> = fc
  .uniqueArray(fc.constantFrom(...FLAGS.map(([path]) => path)), { maxLength: 4 })
  .chain((paths) => fc.tuple(...paths.map((path) => fc.tuple(fc.constant(path), valuesOf(path)))))
  .map((fields) => new Map(fields));

function nested(fields: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const recipe: Record<string, unknown> = {};
  for (const [path, value] of fields) {
    const [key, below] = path.split('.') as [string, string?];
    recipe[key] = below === undefined ? value : { ...(recipe[key] as object), [below]: value };
  }
  return recipe;
}

function isNotInJson(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

/** The message of a refusal, undefined where nothing is refused. Any other error is a fault. */
function refusalOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  expect(error).toBeInstanceOf(UserError);
  return (error as Error).message;
}

/** What the library refuses. The recipe is checked before the text is read, so no run begins. */
async function libraryRefusal(recipe: object): Promise<string | undefined> {
  const error: unknown = await prepareRun(['no such file'], recipe).catch((caught: unknown) => caught);
  const message = refusalOf(error);
  return message?.startsWith('no such file: ') ? undefined : message;
}

/** Why a recipe can't be, or undefined. What can be may still be refused where it is asked for, because a part of it would never act. */
function recipeRefusal(recipe: object): string | undefined {
  try {
    resolveRecipe(recipe);
    return undefined;
  } catch (error) {
    return refusalOf(error);
  }
}

/** What the command line refuses: a value at once, or what its options come to. */
async function commandRefusal(fields: ReadonlyMap<string, unknown>): Promise<string | undefined> {
  const args = [...fields].flatMap(([path, value]) => {
    const flag = new Map(FLAGS).get(path)!;
    if (typeof value === 'boolean') return value ? [flag] : [];
    return [flag, String(value)];
  });
  let options: object | undefined;
  const command = (await commandOf('train', (told) => (options = told)))
    .exitOverride()
    .configureOutput({ writeErr() {} });
  try {
    await command.parseAsync(['text.txt', ...args], { from: 'user' });
  } catch (error) {
    return (error as CommanderError).message;
  }
  const { corpus: _, ...recipe } = options as { corpus: unknown };
  return await libraryRefusal(recipe);
}

afterAll(removeFolders);

let checkpoint: Checkpoint;
beforeAll(async () => {
  checkpoint = (await run(STREAM, { limits: { steps: 1 } })).last.checkpoint;
});

/** What the reader of checkpoints refuses of a recipe in a run's record. */
function recordRefusal(recipe: object): string | undefined {
  const record = { ...(checkpoint.run as object), recipe };
  try {
    readRun({ ...checkpoint, run: JSON.parse(JSON.stringify(record)) }, 'test');
    return undefined;
  } catch (error) {
    return refusalOf(error);
  }
}

test('library, command line and checkpoint accept and refuse the same recipes', async () => {
  await fc.assert(
    fc.asyncProperty(given, async (fields) => {
      const recipe = nested(fields);
      const library = await libraryRefusal(recipe);
      const command = await commandRefusal(fields);
      expect({ command: command === undefined, message: command ?? library }).toEqual({
        command: library === undefined,
        message: command ?? library,
      });
      const impossible = recipeRefusal(recipe);
      if (impossible !== undefined) expect(library).toBeDefined();
      // A record is JSON, which has no NaN and no infinity, and it is complete.
      if ([...fields.values()].some(isNotInJson)) return;
      const complete = impossible === undefined ? resolveRecipe(recipe) : recipe;
      expect(recordRefusal(complete) === undefined, library).toBe(impossible === undefined);
    }),
    { numRuns: 400 },
  );
});

test('library and checkpoint accept and refuse the same models', async () => {
  const paths = Object.keys(shapeOf(modelSchema)!).map((key) => `model.${key}`);
  const models = fc
    .uniqueArray(fc.constantFrom(...paths), { maxLength: 3 })
    .chain((chosen) => fc.tuple(...chosen.map((path) => fc.tuple(fc.constant(path), valuesOf(path)))))
    .map((fields) => nested(new Map(fields.filter(([, value]) => !isNotInJson(value)))).model ?? {});
  await fc.assert(
    fc.asyncProperty(models, async (model) => {
      const library = recipeRefusal({ model });
      if (library !== undefined) expect(await libraryRefusal({ model })).toBeDefined();
      const file = JSON.parse(textOf(checkpoint)) as { model: object };
      const text = JSON.stringify({ ...file, model: { ...modelSchema.parse({}), ...file.model, ...model } });
      let refusal: string | undefined;
      try {
        parseCheckpoint(text, 'test');
      } catch (error) {
        refusal = refusalOf(error);
      }
      // Another model than the file's has other tensors: that is another error than a model that can't be.
      const isOfModel = refusal !== undefined && /: model\b|: model\./.test(refusal);
      if (library === undefined) expect(isOfModel, refusal).toBe(false);
      else expect(refusal, JSON.stringify(model)).toBeDefined();
    }),
    { numRuns: 150 },
  );
});

test('what the command line says is what the library says, with flags for keys', async () => {
  const recipe = { model: { hidden: 16, embedding: 8, tied: true } };
  const library = await libraryRefusal(recipe);
  expect(library).toBe('tied needs embeddings as wide as a layer: embedding is 8, hidden 16; make them equal');
  const args = ['train', 'text.txt', '--hidden', '16', '--embedding', '8', '--tied'];
  const { status, stderr } = await rnn(args, { cwd: temporaryFolder() });
  expect({ status, stderr: stderr.replaceAll('--', '') }).toEqual({ status: 2, stderr: `rnn: ${library}\n` });
  expect(stderr).toContain('--embedding is 8, --hidden 16');
});
