import { UserError } from '../errors.ts';
import { prepareKernels } from '../host/kernels.browser.ts';
import { LanguageModel } from '../library/language-model.ts';
import { PairModel } from '../library/pair-model.ts';
import { type Checkpoint, parseCheckpoint } from '../nn/checkpoint.ts';

/**
 * Where a checkpoint is: its JSON as text or as bytes, the file that a visitor chose, what `JSON.parse` made of it, an address to fetch it from,
 * or what a run's `snapshot` gave.
 */
export type ModelSource = string | URL | Uint8Array | Blob | object;

/**
 * Gets a model of texts ready. UserError, in a sentence, where the checkpoint can't be had, is damaged, is of a newer version, or is of a model
 * of pairs. It is checked as on the command line, and nothing in it is ever run.
 *
 * @param name names the model in messages
 */
export async function load(source: ModelSource, name?: string): Promise<LanguageModel> {
  const { checkpoint, label } = await open(source, name);
  return new LanguageModel(checkpoint, label);
}

/** Gets a model of pairs ready. UserError as for `load`, and where the checkpoint is of a model of texts. */
export async function loadPairs(source: ModelSource, name?: string): Promise<PairModel> {
  const { checkpoint, label } = await open(source, name);
  return new PairModel(checkpoint, label);
}

/** Gets a model of texts or of pairs ready, whichever the checkpoint is of. UserError as for `load`. */
export async function loadModel(source: ModelSource, name?: string): Promise<LanguageModel | PairModel> {
  const { checkpoint, label } = await open(source, name);
  return checkpoint.model.pairs ? new PairModel(checkpoint, label) : new LanguageModel(checkpoint, label);
}

async function open(source: ModelSource, name: string | undefined): Promise<{ checkpoint: Checkpoint; label: string }> {
  const label = name ?? nameOf(source);
  const [checkpoint] = await Promise.all([readCheckpoint(source, label), prepareKernels()]);
  return { checkpoint, label };
}

/** The checkpoint of a source, checked. UserError as for `load`. */
export async function readCheckpoint(source: ModelSource, name = nameOf(source)): Promise<Checkpoint> {
  if (isCheckpoint(source)) return { ...source, parameters: source.parameters.slice() };
  if (source instanceof Uint8Array) return parseCheckpoint(source, name);
  if (source instanceof Blob) return parseCheckpoint(new Uint8Array(await source.arrayBuffer()), name);
  if (source instanceof URL || (typeof source === 'string' && !isJson(source)))
    return parseCheckpoint(await fetched(source, name), name);
  return parseCheckpoint(typeof source === 'string' ? source : JSON.stringify(source), name);
}

/** What a snapshot is, and a file is not: its parameters are numbers already. Its tensors are views, so it is copied. */
function isCheckpoint(source: ModelSource): source is Checkpoint {
  return typeof source === 'object' && (source as Partial<Checkpoint>).parameters instanceof Float32Array;
}

function isJson(text: string): boolean {
  return /^\s*\{/.test(text);
}

function nameOf(source: ModelSource): string {
  if (source instanceof URL) return source.href;
  if (typeof source === 'string' && !isJson(source)) return source;
  return source instanceof File ? source.name : 'the checkpoint';
}

async function fetched(address: string | URL, name: string): Promise<Uint8Array> {
  let why: string;
  try {
    const response = await fetch(address);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    why = `the server answers ${response.status}`;
  } catch (cause) {
    why = (cause as Error).message;
  }
  throw new UserError(`${name}: can't be loaded: ${why}; check the address, or open the file`);
}
