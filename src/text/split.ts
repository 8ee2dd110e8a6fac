import { grouped } from '../counts.ts';
import { message, option, UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Corpus } from './corpus.ts';
import type { Ids } from './ids.ts';
import { HELD_OUT } from './parts.ts';

/** A section of a stream: a view of the corpus's ids. */
export interface StreamPart {
  readonly mode: 'stream';
  readonly ids: Ids;
  /** The number of predictions: every symbol except the first is predicted. */
  readonly targets: number;
}

/** Some lines of a corpus. `lines` has their numbers in ascending order. `ids` and `lineStarts` are those of the whole corpus (see `Corpus`). */
export interface LinePart {
  readonly mode: 'lines';
  readonly ids: Ids;
  readonly lineStarts: Uint32Array;
  readonly lines: Uint32Array;
  /** The number of predictions: every symbol and every `<stop>` is predicted. */
  readonly targets: number;
}

export type Part = StreamPart | LinePart;

export interface SplitOptions {
  /** The size of the validation part: a fraction of the corpus if it is below 1, else a number of symbols (stream) or lines. Default: 0. */
  readonly validation?: number;
  /** The size of the test part, given in the same way. */
  readonly test?: number;
  /** Decides which lines go to which part. */
  readonly seed?: string | number;
}

export interface Split {
  readonly train: Part;
  readonly validation: Part;
  readonly test: Part;
  /** One sentence for each part that was requested but is empty: "3 lines are too few for a validation part of 10 %". */
  readonly notes: readonly string[];
}

/**
 * Divides a corpus into parts for training, validation and testing. Let n be the number of symbols or lines, and let v and t be the
 * numbers of them that the options request for validation and testing.
 *
 * - A stream is cut into three sections: ⌊n − v − t⌋ symbols for training, then the validation part, and ⌊t⌋ symbols for testing at the
 *   end.
 * - Lines are shuffled by the seed; v of them (rounded) go to validation and t (rounded) to testing.
 *
 * If a part is too small for one prediction, it is left empty, its symbols go to training, and `notes` has a sentence about it. Training
 * always keeps at least one line, or two symbols. UserError if an option is neither a fraction nor a count, or if nothing is left for
 * training.
 */
export function splitCorpus(corpus: Corpus, options: SplitOptions = {}): Split {
  const { validation = 0, test = 0, seed = 0 } = options;
  const { ids, lineStarts } = corpus;
  const total = lineStarts ? lineStarts.length - 1 : ids.length;
  const things = lineStarts ? 'lines' : 'symbols';
  const wanted = { validation: amount('validation', validation, total), test: amount('test', test, total) };
  if (validation >= 1 || test >= 1 ? wanted.validation + wanted.test >= total : validation + test >= 1) {
    throw new UserError(
      message`${option('validation')} ${validation} and ${option('test')} ${test} leave nothing to train on of ${total} ${things}; give smaller numbers`,
    );
  }
  const cut = lineStarts ? cutLines(total, wanted) : cutStream(total, wanted);
  const requested = { validation, test };
  const notes = HELD_OUT.filter((name) => wanted[name] > 0 && cut[name] === 0).map((name) =>
    !lineStarts && requested[name] === 1
      ? `a ${name} part of 1 symbol has none to predict, because its first symbol is only read; give 2 or more, or a share such as 0.05`
      : `${grouped(total)} ${things} are too few for a ${name} part of ${asked(requested[name])}`,
  );

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

/** The whole corpus as one part. */
export function wholeCorpus(corpus: Corpus): Part {
  return splitCorpus(corpus).train;
}

interface Cut {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** A product such as 10 · (1 − 0.9) is a little below its exact whole number. The difference is less than this. */
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
  throw new UserError(message`${option(name)} must be a fraction below 1 or a whole number, not ${value}`);
}

function asked(value: number): string {
  return value < 1 ? `${Number((100 * value).toPrecision(6))} %` : `${value}`;
}
