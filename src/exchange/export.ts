import { extname } from 'node:path';
import { message, option, UsageError, UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { parseOptions } from '../schema.ts';
import type { Corpus } from '../text/corpus.ts';
import { type Files, writeFile, writeFolder } from './files.ts';
import { writeMetadata } from './metadata.ts';
import { toMl5 } from './ml5.ts';
import { toOnnx, toOnnxFolder } from './onnx-export.ts';
import { TRANSDUCER_FILES } from './onnx-graphs.ts';
import { type ExportOptions, exportSchema, FILE_FORMATS, FORMATS, type Format } from './options.ts';
import { toPage } from './page.ts';
import { type PageWords, requireHalf } from './page-model.ts';
import { hasTorchModule, toPyTorch } from './pytorch.ts';
import { toPyTorchFolder } from './pytorch-folder.ts';
import { writeSafetensors } from './safetensors.ts';

/** The format that was written, and notes for the user, one sentence each. */
export interface Exported {
  readonly format: Format;
  readonly notes: readonly string[];
}

/**
 * Writes a model in another form: a file; or a folder for ml5, for pytorch, and for a transducer as onnx. Nothing is overwritten. If writing fails,
 * nothing is left. UserError for a model that the format cannot hold, and for a path that is taken or cannot be written.
 *
 * @param corpus only for `pytorch`: the text on which training goes on, read with the checkpoint's vocabulary
 * @param words what a page says of the model
 */
export function exportModel(
  checkpoint: Checkpoint,
  path: string,
  options: ExportOptions = {},
  corpus?: Corpus,
  words: PageWords = { name: 'A model', facts: [] },
): Exported {
  const { to, half } = parseOptions(exportSchema, options);
  const format = formatOf(path, to);
  if (corpus && format !== 'pytorch') {
    throw new UsageError(
      message`${option('text')} is for a folder to train on with PyTorch, not for ${format}; leave it out`,
    );
  }
  if (half && format !== 'html')
    throw new UsageError(message`${option('half')} is for html, not for ${format}; leave it out`);
  if (half) requireHalf(checkpoint);
  requireFormat(checkpoint, format);
  switch (format) {
    case 'safetensors':
      writeFile(path, safetensorsOf(checkpoint));
      break;
    case 'onnx':
      if (isTransducer(checkpoint)) writeFolder(path, toOnnxFolder(checkpoint));
      else writeFile(path, [toOnnx(checkpoint)]);
      break;
    case 'html':
      writeFile(path, toPage(checkpoint, words, half ? 'float16' : 'float32'));
      break;
    case 'ml5':
      writeFolder(path, toMl5(checkpoint));
      break;
    case 'pytorch':
      writeFolder(path, folderOf(checkpoint, corpus));
      break;
  }
  return { format, notes: notesOn(checkpoint, format) };
}

/** The format that is asked for, or else the one that the file's ending names. UsageError where they differ: the file could not be told by its name. */
export function formatOf(path: string, asked?: Format): Format {
  const ending = extname(path).slice(1).toLowerCase();
  const named = FILE_FORMATS.find((each) => each === ending);
  if (asked && named && asked !== named) {
    throw new UsageError(
      message`${path}: its ending names ${named}, and ${option('to')} ${asked}; give another ending, or leave out ${option('to')}`,
    );
  }
  const format = asked ?? named;
  if (format) return format;
  const endings = FILE_FORMATS.map((each) => `.${each}`).join(', ');
  throw new UsageError(
    message`${path}: its ending names no format; end it in one of ${endings}, or say one of ${FORMATS.join(', ')} with ${option('to')}`,
  );
}

/** The formats that hold models of pairs, too. */
const FORMATS_OF_PAIRS: readonly Format[] = ['safetensors', 'onnx', 'html'];

/** UserError where the format holds only models of texts. */
function requireFormat({ model: { pairs } }: Checkpoint, format: Format): void {
  if (!pairs || FORMATS_OF_PAIRS.includes(format)) return;
  const possible = FORMATS_OF_PAIRS.join(', ');
  throw new UserError(
    `a model of pairs (task ${pairs.task}) can't be exported as ${format}; export it as one of ${possible}`,
  );
}

function isTransducer({ model }: Pick<Checkpoint, 'model'>): boolean {
  return model.pairs?.task === 'transduce';
}

/** The pieces of a safetensors file of a checkpoint. */
export function safetensorsOf(checkpoint: Checkpoint): Uint8Array[] {
  const { model, parameters } = checkpoint;
  return writeSafetensors(toPyTorch(model, parameters), writeMetadata(checkpoint));
}

function folderOf(checkpoint: Checkpoint, corpus: Corpus | undefined): Files {
  if (corpus) return toPyTorchFolder(checkpoint, corpus);
  throw new UsageError(
    message`a folder for PyTorch needs the text to go on training with; name it with ${option('text')}`,
  );
}

function notesOn({ model }: Checkpoint, format: Format): string[] {
  if (format === 'onnx' && isTransducer({ model })) {
    return [`a transducer is two graphs, in a folder: ${Object.values(TRANSDUCER_FILES).join(' and ')}`];
  }
  if (format !== 'safetensors' || hasTorchModule(model)) return [];
  const cell = model.cell === 'gru' ? 'GRU that resets before the product' : `${model.activation} RNN`;
  const instead = model.pairs
    ? 'the file can be imported here, and a program that reads it elsewhere needs a module of its own'
    : "the file's tensors fit the one in train.py, which the format pytorch writes; ONNX has an operator";
  return [`PyTorch has no module for a ${cell}: ${instead}`];
}
