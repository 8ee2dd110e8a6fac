import { readFileSync } from 'node:fs';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { Corpus } from '../text/corpus.ts';
import { PARTS } from '../text/parts.ts';
import { type Part, splitCorpus } from '../text/split.ts';
import { textParts } from '../training/complete-recipe.ts';
import { fitBatch, fitRun } from '../training/fitting.ts';
import { readRun, toJson } from '../training/record.ts';
import type { Files } from './files.ts';
import { writeMetadata } from './metadata.ts';
import { toPyTorch } from './pytorch.ts';
import { type IntegerTensor, writeSafetensors } from './safetensors.ts';

/** Read as it stands in the source, for it is no TypeScript. */
const PROGRAM = new URL('../../src/exchange/train.py', import.meta.url);

/**
 * A folder with which training goes on in PyTorch: `train.py`, and the model, the text and the recipe that it reads. The recipe is the one that
 * the checkpoint was trained by, with all that the text decides: the parts of the text, the batch, the limits, and the steps between validations.
 *
 * @param corpus read with the checkpoint's vocabulary
 */
export function toPyTorchFolder(checkpoint: Checkpoint, corpus: Corpus): Files {
  const { model, vocabulary, parameters } = checkpoint;
  const { recipe } = readRun(checkpoint, 'the checkpoint');
  const split = splitCorpus(corpus, textParts(recipe));
  const batch = fitBatch(split.train, recipe);
  const { limits, interval } = fitRun({ ...split, targetsPerStep: batch.rows * batch.stride }, recipe);
  const sizes = {
    trainSymbols: split.train.targets,
    validationSymbols: split.validation.targets,
    testSymbols: split.test.targets,
  };
  const { hash, files, mode, characters } = corpus;
  const text = { hash, files, mode, characters, ...sizes };
  const run = toJson({ recipe, corpus: text, origin: null, step: 0, epoch: 0, finishSteps: 0, history: [] });
  const { optimizer, rate, schedule, dropout, averaging, patience = null, clipNorm, clipValue, seed } = recipe;
  const settings = {
    ...batch,
    limits,
    validateEvery: interval,
    ...{ rate, schedule, optimizer, clipNorm, clipValue, dropout, averaging, patience, seed },
    // The symbol that ends a line; null where the text is one long one.
    stop: mode === 'lines' ? corpus.vocabulary.stop : null,
  };
  const parts = PARTS.map((name) => encoded(name, split[name]));
  return new Map<string, readonly (Uint8Array | string)[]>([
    ['model.safetensors', writeSafetensors(toPyTorch(model, parameters), writeMetadata({ model, vocabulary, run }))],
    ['corpus.safetensors', writeSafetensors(parts, new Map())],
    // JSON has no infinity: null clips nothing.
    ['recipe.json', [`${JSON.stringify(settings, null, 2)}\n`]],
    ['train.py', [readFileSync(PROGRAM)]],
  ]);
}

/** A part as numbers of symbols: a text, or `<stop>` line `<stop>` line … `<stop>`. */
function encoded(name: string, part: Part): IntegerTensor {
  const ids = part.mode === 'stream' ? part.ids : joinedLines(part);
  const values = ids instanceof Uint8Array ? ids : Int32Array.from(ids);
  return { name, shape: [values.length], values };
}

function joinedLines({ ids, lines, lineStarts, targets }: Extract<Part, { mode: 'lines' }>): typeof ids {
  const joined = new (ids.constructor as new (length: number) => typeof ids)(lines.length > 0 ? targets + 1 : 0);
  let end = 0;
  // The symbol before the first line is a <stop>, too.
  if (lines.length > 0) joined[end++] = ids[lineStarts[lines[0]!]! - 1]!;
  for (const line of lines) {
    const text = ids.subarray(lineStarts[line], lineStarts[line + 1]);
    joined.set(text, end);
    end += text.length;
  }
  return joined;
}
