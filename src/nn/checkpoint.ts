import * as z from 'zod';
import { latin1Of } from '#host/bytes';
import { FORMAT } from '../checkpoint-format.ts';
import { excerpt, UserError } from '../errors.ts';
import { requireAll } from '../schema.ts';
import { Excess, parseSetApart, type SetApart } from './checkpoint-json.ts';
import { LIMITS } from './checkpoint-limits.ts';
import { decodeTensor, encodedBytes, encodeTensor, findNotFinite, type TensorText } from './checkpoint-tensors.ts';
import { migrate, VERSION } from './checkpoint-versions.ts';
import { type ModelConfig, modelSchema } from './config.ts';
import { Manifest } from './manifest.ts';

/** Plain data that other layers keep in a checkpoint and check themselves. */
export type Json = z.core.util.JSONType;

/** A model on file: its configuration, its parameters, and what training needs if it can go on from here. */
export interface Checkpoint {
  readonly model: ModelConfig;
  /** The vocabulary as JSON (text/vocabulary.ts). */
  readonly vocabulary: Json;
  /** What was run, and how it went (training/record.ts). */
  readonly run: Json;
  /** The flat buffer of parameters. */
  readonly parameters: Float32Array;
  /** What resuming needs: plain data, and further buffers by name. */
  readonly resume: Resume | undefined;
}

export interface Resume {
  readonly data: Json;
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

const isGiven = (value: unknown): boolean => value !== undefined;

const tensorSchema = z.strictObject({
  shape: z.array(z.int().nonnegative()).max(8),
  dtype: z.literal('float32'),
  data: z.string(),
});

/** A model's configuration on file: every field is there, so that nothing depends on the defaults of the program that reads it. */
export const savedModelSchema = requireAll(modelSchema, {
  symbols: z.int().min(1).max(LIMITS.symbols),
  sourceSymbols: z.int().min(1).max(LIMITS.symbols).optional(),
});

const fileSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  model: savedModelSchema,
  // JSON.parse made these, so they are JSON. The layers that wrote them check what they say.
  vocabulary: z.custom<Json>(isGiven),
  run: z.custom<Json>(isGiven),
  tensors: z.record(z.string(), tensorSchema),
  resume: z.strictObject({ data: z.custom<Json>(isGiven), tensors: z.record(z.string(), tensorSchema) }).optional(),
});

type FileTensor = z.infer<typeof tensorSchema>;

/** Reads the text of a checkpoint and checks all of it. Nothing in it is ever run. `name` names the file in messages. */
export function parseCheckpoint(text: string | Uint8Array, name: string): Checkpoint {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const json = parseJson(bytes, name);
  const file = validate(json.value, name);
  const read = new TensorReader(bytes, json, name);
  const manifest = new Manifest(file.model);
  if (manifest.size > LIMITS.parameters) {
    throw damaged(name, `its configuration asks for ${manifest.size} parameters, more than ${LIMITS.parameters}`);
  }
  const parameters = readParameters(file.tensors, manifest, read, name);
  const { model, vocabulary, run } = file;
  return { model, vocabulary, run, parameters, resume: file.resume && readResume(file.resume, read) };
}

/** The file's text in pieces: the whole text of a large model would take more memory than training does. */
export function* serializeCheckpoint(checkpoint: Checkpoint): Generator<string> {
  const { model, vocabulary, run, parameters, resume } = checkpoint;
  const head = { format: FORMAT, version: VERSION, model, vocabulary, run };
  yield `${Object.entries(head)
    .map(([key, value], index) => `${index ? ' ' : '{'}${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(',\n')},\n "tensors": `;
  const views = new Manifest(model).views.map(
    ({ name, shape, offset, size }) => [name, shape, parameters.subarray(offset, offset + size)] as const,
  );
  yield* tensorPieces(views);
  if (resume) {
    yield `,\n "resume": {"data": ${JSON.stringify(resume.data)}, "tensors": `;
    yield* tensorPieces([...resume.tensors].map(([name, values]) => [name, [values.length], values] as const));
    yield '}';
  }
  yield '}\n';
}

function* tensorPieces(tensors: readonly (readonly [string, readonly number[], Float32Array])[]): Generator<string> {
  yield '{';
  for (const [index, [name, shape, values]] of tensors.entries()) {
    const bad = findNotFinite(values);
    // A reader would refuse the file, and the file that it would replace may be a good one.
    if (bad >= 0) throw new RangeError(`the tensor ${name} has ${values[bad]} at ${bad}`);
    yield `${index ? ',' : ''}\n  ${JSON.stringify(name)}: {"shape":${JSON.stringify(shape)},"dtype":"float32","data":"`;
    yield* encodeTensor(values);
    yield '"}';
  }
  yield '}';
}

function parseJson(bytes: Uint8Array, name: string): SetApart {
  try {
    return parseSetApart(bytes);
  } catch (cause) {
    if (cause instanceof Excess) throw damaged(name, cause.message, cause);
    if (!/^\s*($|\{)/.test(latin1Of(bytes.subarray(0, 64)))) {
      throw new UserError(`${name}: not a checkpoint: it is not JSON; give a .json that \`rnn train\` wrote`, {
        cause,
      });
    }
    throw damaged(name, 'it is not whole JSON, as if cut off or of another kind', cause);
  }
}

function validate(given: unknown, name: string): z.infer<typeof fileSchema> {
  const { format } = (given ?? {}) as { format?: unknown };
  if (format !== FORMAT) throw new UserError(`${name}: not a checkpoint of this program (no "format": "${FORMAT}")`);
  const json = migrate(given as Readonly<Record<string, unknown>>, name);
  // Counted before zod looks at them: zod would report one issue per bad tensor.
  const many = [json, (json as { resume?: unknown }).resume].find((part) => countTensors(part) > LIMITS.tensors);
  if (many) throw damaged(name, `it has ${countTensors(many)} tensors, more than ${LIMITS.tensors}`);
  const result = fileSchema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw damaged(name, `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`);
}

function countTensors(part: unknown): number {
  return Object.keys((part as { tensors?: object } | null)?.tensors ?? {}).length;
}

function readParameters(
  tensors: Record<string, FileTensor>,
  manifest: Manifest,
  read: TensorReader,
  name: string,
): Float32Array {
  for (const view of manifest.views) {
    const tensor = Object.hasOwn(tensors, view.name) ? tensors[view.name] : undefined;
    if (!tensor) throw damaged(name, `the tensor ${view.name} is missing`);
    if (tensor.shape.join() !== view.shape.join()) {
      throw damaged(name, `the tensor ${view.name} is [${tensor.shape}], where its configuration says [${view.shape}]`);
    }
  }
  // Memory for the numbers is made only when it is known that the file has all of them.
  for (const view of manifest.views) read.size(tensors[view.name]!, view.name);
  const extra = Object.keys(tensors).find((key) => !manifest.views.some((view) => view.name === key));
  if (extra !== undefined) throw damaged(name, `its configuration has no tensor ${JSON.stringify(extra)}`);
  const parameters = new Float32Array(manifest.size);
  for (const { name: key, offset, size } of manifest.views) {
    read.into(parameters.subarray(offset, offset + size), tensors[key]!, key);
  }
  return parameters;
}

function readResume(resume: { data: Json; tensors: Record<string, FileTensor> }, read: TensorReader): Resume {
  const tensors = Object.entries(resume.tensors).map(([key, tensor]) => {
    const values = new Float32Array(read.size(tensor, key));
    read.into(values, tensor, key);
    return [key, values] as const;
  });
  return { data: resume.data, tensors: new Map(tensors) };
}

/** Reads the tensors of a file. The long strings of the file were set apart (nn/checkpoint-json.ts). */
class TensorReader {
  readonly #bytes: Uint8Array;
  readonly #json: SetApart;
  readonly #name: string;

  constructor(bytes: Uint8Array, json: SetApart, name: string) {
    this.#bytes = bytes;
    this.#json = json;
    this.#name = name;
  }

  /** How many numbers the tensor has by its shape. UserError where its text is not as long as that. */
  size(tensor: FileTensor, key: string): number {
    const size = tensor.shape.reduce((product, length) => product * length, 1);
    const bytes = encodedBytes(this.#text(tensor));
    if (bytes === 4 * size) return size;
    throw damaged(this.#name, `the tensor ${key} [${tensor.shape}] has ${bytes} bytes, not ${4 * size}`);
  }

  /** Writes the tensor's numbers to `values`, which has the length that `size` returned. */
  into(values: Float32Array, tensor: FileTensor, key: string): void {
    if (!decodeTensor(this.#text(tensor), values)) throw damaged(this.#name, `the tensor ${key} is not base64`);
    const bad = findNotFinite(values);
    if (bad >= 0) throw damaged(this.#name, `the tensor ${key} has ${values[bad]} at ${bad}`);
  }

  #text({ data }: FileTensor): TensorText {
    const stretch = this.#json.stretch(data);
    return stretch ? { bytes: this.#bytes, stretch } : data;
  }
}

function damaged(name: string, why: string, cause?: unknown): UserError {
  return new UserError(`${name}: the checkpoint is damaged: ${excerpt(why)}; use another, or train again`, { cause });
}
