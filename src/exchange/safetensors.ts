import * as z from 'zod';
import type { UserError } from '../errors.ts';
import { CONVERSION_NOTES, FLOAT_BYTES, type FloatKind, floatBytes, readFloats } from './numbers.ts';
import { refusal } from './refusal.ts';
import type { Tensor, TensorFile } from './tensor.ts';

/** The largest header that is read. A header has some 100 bytes a tensor, and one of this program's has the learning curve besides. */
const LARGEST_HEADER = 64 * 1024 * 1024;

/** The most tensors of a file. */
const MOST_TENSORS = 10_000;

const LENGTH_BYTES = 8;

/** The data begin at a multiple of it; spaces after the header fill the gap. */
const ALIGNMENT = 8;

const METADATA = '__metadata__';

/** The kinds of numbers that can be read. safetensors has more, for which this program has no use. */
const FLOAT_KINDS: Readonly<Record<string, FloatKind>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

/** Bytes of a number of each other kind. */
const OTHER_BYTES: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, U16: 2, I16: 2, U32: 4, I32: 4, U64: 8, I64: 8 },
};

const place = z.int().nonnegative();

const headerSchema = z.record(
  z.string(),
  z.strictObject({
    dtype: z.string(),
    shape: z.array(place).max(8),
    data_offsets: z.tuple([place, place]),
  }),
);

const metadataSchema = z.record(z.string(), z.string()).default({});

type Entry = z.infer<typeof headerSchema>[string];

/** A tensor of whole numbers, for what is no model: a corpus. */
export interface IntegerTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Uint8Array | Int32Array;
}

/**
 * Reads a safetensors file: a length n of 8 bytes, n bytes of JSON, and the data. The JSON gives each tensor's kind, shape, and place in
 * the data. Tensors must lie side by side, without gaps and without overlaps, and end where the file ends, as the format demands.
 *
 * Nothing is allocated before the sizes are known to fit the file. UserError, in a line, for whatever is wrong; `name` names the file there.
 */
export function readSafetensors(bytes: Uint8Array, name: string): TensorFile {
  const wrong = (why: string) => refusal(name, `not a whole safetensors file: ${why}`);
  const { json, start } = readHeader(bytes, wrong);
  const { [METADATA]: given, ...rest } = json;
  const metadata = parse(metadataSchema, given, METADATA, wrong);
  const count = Object.keys(rest).length;
  if (count > MOST_TENSORS) throw wrong(`it has ${count} tensors, more than ${MOST_TENSORS}`);
  const entries = Object.entries(parse(headerSchema, rest, 'the header', wrong));
  requireSideBySide(entries, bytes.length - start, wrong);
  const notes = new Set<string>();
  const tensors = new Map<string, Tensor>();
  const others = new Map<string, string>();
  for (const [
    key,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of entries) {
    const kind = Object.hasOwn(FLOAT_KINDS, dtype) ? FLOAT_KINDS[dtype] : undefined;
    if (!kind) {
      others.set(key, dtype);
      continue;
    }
    const note = CONVERSION_NOTES[kind];
    if (note) notes.add(note);
    const data = bytes.subarray(start + from, start + to);
    tensors.set(key, { name: key, shape, values: () => readFloats(data, kind) });
  }
  return { metadata: new Map(Object.entries(metadata)), tensors, others, notes: [...notes] };
}

/** The pieces of a safetensors file, in order. Equal tensors and metadata give equal bytes. */
export function writeSafetensors(
  tensors: readonly (Tensor | IntegerTensor)[],
  metadata: ReadonlyMap<string, string>,
): Uint8Array[] {
  const header: Record<string, unknown> = metadata.size > 0 ? { [METADATA]: Object.fromEntries(metadata) } : {};
  const pieces: Uint8Array[] = [];
  let end = 0;
  for (const { name, shape, values } of tensors) {
    const numbers = typeof values === 'function' ? values() : values;
    const dtype = numbers instanceof Float32Array ? 'F32' : numbers instanceof Int32Array ? 'I32' : 'U8';
    const data = numbers instanceof Float32Array ? floatBytes(numbers) : bytesOf(numbers);
    header[name] = { dtype, shape, data_offsets: [end, end + data.length] };
    end += data.length;
    pieces.push(data);
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(text.length / ALIGNMENT) * ALIGNMENT, ' ');
  text.copy(padded);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(padded.length));
  return [length, padded, ...pieces];
}

function bytesOf(values: Uint8Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

type Wrong = (why: string) => UserError;

function readHeader(bytes: Uint8Array, wrong: Wrong): { json: Record<string, unknown>; start: number } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (file.length < LENGTH_BYTES) throw wrong(`it has ${file.length} bytes`);
  const length = file.readBigUInt64LE();
  if (length > BigInt(LARGEST_HEADER))
    throw wrong(`its header would have ${length} bytes, more than ${LARGEST_HEADER}`);
  const start = LENGTH_BYTES + Number(length);
  if (start > file.length)
    throw wrong(`its header should have ${length} bytes, but ${file.length - LENGTH_BYTES} are there`);
  const json = parseJson(file.toString('utf8', LENGTH_BYTES, start), wrong);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw wrong('its header is no JSON object');
  return { json: json as Record<string, unknown>, start };
}

function parseJson(text: string, wrong: Wrong): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong('its header is no JSON');
  }
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  where: string,
  wrong: Wrong,
): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw wrong(`${[where, ...issue.path].join('.')}: ${issue.message}`);
}

/** That each tensor has as many bytes as its shape needs, and that they fill the data from end to end. */
function requireSideBySide(entries: readonly (readonly [string, Entry])[], size: number, wrong: Wrong): void {
  const sorted = entries.toSorted(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  let end = 0;
  for (const [
    key,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of sorted) {
    const bytes = bytesPerNumber(dtype);
    if (bytes === undefined) throw wrong(`the tensor ${key} is of an unknown kind, ${dtype}`);
    const count = shape.reduce((product, length) => product * length, 1);
    if (to - from !== count * bytes) {
      throw wrong(
        `the tensor ${key}, ${dtype} [${shape}], needs ${count * bytes} bytes, but its offsets are ${from} and ${to}`,
      );
    }
    if (from < end)
      throw wrong(`the tensor ${key} starts at ${from}, inside the tensor before it, which ends at ${end}`);
    if (from > end) throw wrong(`no tensor has the bytes from ${end} to ${from}`);
    end = to;
  }
  if (end !== size) throw wrong(`its tensors have ${end} bytes, but ${size} are there`);
}

function bytesPerNumber(dtype: string): number | undefined {
  if (Object.hasOwn(FLOAT_KINDS, dtype)) return FLOAT_BYTES[FLOAT_KINDS[dtype]!];
  return Object.hasOwn(OTHER_BYTES, dtype) ? OTHER_BYTES[dtype] : undefined;
}
