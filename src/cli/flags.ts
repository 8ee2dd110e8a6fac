import { Argument, InvalidArgumentError, Option } from 'commander';
import * as z from 'zod';
import { shellWord } from '../library/words.ts';
import { expectation, fieldAt } from '../schema.ts';
import { EXAMPLES, SPELLINGS, type Spelling } from './spellings.ts';

/** How the command line gives the value of a key. */
export interface Flag {
  /** As commander writes it: `-n, --count <n>` is an option, `<text...>` an argument. */
  readonly flag: string;
  /** An option that gives the value of an argument, too: a model is named with --checkpoint by every command. */
  readonly also?: string;
  /** Where the value has a spelling of its own. */
  readonly spelling?: Spelling;
  /** The value where an option that may have one, such as `--rank [by]`, is given without. */
  readonly preset?: string;
  /** Whether the command can't do without the option. */
  readonly required?: boolean;
  /** Whether there is an option --no-NAME, too, which gives false. */
  readonly negatable?: boolean;
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
    Object.entries(flags).flatMap(([path, given]): (SchemaOption | SchemaArgument)[] => {
      const flag = typeof given === 'string' ? { flag: given } : given;
      const field = fieldAt(schema, path.split('.'));
      if (!field) throw new RangeError(`the flag ${flag.flag} is of ${path}, which the schema doesn't have`);
      if (/^[<[]/.test(flag.flag)) {
        const also = flag.also === undefined ? [] : [optionOf(field, { ...flag, flag: flag.also }, path)];
        return [argumentOf(field, flag, path), ...also];
      }
      const options = flag.negatable
        ? [optionOf(field, flag, path), negationOf(flag, path)]
        : [optionOf(field, flag, path)];
      return heading === '' ? options : options.map((option) => option.helpGroup(heading));
    }),
  );
}

/** The flag of a key: of a whole path, `model.hidden`, or of its last part alone, `hidden`. */
export function flagOf(table: FlagTable, key: string): string {
  const flags = Object.values(table).flatMap((group) => Object.entries(group));
  const name = key.split('.').at(-1)!;
  const found = flags.find(([path]) => path === key) ?? flags.find(([path]) => path.split('.').at(-1) === name);
  const flag = found && (typeof found[1] === 'string' ? found[1] : (found[1].also ?? found[1].flag));
  return flag?.match(/--[\w-]+/)?.[0] ?? flag ?? `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The flags that give an object's values on the command line. What is undefined, false or Infinity needs no flag. */
export function flagsFor(table: FlagTable, values: object): string {
  return Object.values(table)
    .flatMap((group) => Object.keys(group))
    .flatMap((path) => {
      const value = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], values);
      if (value === undefined || value === false || value === Number.POSITIVE_INFINITY) return [];
      return [value === true ? flagOf(table, path) : `${flagOf(table, path)} ${shellWord(String(value))}`];
    })
    .join(' ');
}

function optionOf(
  field: z.ZodType,
  { flag, spelling, preset, required = false, hidden }: Flag,
  path: string,
): SchemaOption {
  const { type, choices, initial } = shapeOfField(field);
  const examples = spelling && EXAMPLES[spelling];
  const option = new SchemaOption(flag, `${field.description ?? ''}${examples ? `: ${examples}` : ''}`, path);
  option.makeOptionMandatory(required);
  if (hidden) option.hideHelp();
  if (preset !== undefined) option.preset(preset);
  if (isShown(initial)) option.default(initial);
  if (choices) option.choices(choices);
  else if (type !== 'boolean') option.argParser(parserOf(field, spelling));
  return option;
}

/** The option --no-NAME of an option --NAME that is true or false. */
function negationOf({ flag }: Flag, path: string): SchemaOption {
  const option = new SchemaOption(flag.replace('--', '--no-'), `the opposite of ${flag}`, path);
  option.preset(false);
  return option;
}

function argumentOf(field: z.ZodType, { flag, spelling }: Flag, path: string): SchemaArgument {
  const { choices } = shapeOfField(field);
  const argument = new SchemaArgument(flag, field.description ?? '', path);
  if (choices) argument.choices(choices);
  else argument.argParser(parserOf(field, spelling));
  return argument;
}

/** What the values of a field are like. Of a union, the parts that the command line can spell count: texts, numbers and lists. */
interface FieldShape {
  readonly type: 'boolean' | 'number' | 'integer' | 'text';
  readonly isList: boolean;
  readonly choices?: readonly string[];
  /** The default. */
  readonly initial?: unknown;
}

function shapeOfField(field: z.ZodType): FieldShape {
  if (field instanceof z.ZodDefault) {
    return { ...shapeOfField(field.unwrap() as z.ZodType), initial: field.def.defaultValue };
  }
  if (field instanceof z.ZodOptional || field instanceof z.ZodReadonly)
    return shapeOfField(field.unwrap() as z.ZodType);
  if (field instanceof z.ZodPipe) return shapeOfField(field.out as z.ZodType); // a preprocessed value
  if (field instanceof z.ZodArray) return { ...shapeOfField(field.element as z.ZodType), isList: true };
  if (field instanceof z.ZodEnum) return { type: 'text', isList: false, choices: field.options as string[] };
  if (field instanceof z.ZodUnion) {
    const parts = field.options
      .filter((part) => !(part instanceof z.ZodLiteral))
      .map((part) => shapeOfField(part as z.ZodType));
    return parts.find(({ isList }) => isList) ?? parts.find(({ type }) => type !== 'integer') ?? parts[0]!;
  }
  if (field instanceof z.ZodBoolean) return { type: 'boolean', isList: false };
  if (field instanceof z.ZodNumber) return { type: field.format === 'safeint' ? 'integer' : 'number', isList: false };
  return { type: 'text', isList: false };
}

/** Whether a default says more than that nothing is given. */
function isShown(value: unknown): boolean {
  const isNothing = value === '' || value === false || (Array.isArray(value) && value.length === 0);
  return value !== undefined && value !== Number.POSITIVE_INFINITY && !isNothing;
}

/** Reads a text as a value of the field; of a list, as one of its items. */
function parserOf(field: z.ZodType, spelling: Spelling | undefined): (text: string, before: unknown) => unknown {
  const { type, isList } = shapeOfField(field);
  const read = spelling
    ? SPELLINGS[spelling]
    : (text: string): unknown => {
        const value = type === 'text' ? text : type === 'number' ? numberIn(text) : wholeNumberIn(text);
        if (field.safeParse(isList ? [value] : value).success) return value;
        throw new InvalidArgumentError(`It must be ${expectation(field).replace(/^a list, each of it /, '')}.`);
      };
  const readText = withoutComma(read);
  return isList ? (text, before) => [...(Array.isArray(before) ? before : []), readText(text)] : readText;
}

/** Reads a text; where it is wrong only because it has a decimal comma, the error says so. */
function withoutComma(read: (text: string) => unknown): (text: string) => unknown {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      const pointed = text.replace(/^(-?\d+),(?=\d+\D*$)/, '$1.');
      if (!(error instanceof InvalidArgumentError) || pointed === text) throw error;
      try {
        read(pointed);
      } catch {
        throw error;
      }
      throw new InvalidArgumentError(`Write it with a point: ${pointed}.`);
    }
  };
}

function numberIn(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** Written with digits only: 1e3 and 0x10 are more often mistakes than meant. */
function wholeNumberIn(text: string): number {
  return /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
}
