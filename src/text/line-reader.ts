import { UserError } from '../errors.ts';
import { MarkRemover } from './byte-order-mark.ts';
import { LINE, RecordAssembly, type RecordPart, RecordSplitter } from './records.ts';
import { sourceName } from './source-name.ts';
import { openSource, type Pieces, type Source } from './sources.ts';
import { splitLines, type Text, textOf } from './text.ts';
import { Utf16Converter } from './utf16.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A line of a file: its number, from 1, and its text without the line end. The text is bytes if the line is not UTF-8. */
export interface Line {
  readonly number: number;
  readonly text: Text;
}

export interface ReadOptions {
  /** Read in the place of standard input. */
  readonly stdin?: Pieces;
  /** UserError for a file that has more bytes than this. Not given, a file of lines may be endless, if no line is. */
  readonly mostBytes?: number | undefined;
  /** Whether UTF-16 is converted. */
  readonly convert?: boolean;
  /** What separates the texts of a file. They are its lines if it is not given. */
  readonly separator?: Text;
}

/** How the files of a model are read: UTF-16 is converted, unless symbols are bytes, and texts are separated as those that it learned from. */
export function readingOf({ unit, separator }: Vocabulary): Required<Pick<ReadOptions, 'convert' | 'separator'>> {
  return { convert: unit !== 'byte', separator };
}

/** The most bytes of one line. A file without newlines may never end. */
const MOST_LINE_BYTES = 1 << 26;

/** The most bytes of a text that is held as a whole: a string can have somewhat more characters, but not twice as many. */
const MOST_WHOLE_BYTES = 1 << 28;

const PIECE_BYTES = 1 << 16;
const NEWLINE = 10;

/**
 * The texts of a file, without those that are empty, or its lines if `separator` is a newline. They come as `readLines` gives lines, with
 * the number of the text in the place of that of the line.
 */
export async function* readTexts(path: string, options: ReadOptions = {}): AsyncGenerator<readonly Line[]> {
  const { separator = LINE } = options;
  if (separator === LINE) {
    yield* readLines(path, options);
    return;
  }
  const splitter = new RecordSplitter(separator);
  const assembly = new RecordAssembly();
  let number = 0;
  const textsOf = (parts: readonly RecordPart[]): Line[] => {
    const texts = parts
      .flatMap((part) => assembly.add(part) ?? [])
      .map((bytes) => ({ number: ++number, text: textOf(bytes) }));
    if (assembly.length > MOST_LINE_BYTES) throw tooLong(path, `text ${number + 1}`);
    return texts;
  };
  for await (const piece of readPieces(path, options)) {
    const texts = textsOf(splitter.write(piece));
    if (texts.length > 0) yield texts;
  }
  yield textsOf(splitter.end());
}

/**
 * The lines of a file, or of standard input for `-`, by the rules of `splitLines`. They come as they are read, some at a time, so that a slow
 * writer is answered. A byte order mark at the start is left out, and UTF-16 is converted. UserError for a file that can't be read,
 * and for a line or a file that is too long.
 */
export async function* readLines(path: string, options: ReadOptions = {}): AsyncGenerator<readonly Line[]> {
  let number = 0;
  let rest: Uint8Array[] = [];
  let held = 0;
  const line = (bytes: Uint8Array): Line => ({ number: ++number, text: textOf(withoutReturn(bytes)) });
  for await (const piece of readPieces(path, options)) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      const part = piece.subarray(start, end);
      lines.push(line(rest.length === 0 ? part : Buffer.concat([...rest, part])));
      rest = [];
      held = 0;
      start = end + 1;
    }
    if (start < piece.length) rest.push(piece.slice(start));
    held += piece.length - start;
    if (held > MOST_LINE_BYTES) throw tooLong(path, `line ${number + 1}`);
    if (lines.length > 0) yield lines;
  }
  if (rest.length === 0) return;
  const last = Buffer.concat(rest);
  if (number > 0) yield [line(last)];
  else yield splitLines(textOf(last)).map((text) => ({ number: ++number, text }));
}

function tooLong(path: string, which: string): UserError {
  const name = sourceName(path);
  return new UserError(
    `${name}: ${which} has more than ${MOST_LINE_BYTES} bytes, the most allowed; give a shorter one`,
  );
}

/** The whole of a file, likewise. It is bytes if it is not UTF-8. */
export async function readWhole(path: string, options: ReadOptions = {}): Promise<Text> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readPieces(path, { mostBytes: MOST_WHOLE_BYTES, ...options })) pieces.push(piece.slice());
  return textOf(Buffer.concat(pieces));
}

/** The bytes of a file without a byte order mark, in UTF-8 if they were UTF-16. The next piece may overwrite the one before. */
async function* readPieces(
  path: string,
  { stdin = process.stdin, mostBytes = Number.POSITIVE_INFINITY, convert = true }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const source = await openSource(path, stdin, PIECE_BYTES);
  try {
    const pieces = converted(source, mostBytes, convert);
    const mark = new MarkRemover();
    for await (const piece of pieces) yield mark.write(piece);
    yield mark.end();
  } finally {
    await source.close();
  }
}

async function* converted({ name, pieces }: Source, mostBytes: number, convert: boolean): AsyncGenerator<Uint8Array> {
  const converter = convert ? new Utf16Converter(name) : undefined;
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > mostBytes) {
      throw new UserError(`${name}: the text has more than ${mostBytes} bytes, the most allowed; give a part of it`);
    }
    yield converter ? converter.write(piece) : piece;
  }
  if (converter) yield converter.end();
}

function withoutReturn(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
}
