import { Argument, InvalidArgumentError, Option } from 'commander';
import * as z from 'zod';
import { expectation, fieldAt } from '../schema.ts';
import { SPELLINGS, type Spelling } from './spellings.ts';

/** How the command line gives the value of a key. */
export interface Flag {
  /** As commander writes it: `-n, --count <n>` is an option, `<text...>` an argument. */
  readonly flag: string;
  /** Where the value has a spelling of its own. */
  readonly spelling?: Spelling;
  /** The value where an option that may have one, such as `--rank [by]`, is given without. */
  readonly preset?: string;
  /** Whether the command can't do without the option. */
  readonly required?: boolean;
  /** Whether the help leaves the option out. */
  readonly hidden?: boolean;
}

/**
 * The flags of a command: heading in its help, then key of its schema (`hidden`, or `model.hidden` in an object), then flag. Options
 * under '' have no heading of their own.
 */
export type FlagTable = Readonly<Record<string, Readonly<Record<string, string | Flag>>>>;

/** An option whose value belongs at `path` in the options of its command. */
export class SchemaOption extends Option {
  readonly path: string;

  constructor(flag: string, description: string, path: string) {
    super(flag, description);
    this.path = path;
    this.negate = false; // --no-repeat has a value: it isn't the opposite of --repeat
  }

  override attributeName(): string {
    return this.path;
  }
}

/** An argument, likewise. */
export class SchemaArgument extends Argument {
  readonly path: string;

  constructor(flag: string, description: string, path: string) {
    super(flag, description);
    this.path = path;
  }
}

/** Makes commander's options and arguments of a schema and a table: type, bounds, choices, default and description are the schema's. */
export function fromSchema(schema: z.ZodType, table: FlagTable): (SchemaOption | SchemaArgument)[] {
  return Object.entries(table).flatMap(([heading, flags]) =>
    Object.entries(flags).map(([path, given]) => {
      const flag = typeof given === 'string' ? { flag: given } : given;
      const field = fieldAt(schema, path.split('.'));
      if (!field) throw new RangeError(`the flag ${flag.flag} is of ${path}, which the schema doesn't have`);
      return /^[<[]/.test(flag.flag) ? argumentOf(field, flag, path) : optionOf(field, flag, path, heading);
    }),
  );
}

/** The flag of a key: of a whole path, `model.hidden`, or of its last part alone, `hidden`. */
export function flagOf(table: FlagTable, key: string): string {
  const flags = Object.values(table).flatMap((group) => Object.entries(group));
  const name = key.split('.').at(-1)!;
  const found = flags.find(([path]) => path === key) ?? flags.find(([path]) => path.split('.').at(-1) === name);
  const flag = found && (typeof found[1] === 'string' ? found[1] : found[1].flag);
  return flag?.match(/--[\w-]+/)?.[0] ?? flag ?? `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The flags that give an object's values on the command line. What is undefined, false or Infinity needs no flag. */
export function flagsFor(table: FlagTable, values: object): string {
  return Object.values(table)
    .flatMap((group) => Object.keys(group))
    .flatMap((path) => {
      const value = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], values);
      if (value === undefined || value === false || value === Number.POSITIVE_INFINITY) return [];
      return [value === true ? flagOf(table, path) : `${flagOf(table, path)} ${value}`];
    })
    .join(' ');
}

type JsonSchema = z.core.JSONSchema.JSONSchema;

function optionOf(
  field: z.ZodType,
  { flag, spelling, preset, required = false, hidden }: Flag,
  path: string,
  heading: string,
): Option & SchemaOption {
  const json = describe(field);
  const option = new SchemaOption(flag, json.description ?? '', path);
  if (heading !== '') option.helpGroup(heading);
  option.makeOptionMandatory(required);
  if (hidden) option.hideHelp();
  if (preset !== undefined) option.preset(preset);
  if (isShown(json.default)) option.default(json.default);
  if (json.type === 'boolean') return option;
  const choices = choicesOf(json);
  if (choices) option.choices(choices);
  else option.argParser(parserOf(field, json, spelling));
  return option;
}

function argumentOf(field: z.ZodType, { flag, spelling }: Flag, path: string): SchemaArgument {
  const json = describe(field);
  const argument = new SchemaArgument(flag, json.description ?? '', path);
  const choices = choicesOf(json);
  if (choices) argument.choices(choices);
  else argument.argParser(parserOf(field, json, spelling));
  return argument;
}

function describe(field: z.ZodType): JsonSchema {
  return z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' });
}

/** Whether a default says more than that nothing is given. */
function isShown(value: unknown): boolean {
  const isNothing = value === '' || value === false || value === null || (Array.isArray(value) && value.length === 0);
  return value !== undefined && !isNothing;
}

function choicesOf(json: JsonSchema): readonly string[] | undefined {
  return (json.enum ?? (json.items as JsonSchema | undefined)?.enum) as string[] | undefined;
}

/** Reads a text as a value of the field; of a list, one of its items. */
function parserOf(
  field: z.ZodType,
  json: JsonSchema,
  spelling: Spelling | undefined,
): (text: string, before: unknown) => unknown {
  const list = [json, ...((json.anyOf ?? []) as JsonSchema[])].find(({ type }) => type === 'array');
  const read = spelling ? SPELLINGS[spelling] : (text: string) => readValue(field, json, text, list);
  return list ? (text, before) => [...(Array.isArray(before) ? before : []), read(text)] : read;
}

function readValue(field: z.ZodType, json: JsonSchema, text: string, list: JsonSchema | undefined): unknown {
  const item = list ? (list.items as JsonSchema) : json;
  const types = [item.type, ...((item.anyOf ?? []) as JsonSchema[]).map(({ type }) => type)];
  const value = types.includes('string') ? text : types.includes('number') ? numberIn(text) : wholeNumberIn(text);
  if (field.safeParse(list ? [value] : value).success) return value;
  throw new InvalidArgumentError(`It must be ${expectation(field).replace(/^a list, each of it /, '')}.`);
}

function numberIn(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** Written with digits only: 1e3 and 0x10 are more often mistakes than meant. */
function wholeNumberIn(text: string): number {
  return /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
}
