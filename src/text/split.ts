import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Corpus } from './corpus.ts';
import type { Ids } from './ids.ts';

/** A stretch of a text: a view of the corpus's ids. */
export interface StreamPart {
  readonly mode: 'stream';
  readonly ids: Ids;
  /** Predictions it has: every symbol but the first. */
  readonly targets: number;
}

/** Some lines of a corpus, by their numbers, ascending. `ids` and `lineStarts` are the corpus's own: see `Corpus`. */
export interface LinePart {
  readonly mode: 'lines';
  readonly ids: Ids;
  readonly lineStarts: Uint32Array;
  readonly lines: Uint32Array;
  /** Predictions they have: every symbol and every `<stop>`. */
  readonly targets: number;
}

export type Part = StreamPart | LinePart;

export interface SplitOptions {
  /** Below 1, a fraction of the corpus; from 1, a number of symbols (stream) or lines. 0 if not given. */
  readonly validation?: number;
  /** Likewise. */
  readonly test?: number;
  /** Decides which lines go where. */
  readonly seed?: string | number;
}

export interface Split {
  readonly train: Part;
  readonly validation: Part;
  readonly test: Part;
  /** What was asked for and couldn't be had, in a sentence each: "3 lines are too few for a validation part of 10 %". */
  readonly notes: readonly string[];
}

/**
 * Parts a corpus for training, validation and testing. With n symbols or lines, and v and t the numbers for validation
 * and test that the options ask for:
 *
 * - a stream is cut in that order: ⌊n − v − t⌋ symbols for training, ⌊t⌋ at the end for testing, validation between;
 * - lines are shuffled by the seed, and v and t of them, rounded, are set aside.
 *
 * A part too small to hold a prediction is left empty, and its symbols go to training: `notes` says so. Training always
 * keeps at least a line, or two symbols. UserError for an option that is no fraction or count, or leaves nothing for training.
 */
export function splitCorpus(corpus: Corpus, options: SplitOptions = {}): Split {
  const { validation = 0, test = 0, seed = 0 } = options;
  const { ids, lineStarts } = corpus;
  const total = lineStarts ? lineStarts.length - 1 : ids.length;
  const of = lineStarts ? 'lines' : 'symbols';
  const wanted = { validation: amount('validation', validation, total), test: amount('test', test, total) };
  if (validation >= 1 || test >= 1 ? wanted.validation + wanted.test >= total : validation + test >= 1) {
    throw new UserError(
      `validation (${validation}) and test (${test}) leave nothing to train on of ${total} ${of}; ask for less`,
    );
  }
  const cut = lineStarts ? cutLines(total, wanted) : cutStream(total, wanted);
  const notes = (['validation', 'test'] as const)
    .filter((name) => wanted[name] > 0 && cut[name] === 0)
    .map((name) => `${total} ${of} are too few for a ${name} part of ${asked(name === 'test' ? test : validation)}`);

  if (!lineStarts) {
    const end = cut.train + cut.validation;
    return {
      train: streamPart(ids.subarray(0, cut.train)),
      validation: streamPart(ids.subarray(cut.train, end)),
      test: streamPart(ids.subarray(end)),
      notes,
    };
  }
  const order = new Uint32Array(total);
  for (let line = 0; line < total; line++) order[line] = line;
  if (cut.train < total) new Random(`${seed}/split`).shuffle(order);
  const end = cut.train + cut.validation;
  return {
    train: linePart(ids, lineStarts, order.subarray(0, cut.train)),
    validation: linePart(ids, lineStarts, order.subarray(cut.train, end)),
    test: linePart(ids, lineStarts, order.subarray(end)),
    notes,
  };
}

/** All of a corpus as one part. */
export function wholeCorpus(corpus: Corpus): Part {
  return splitCorpus(corpus).train;
}

interface Cut {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Products such as 10 · (1 − 0.9) come out below the whole number they mean by less than this. */
const ROUNDING = 1e-6;

function cutStream(total: number, wanted: { validation: number; test: number }): Cut {
  const held = total - Math.max(2, Math.floor(total - wanted.validation - wanted.test + ROUNDING));
  let test = wanted.validation === 0 ? held : Math.min(held, Math.floor(wanted.test + ROUNDING));
  if (wanted.test === 0) test = 0;
  const validation = held - test;
  // A single symbol has nothing to be predicted from.
  const kept = { validation: validation < 2 ? 0 : validation, test: test < 2 ? 0 : test };
  return { train: total - kept.validation - kept.test, ...kept };
}

function cutLines(total: number, wanted: { validation: number; test: number }): Cut {
  const validation = Math.min(Math.round(wanted.validation), total - 1);
  const test = Math.min(Math.round(wanted.test), total - 1 - validation);
  return { train: total - validation - test, validation, test };
}

function streamPart(ids: Ids): StreamPart {
  return { mode: 'stream', ids, targets: Math.max(0, ids.length - 1) };
}

function linePart(ids: Ids, lineStarts: Uint32Array, lines: Uint32Array): LinePart {
  lines.sort();
  let targets = 0;
  for (const line of lines) targets += lineStarts[line + 1]! - lineStarts[line]!;
  return { mode: 'lines', ids, lineStarts, lines, targets };
}

function amount(name: string, value: number, total: number): number {
  if (value >= 0 && value < 1) return value * total;
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UserError(`${name} must be a fraction below 1 or a whole number, not ${value}`);
}

function asked(value: number): string {
  return value < 1 ? `${Number((100 * value).toPrecision(6))} %` : `${value}`;
}
