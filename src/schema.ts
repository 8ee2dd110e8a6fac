import * as z from 'zod';
import { beginningOf, type Message, message, option, UsageError } from './errors.ts';

/**
 * A rule that concerns several fields of an object. It returns what is wrong, or undefined where nothing is:
 * `schema.superRefine(rule((model) => …))`.
 */
export function rule<T>(
  problem: (value: T) => Message | undefined,
): (value: T, context: z.core.$RefinementCtx<T>) => void {
  return (value, context) => {
    const found = problem(value);
    if (found) context.addIssue({ code: 'custom', message: String(found), params: { message: found } });
  };
}

/**
 * Options checked by their schema, with its defaults filled in. UsageError that names the key, what was expected there, and what
 * was given.
 */
export function parseOptions<Schema extends z.ZodType>(schema: Schema, options: unknown): z.output<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  throw new UsageError(describeIssue(schema, result.error.issues[0]!, options));
}

/** UsageError where a program gives something else than the path of a file. `key` names it in the message. */
export function requirePath(path: string, key = 'path'): void {
  parseOptions(z.strictObject({ [key]: z.string() }), { [key]: path });
}

/** UsageError where a program gives something else than a list of paths. `key` names it in the message. */
export function requirePaths(paths: readonly string[], key: string): void {
  parseOptions(z.strictObject({ [key]: z.array(z.string()) }), { [key]: paths });
}

/** What an issue says, in one sentence. */
function describeIssue(schema: z.ZodType, issue: z.core.$ZodIssue, given: unknown): Message {
  const path = issue.path.map(String);
  // A rule says itself what is wrong, and so does a check of a kind that zod does not know.
  if (issue.code === 'custom' && issue.params?.message) return issue.params.message as Message;
  if (issue.code === 'custom' && issue.message.startsWith('must be ')) {
    return message`${option(path.join('.'))} ${issue.message}`;
  }
  if (issue.code === 'unrecognized_keys') {
    const key = [...path, issue.keys[0]!].join('.');
    return message`there is no option ${key}; there are ${keysAt(schema, path).join(', ')}`;
  }
  const value = valueAt(given, path);
  const subject = subjectOf(issue.path);
  return message`${subject} must be ${expectation(fieldAt(schema, path))}, not ${shown(value)}`;
}

/** The field that an issue is about, or each item of it if it is a list. */
function subjectOf(path: readonly PropertyKey[]): Message {
  if (path.length === 0) return message`the options`;
  const isItem = typeof path.at(-1) === 'number';
  const field = option(
    path
      .slice(0, isItem ? -1 : undefined)
      .map(String)
      .join('.'),
  );
  return isItem ? message`each of ${field}` : message`${field}`;
}

/** What values a field takes, in words: "a whole number from 1 to 64". */
export function expectation(field: z.ZodType | undefined): string {
  return field ? expected(z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' })) : 'left out';
}

type JsonSchema = z.core.JSONSchema.JSONSchema;

function expected(json: JsonSchema): string {
  const { type, enum: choices, anyOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = json;
  if (json.const !== undefined) return json.const === null ? 'Infinity' : String(json.const);
  if (json.description?.startsWith('must be ')) return json.description.slice('must be '.length);
  if (choices) return `one of ${choices.join(', ')}`;
  if (anyOf)
    return [
      ...new Set(anyOf.filter((each) => typeof each === 'object').map((each) => expected(each as JsonSchema))),
    ].join(', or ');
  if (type === 'integer' || type === 'number') {
    const kind = type === 'integer' ? 'a whole number' : 'a number';
    const least =
      exclusiveMinimum !== undefined
        ? `above ${exclusiveMinimum}`
        : minimum !== undefined && minimum > -LARGEST
          ? `from ${minimum}`
          : '';
    const most =
      exclusiveMaximum !== undefined
        ? `to below ${exclusiveMaximum}`
        : maximum !== undefined && maximum < LARGEST
          ? `to ${maximum}`
          : '';
    return [kind, least, most].filter((part) => part !== '').join(' ');
  }
  if (type === 'boolean') return 'true or false';
  if (type === 'string') return json.minLength === 1 ? 'a text that is not empty' : 'a text';
  if (type === 'array') return `a list, each of it ${expected((json.items ?? {}) as JsonSchema)}`;
  return type === 'object' ? 'an object' : 'of another kind';
}

/** zod gives whole numbers these bounds where the schema has none. */
const LARGEST = Number.MAX_SAFE_INTEGER;

/** The schema of the field at a path, or of the items of a list; undefined where there is none. */
export function fieldAt(schema: z.ZodType, path: readonly string[]): z.ZodType | undefined {
  let at: z.ZodType | undefined = schema;
  for (const key of path) at = at && (itemOf(at) ?? shapeOf(at)?.[key]);
  return at;
}

function itemOf(schema: z.ZodType): z.ZodType | undefined {
  const inner = unwrapped(schema);
  return inner instanceof z.ZodArray ? (inner.element as z.ZodType) : undefined;
}

/** The fields of an object's schema, without what wraps it. */
export function shapeOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const inner = unwrapped(schema);
  return inner instanceof z.ZodObject ? (inner.shape as Record<string, z.ZodType>) : undefined;
}

/** A schema without its defaults and without being optional. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrapped(schema.unwrap() as z.ZodType);
  }
  return schema;
}

/**
 * A schema of the same objects, with the same rules, in which every field that has a default must be given, at every depth. A file on
 * disk is read with it, so that no field depends on the defaults of the program that reads the file.
 *
 * @param more fields to add, or to take the place of the schema's own
 */
export function requireAll<Shape extends z.ZodRawShape, More extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  more: More,
): z.ZodType<Omit<z.output<z.ZodObject<Shape>>, keyof More> & z.output<z.ZodObject<More>>> {
  // The types of a schema's parts are known to zod at run time only.
  return withoutDefaults(schema, more) as never;
}

function withoutDefaults(schema: z.ZodObject, more: z.ZodRawShape = {}): z.ZodType {
  const fields = Object.entries(schema.shape).map(([key, field]) => [key, withoutDefault(field as z.ZodType)] as const);
  const rules = (schema._zod.def.checks ?? []) as never[];
  return z.strictObject({ ...Object.fromEntries(fields), ...more }).check(...rules);
}

function withoutDefault(field: z.ZodType): z.ZodType {
  if (field instanceof z.ZodDefault || field instanceof z.ZodPrefault)
    return withoutDefault(field.unwrap() as z.ZodType);
  if (field instanceof z.ZodOptional) return withoutDefault(field.unwrap() as z.ZodType).optional();
  return field instanceof z.ZodObject ? withoutDefaults(field) : field;
}

function keysAt(schema: z.ZodType, path: readonly string[]): string[] {
  const field = fieldAt(schema, path);
  return Object.keys((field && shapeOf(field)) ?? {});
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);
  return beginningOf(text, 60);
}
