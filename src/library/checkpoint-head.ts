import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { beginsAsCheckpoint } from '../checkpoint-format.ts';
import { type RunRecord, readRun } from '../training/record.ts';

/** What a checkpoint is, read without its tensors. */
export interface CheckpointHead {
  /** Whether a run can be resumed from it. */
  readonly isState: boolean;
  /** What was run; undefined where it is damaged. */
  readonly run: RunRecord | undefined;
}

/** The key that follows the head of a file. In a string of JSON, its quotation marks would be escaped. */
const TENSORS = /"tensors"\s*:/;

/** Bytes read at once. */
const PIECE = 1 << 16;

/** The longest head that is read: more than a vocabulary of a million symbols and a long history. */
const LONGEST_HEAD = 1 << 28;

/**
 * What the file at a path is. Undefined for what is no checkpoint of this program: what a file is called says nothing. A checkpoint that is
 * damaged is one all the same, so that whoever opens it is told.
 */
export function readHead(path: string): CheckpointHead | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    const text = headOf(file);
    if (!beginsAsCheckpoint(text)) return undefined;
    return { isState: isState(file, stat.size), run: runIn(text) };
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The text of a file up to its tensors; or to its end, if it has none. */
function headOf(file: number): string {
  const pieces: Buffer[] = [];
  let text = '';
  for (let length = 0; length < LONGEST_HEAD; ) {
    const piece = Buffer.allocUnsafe(PIECE);
    const count = readSync(file, piece, 0, PIECE, null);
    if (count === 0) break;
    length += count;
    pieces.push(piece.subarray(0, count));
    // A key may be cut in two by the end of a piece, so the last piece is looked at again.
    const recent = Buffer.concat(pieces.slice(-2)).toString('latin1');
    if (length === count && !beginsAsCheckpoint(recent)) return '';
    if (TENSORS.test(recent)) break;
  }
  text = Buffer.concat(pieces).toString('utf8');
  const end = TENSORS.exec(text);
  return end ? `${withoutComma(text.slice(0, end.index))}}` : text;
}

/** A text without a comma at its end. A pattern that began with spaces would be tried from each space of a damaged file: for hours, in a long row. */
function withoutComma(text: string): string {
  const end = text.trimEnd();
  return end.endsWith(',') ? end.slice(0, -1) : end;
}

/**
 * Whether the file's last part is `"resume"`: then four objects end at its end (a tensor, all tensors, the resume, the file), and else three.
 * A resume without tensors ends in `{}}}`.
 */
function isState(file: number, size: number): boolean {
  const tail = Buffer.alloc(Math.min(size, 4096));
  readSync(file, tail, 0, tail.length, size - tail.length);
  return /(?:\}{4}|\{\}{3})$/.test(tail.toString('latin1').replace(/\s/g, ''));
}

function runIn(head: string): RunRecord | undefined {
  try {
    return readRun(JSON.parse(head), '');
  } catch {
    return undefined;
  }
}
