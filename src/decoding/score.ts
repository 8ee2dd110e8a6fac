import { notANumber } from './log-softmax.ts';
import type { Reader } from './reader.ts';

/** A text to be scored. The model reads `start`, and then predicts each symbol of `ids` from those before it. */
export interface Sequence {
  readonly start: number;
  readonly ids: ArrayLike<number>;
}

/** A long sequence is divided into parts, one for each row. Each part has at least this many symbols. */
const LEAST_PART = 2048;

/** How many symbols a row reads before its part, to come close to the true state at the start of the part. */
const WARM_UP = 256;

/** Two readings of a part agree when this many losses in a row differ by no more than `nats`. */
const AGREED = { symbols: 32, nats: 1e-5 };

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

/** Each row reads one sequence after the other. */
function scoreShort(reader: Reader, sequences: readonly Sequence[], losses: readonly Float32Array[]): void {
  const { rows, steps, inputs, targets, keep } = reader;
  const current = Array.from({ length: rows }, () => ({ index: -1, at: 0 }));
  let taken = 0;
  let left = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
  while (left > 0) {
    const places: { index: number; at: number }[] = [];
    for (let position = 0; position < steps * rows; position++) {
      const row = current[position % rows]!;
      const isOver = row.index < 0 || row.at === sequences[row.index]!.ids.length;
      while (isOver && taken < sequences.length && sequences[taken]!.ids.length === 0) taken++;
      if (isOver && taken < sequences.length) Object.assign(row, { index: taken++, at: 0 });
      const sequence = row.index < 0 ? undefined : sequences[row.index]!;
      const isInside = sequence !== undefined && row.at < sequence.ids.length;
      keep[position] = isInside && row.at === 0 ? 0 : 1;
      inputs[position] = isInside ? symbolBefore(sequence, row.at) : 0;
      targets[position] = isInside ? sequence.ids[row.at]! : -1;
      places.push({ ...row });
      if (!isInside) continue;
      row.at++;
      left--;
    }
    const found = reader.read(steps);
    for (const [position, { index, at }] of places.entries()) {
      if (targets[position]! >= 0) losses[index]![at] = found[position]!;
    }
  }
}

function symbolBefore({ start, ids }: Sequence, at: number): number {
  return at === 0 ? start : ids[at - 1]!;
}

/**
 * Divides a sequence among the rows. The first state of a part is not known until the part before it has been read. Each row
 * therefore begins a little before its part, with the state 0, whose influence fades. Then each part is read again, from the state in
 * which the part before it ended, until the losses agree with those of the first reading. If they never agree, the part is read again to its
 * end, and the next part is read again after it. The losses therefore equal those of reading from end to end, up to `AGREED`.
 */
function scoreLong(reader: Reader, sequence: Sequence, losses: Float32Array): void {
  const length = losses.length;
  const parts = Math.min(reader.rows, Math.floor(length / LEAST_PART));
  const size = Math.ceil(length / parts);
  readParts(reader, sequence, { parts, size, from: -WARM_UP }, (at, loss) => {
    losses[at] = loss;
  });
  for (let pass = 1; pass < parts; pass++) {
    const agreed = new Int32Array(parts);
    agreed.fill(AGREED.symbols, 0, pass); // these parts were read from the true state
    reader.shiftStates();
    const isAgreed = () => agreed.every((count) => count >= AGREED.symbols);
    readParts(
      reader,
      sequence,
      { parts, size, from: 0 },
      (at, loss) => {
        const part = Math.floor(at / size);
        if (agreed[part]! >= AGREED.symbols) return;
        agreed[part] = Math.abs(losses[at]! - loss) <= AGREED.nats ? agreed[part]! + 1 : 0;
        losses[at] = loss;
      },
      isAgreed,
    );
    if (isAgreed()) return;
  }
}

interface Parts {
  readonly parts: number;
  readonly size: number;
  /** Where in its part each row begins; before it, where negative: with the state 0 then. */
  readonly from: number;
}

/** Reads all parts side by side until that is enough, and hands over the losses of their symbols. */
function readParts(
  reader: Reader,
  sequence: Sequence,
  { parts, size, from }: Parts,
  take: (at: number, loss: number) => void,
  isEnough: () => boolean = () => false,
): void {
  const { rows, steps, inputs, targets, keep } = reader;
  const { length } = sequence.ids;
  for (let first = from; first < size; first += steps) {
    if (isEnough()) return;
    const count = Math.min(steps, size - first);
    for (let step = 0; step < count; step++) {
      for (let row = 0; row < rows; row++) {
        const at = row * size + first + step;
        const position = step * rows + row;
        const isInside = row < parts && at >= 0 && at < length;
        inputs[position] = isInside ? symbolBefore(sequence, at) : 0;
        targets[position] = isInside && first + step >= 0 ? sequence.ids[at]! : -1;
        keep[position] = (first + step === from && from < 0) || at === 0 ? 0 : 1;
      }
    }
    const found = reader.read(count);
    for (let position = 0; position < count * rows; position++) {
      if (targets[position]! >= 0)
        take((position % rows) * size + first + Math.floor(position / rows), found[position]!);
    }
  }
}
