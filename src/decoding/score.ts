import type { Range } from '../kernel/team.ts';
import { notANumber } from './log-softmax.ts';
import { copyRow, type Reader, type RowStates } from './reader.ts';

/** A text to be scored. The model reads `start`, and then predicts each symbol of `ids` from those before it. */
export interface Sequence {
  readonly start: number;
  readonly ids: ArrayLike<number>;
}

/** A long sequence is divided into parts, one for each row. Each part has at least this many symbols. */
const LEAST_PART = 8192;

/**
 * The most parts of a sequence. Six rows fill a tile of the kernels, and a symbol takes no less time with more rows (`Reader`). But parts are
 * read again until the state at their start is forgotten. A cell of an LSTM may take 20,000 symbols for that, and the longer a part is, the
 * smaller is the share that is read again.
 */
const MOST_PARTS = 6;

/** How many symbols a row reads before its part, to come close to the true state at the start of the part. */
const WARM_UP = 256;

/** States are compared after so many reads from the start of a part, and then each time that this share more has been read. */
const MARKS = { first: 4, growth: 1.15 };

/** −log p in nats of every symbol of each sequence, in order; each sequence starts from s₀ = 0. UserError where p is not a number. */
export function scoreSequences(reader: Reader, sequences: readonly Sequence[]): Float32Array[] {
  const losses = sequences.map(({ ids }) => new Float32Array(ids.length));
  const short = [...sequences.keys()].filter((at) => sequences[at]!.ids.length < 2 * LEAST_PART);
  scoreShort(
    reader,
    short.map((at) => sequences[at]!),
    short.map((at) => losses[at]!),
  );
  for (const [at, sequence] of sequences.entries()) {
    if (sequence.ids.length >= 2 * LEAST_PART) scoreLong(reader, sequence, losses[at]!);
  }
  for (const each of losses) if (each.some(Number.isNaN)) throw notANumber();
  return losses;
}

/** Each row reads one sequence after the other. No more rows are read than there are sequences. */
function scoreShort(reader: Reader, sequences: readonly Sequence[], losses: readonly Float32Array[]): void {
  const { steps, inputs, targets, keep } = reader;
  const rows = Math.min(reader.rows, sequences.length);
  const current = Array.from({ length: rows }, () => ({ index: -1, at: 0 }));
  let taken = 0;
  let left = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
  while (left > 0) {
    const places: { position: number; index: number; at: number }[] = [];
    for (let place = 0; place < steps * rows; place++) {
      const row = current[place % rows]!;
      const position = Math.floor(place / rows) * reader.rows + (place % rows);
      const isOver = row.index < 0 || row.at === sequences[row.index]!.ids.length;
      while (isOver && taken < sequences.length && sequences[taken]!.ids.length === 0) taken++;
      if (isOver && taken < sequences.length) Object.assign(row, { index: taken++, at: 0 });
      const sequence = row.index < 0 ? undefined : sequences[row.index]!;
      const isInside = sequence !== undefined && row.at < sequence.ids.length;
      keep[position] = isInside && row.at === 0 ? 0 : 1;
      inputs[position] = isInside ? symbolBefore(sequence, row.at) : 0;
      targets[position] = isInside ? sequence.ids[row.at]! : -1;
      if (!isInside) continue;
      places.push({ position, ...row });
      row.at++;
      left--;
    }
    const found = reader.read(steps, { start: 0, end: rows });
    for (const { position, index, at } of places) losses[index]![at] = found[position]!;
  }
}

function symbolBefore({ start, ids }: Sequence, at: number): number {
  return at === 0 ? start : ids[at - 1]!;
}

/** What is known of the parts of a divided sequence. */
interface Division {
  readonly parts: number;
  /** Symbols of a part. */
  readonly size: number;
  /** The state of every part at each mark, by the number of symbols before the mark. The last mark is the end of the part. */
  readonly trail: ReadonlyMap<number, RowStates>;
}

/**
 * Divides a sequence among the rows. The first state of a part isn't known until the part before it has been read. So each part begins a
 * little earlier, with the state 0, whose influence fades. Then each part is read again from the state in which the part before it
 * ended. From the mark on where both readings have the same state, but for rounding, both have the same losses. A part that comes to no
 * such mark is read to its end, and the part after it once more.
 *
 * Losses alone would not do: a network can remember a symbol for thousands of steps before the symbol changes a loss.
 */
function scoreLong(reader: Reader, sequence: Sequence, losses: Float32Array): void {
  const { length } = losses;
  const parts = Math.min(MOST_PARTS, Math.floor(length / LEAST_PART));
  const size = Math.ceil(length / parts);
  const trail = new Map<number, RowStates>();
  const all = { start: 0, end: parts };
  const take = (_row: number, at: number, loss: number): void => {
    losses[at] = loss;
  };
  readParts(reader, sequence, { size, from: -WARM_UP, rows: all }, take, (place) => {
    if (place === size || isMark(place, reader.steps)) trail.set(place, reader.saveStates(all));
    return true;
  });
  const division = { parts, size, trail };
  let wrong: ReadonlySet<number> = new Set(Array.from({ length: parts - 1 }, (_, index) => index + 1));
  while (wrong.size > 0) wrong = readAgain(reader, sequence, losses, division, wrong);
}

/** Reads parts again, each from the end of the part before it. Returns those that must be read again: the part before them has another end. */
function readAgain(
  reader: Reader,
  sequence: Sequence,
  losses: Float32Array,
  { parts, size, trail }: Division,
  wrong: ReadonlySet<number>,
): ReadonlySet<number> {
  const rows = { start: Math.min(...wrong), end: Math.max(...wrong) + 1 };
  for (const row of wrong) reader.loadState(row, trail.get(size)!, row - 1);
  const open = new Set(wrong);
  const take = (row: number, at: number, loss: number): void => {
    if (open.has(row)) losses[at] = loss;
  };
  readParts(reader, sequence, { size, from: 0, rows }, take, (place) => {
    const before = trail.get(place);
    if (!before) return true;
    const now = reader.saveStates({ start: 0, end: parts });
    for (const row of open) {
      if (reader.isSameState(before, now, row)) open.delete(row);
      else copyRow(before, now, row, parts);
    }
    return open.size > 0;
  });
  return new Set([...open].map((row) => row + 1).filter((row) => row < parts));
}

/** Whether states are compared after so many symbols of a part. */
function isMark(place: number, steps: number): boolean {
  for (let reads = MARKS.first; reads * steps <= place; reads = Math.ceil(reads * MARKS.growth)) {
    if (reads * steps === place) return true;
  }
  return false;
}

interface Stretch {
  /** Symbols of a part. */
  readonly size: number;
  /** Where in its part each row begins; before it, where negative: with the state 0 then. */
  readonly from: number;
  readonly rows: Range;
}

/**
 * Reads parts side by side. `take` is given each loss, with its part (the row) and the place of its symbol in the sequence. After each read,
 * `goesOn` is given the number of symbols of a part that have been read; where it returns false, that is enough.
 */
function readParts(
  reader: Reader,
  sequence: Sequence,
  { size, from, rows }: Stretch,
  take: (row: number, at: number, loss: number) => void,
  goesOn: (place: number) => boolean,
): void {
  const { steps, inputs, targets, keep } = reader;
  const { length } = sequence.ids;
  for (let first = from; first < size; first += steps) {
    const count = Math.min(steps, size - first);
    for (let step = 0; step < count; step++) {
      for (let row = rows.start; row < rows.end; row++) {
        const at = row * size + first + step;
        const position = step * reader.rows + row;
        const isInside = at >= 0 && at < length;
        inputs[position] = isInside ? symbolBefore(sequence, at) : 0;
        targets[position] = isInside && first + step >= 0 ? sequence.ids[at]! : -1;
        keep[position] = (first + step === from && from < 0) || at === 0 ? 0 : 1;
      }
    }
    const found = reader.read(count, rows);
    for (let step = Math.max(0, -first); step < count; step++) {
      for (let row = rows.start; row < rows.end; row++) {
        const at = row * size + first + step;
        if (at < length) take(row, at, found[step * reader.rows + row]!);
      }
    }
    if (!goesOn(first + count)) return;
  }
}
