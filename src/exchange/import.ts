import { message, option, UsageError, UserError } from '../errors.ts';
import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import { findNotFinite } from '../nn/checkpoint-tensors.ts';
import { Manifest } from '../nn/manifest.ts';
import { parseOptions } from '../schema.ts';
import { toJson } from '../training/record.ts';
import { findModel } from './find-model.ts';
import type { ForeignModel } from './foreign-model.ts';
import { requireNothingGiven, type Unsaid } from './found-config.ts';
import { readMetadata, unknownRun } from './metadata.ts';
import type { TransducerGraphs } from './onnx-graphs.ts';
import { readOnnx } from './onnx-import.ts';
import { fromTransducerGraphs } from './onnx-own.ts';
import { type ImportOptions, importSchema } from './options.ts';
import { fromOwnNames, hasOwnNames } from './own-names.ts';
import { fromPyTorch } from './pytorch.ts';
import { refusal } from './refusal.ts';
import { readSafetensors } from './safetensors.ts';
import { listSymbols, type SymbolList, sortSymbols } from './symbols.ts';
import type { TensorFile } from './tensor.ts';

/** An imported model, and notes on how it was read, one sentence each. */
export interface Imported {
  readonly checkpoint: Checkpoint;
  readonly notes: readonly string[];
}

/**
 * Makes a checkpoint from the bytes of a safetensors or an ONNX file, or of both ONNX files of a transducer. A file of this program gives the same
 * checkpoint to the bit, without the state that resuming needs. Any other file has only a model, so the symbols must be given.
 *
 * Bytes are taken for data and nothing else, no other file is opened, and no more memory is taken than a few times their length. UserError,
 * in a line, for whatever can't be imported; `name` names the file or the folder there.
 */
export function importModel(
  given: Uint8Array | TransducerGraphs<Uint8Array>,
  name: string,
  options: ImportOptions = {},
): Imported {
  const { symbols, ...unsaid } = parseOptions(importSchema, options);
  if (!(given instanceof Uint8Array)) requireNothingGiven(unsaid, name);
  const found = given instanceof Uint8Array ? fromFile(given, unsaid, name) : fromTransducerGraphs(given, name);
  requireFinite(found, name);
  return { checkpoint: toCheckpoint(found, symbols, name), notes: found.notes };
}

function fromFile(bytes: Uint8Array, unsaid: Unsaid, name: string): ForeignModel {
  requireData(bytes, name);
  const isSafetensors = bytes[SAFETENSORS_HEADER] === OPEN_OBJECT;
  if (isSafetensors) return fromSafetensors(readSafetensors(bytes, name), unsaid, name);
  requireNothingGiven(unsaid, name);
  return readOnnx(bytes, name);
}

/** A safetensors file has an object of JSON here. An ONNX file begins with its version and its producer's name. */
const SAFETENSORS_HEADER = 8;
const OPEN_OBJECT = 0x7b;

/** The first bytes of files that people are likely to try. */
const KNOWN: readonly { readonly start: readonly number[]; readonly what: string }[] = [
  {
    start: [0x50, 0x4b],
    what: 'a zip archive, as torch.save makes them: it holds a program (a pickle), which is never run; save it as safetensors instead (src/exchange/README.md has the two lines of Python)',
  },
  {
    start: [0x80],
    what: 'a pickle, which is a program and is never run; save it as safetensors instead (src/exchange/README.md has the two lines of Python)',
  },
  { start: [0x89, 0x48, 0x44, 0x46], what: 'an HDF5 file; safetensors and ONNX files can be imported' },
  { start: [0x3c], what: 'a web page; open it in a browser, and save its model there as a checkpoint' },
  { start: [OPEN_OBJECT], what: 'JSON; a checkpoint of this program needs no import' },
];

function requireData(bytes: Uint8Array, name: string): void {
  const known = KNOWN.find(
    ({ start }) => start.every((byte, at) => bytes[at] === byte) && bytes[SAFETENSORS_HEADER] !== OPEN_OBJECT,
  );
  if (known) throw new UserError(`${name}: is ${known.what}`);
}

function fromSafetensors(file: TensorFile, unsaid: Unsaid, name: string): ForeignModel {
  const metadata = readMetadata(file.metadata, name);
  if (metadata) {
    requireNothingGiven(unsaid, name);
    const config = metadata.model;
    return { config, parameters: fromPyTorch(config, file.tensors, name), metadata, notes: file.notes };
  }
  if (hasOwnNames(file)) return fromOwnNames(file, unsaid, name);
  const { config, tensors, notes } = findModel(file, unsaid, name);
  const parameters = fromPyTorch(config, tensors, name);
  return { config, parameters, metadata, notes: [...file.notes, ...notes] };
}

/** A checkpoint has only finite numbers. */
function requireFinite({ config, parameters }: ForeignModel, name: string): void {
  const bad = findNotFinite(parameters);
  if (bad < 0) return;
  const view = new Manifest(config).views.find(({ offset, size }) => bad < offset + size)!;
  throw refusal(
    name,
    `the tensor that becomes ${view.name} has ${parameters[bad]} at ${bad - view.offset}; a model needs finite numbers`,
  );
}

function toCheckpoint(
  { config, parameters, metadata }: ForeignModel,
  symbols: SymbolList | undefined,
  name: string,
): Checkpoint {
  if (metadata) {
    const { vocabulary, run, model } = metadata;
    if (symbols !== undefined)
      throw new UsageError(message`${name}: the file says which symbols it has; leave out ${option('symbols')}`);
    return { model, vocabulary, run, parameters, resume: undefined };
  }
  if (symbols === undefined) {
    throw new UserError(
      message`${name}: it does not say which ${config.symbols} symbols the model reads; give them in the order of their ids with ${option('symbols')}`,
    );
  }
  const sorted = sortSymbols(listSymbols(symbols), config, parameters, name);
  const vocabulary: Json = toJson(sorted.vocabulary.toJSON());
  return {
    model: config,
    vocabulary,
    run: unknownRun(config, sorted.vocabulary),
    parameters: sorted.parameters,
    resume: undefined,
  };
}
