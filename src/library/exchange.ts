import { join } from 'node:path';
import { inOption, message, option, UsageError, UserError } from '../errors.ts';
import { type Exported, exportModel as exportCheckpoint, formatOf } from '../exchange/export.ts';
import { readBounded, readFolder, requireFree } from '../exchange/files.ts';
import { importModel as importCheckpoint } from '../exchange/import.ts';
import { TRANSDUCER_FILES } from '../exchange/onnx-graphs.ts';
import type { PageWords } from '../exchange/page-model.ts';
import type { SymbolList } from '../exchange/symbols.ts';
import { saveCheckpoint } from '../nn/checkpoint-file.ts';
import { parseOptions, requirePath } from '../schema.ts';
import { readCorpus } from '../text/read-corpus.ts';
import {
  type ExportRequest,
  exportRequestSchema,
  type ImportRequest,
  importRequestSchema,
} from './exchange-options.ts';
import { factRows } from './facts.ts';
import { halfChange } from './half-change.ts';
import { inspect, requireModel, shortName } from './inspect.ts';
import { LanguageModel } from './language-model.ts';
import { FOLDER, modelPath, nameOf } from './names.ts';
import { PairModel } from './pair-model.ts';
import { savedPair } from './saved-model.ts';
import { statOf } from './stat-of.ts';

export type { Exported } from '../exchange/export.ts';
export type { ExportRequest, ImportRequest } from './exchange-options.ts';

/** A model that was imported, where it was saved, and what is to be said of how it was read. */
export interface ImportedModel {
  readonly model: LanguageModel | PairModel;
  readonly path: string;
  readonly notes: readonly string[];
}

/**
 * Writes a model in another form: a file (safetensors, ONNX, a page) or a folder (ml5, PyTorch, a transducer as ONNX). Nothing is overwritten.
 * src/exchange/README.md says what is in each. UserError for a model that the format can't hold, and for a path that is taken.
 */
export async function exportModel(
  model: LanguageModel | PairModel,
  path: string,
  request: ExportRequest = {},
): Promise<Exported> {
  requireModel(model);
  const { text, to, half } = parseOptions(exportRequestSchema, request);
  requirePath(path);
  requireFree(path);
  const format = formatOf(path, to);
  if (format === 'html') {
    if (text && !half)
      throw new UsageError(message`${option('text')} is for a page with ${option('half')}; leave it out`);
    // First, since nothing is written where the text can't be read.
    const change = half ? [await halfChange(model, text)] : [];
    const { notes } = exportCheckpoint(model.checkpoint, path, { to, half }, undefined, wordsOn(model));
    return { format, notes: [...notes, ...change] };
  }
  if (text && model instanceof PairModel) {
    throw new UsageError(
      message`${option('text')} is for a model of texts, and ${model.name} is of pairs; leave it out`,
    );
  }
  const corpus = text && (await readCorpus(text, { vocabulary: model.vocabulary }));
  return exportCheckpoint(model.checkpoint, path, { to, half }, corpus);
}

/** What a page says of a model. The path of its file is left out: the page may go far. */
function wordsOn(model: LanguageModel | PairModel): PageWords {
  const facts = factRows(inspect(model instanceof PairModel ? savedPair(model) : model));
  return { name: shortName(model), facts: facts.filter(([name]) => name !== 'checkpoint') };
}

/**
 * Reads a model from a safetensors or an ONNX file, or a transducer from its folder of ONNX files, and saves it as a checkpoint. Nothing is
 * overwritten. UserError for what can't be imported.
 */
export function importModel(path: string, request: ImportRequest = {}): ImportedModel {
  requirePath(path);
  const { symbols, out: asked, ...unsaid } = parseOptions(importRequestSchema, request);
  const out = asked === undefined ? defaultPath(path) : modelPath(asked);
  requireFree(out);
  const list = symbols === undefined ? undefined : inOption('symbols', () => readSymbols(symbols));
  const given = statOf(path)?.isDirectory() ? readFolder(path, TRANSDUCER_FILES) : readBounded(path);
  const { checkpoint, notes } = importCheckpoint(given, path, { ...unsaid, symbols: list as string });
  saveCheckpoint(out, checkpoint);
  const model = checkpoint.model.pairs ? new PairModel(checkpoint, out) : new LanguageModel(checkpoint, out);
  return { model, path: out, notes };
}

function defaultPath(path: string): string {
  return join(FOLDER, `${nameOf(path)}.json`);
}

/** The largest file of symbols: JSON of the largest vocabulary there is. */
const LARGEST_LIST = 64 * 1024 * 1024;

/** A list of symbols: the word `printable`, or what a file has. */
function readSymbols(given: string): SymbolList {
  if (given === 'printable') return given;
  const bytes = readBounded(given);
  if (bytes.length > LARGEST_LIST)
    throw new UserError(`${given}: has ${bytes.length} bytes, more than any list of symbols`);
  const text = bytes.toString('utf8');
  if (!given.toLowerCase().endsWith('.json')) return text;
  try {
    return JSON.parse(text) as SymbolList;
  } catch (cause) {
    throw new UserError(
      message`${given}: is no JSON; ${option('symbols')} takes a list or a record, or a text under another ending`,
      { cause },
    );
  }
}
