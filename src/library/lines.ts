import { UserError } from '../errors.ts';
import { openSource } from '../text/sources.ts';

/** A line of a file: its number, from 1, and its text without the line end; undefined where it isn't UTF-8. */
export interface Line {
  readonly number: number;
  readonly text: string | undefined;
}

const PIECE_BYTES = 1 << 16;
const NEWLINE = 10;

/** The lines of a file, or of standard input for `-`, as they come: some at a time, so that a slow writer is answered. */
export async function* readLines(path: string): AsyncGenerator<readonly Line[]> {
  const source = await openSource(path, process.stdin, PIECE_BYTES);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  const line = (bytes: Uint8Array): Line => {
    number++;
    try {
      return { number, text: decoder.decode(bytes).replace(/\r$/u, '') };
    } catch {
      return { number, text: undefined };
    }
  };
  let rest: Uint8Array[] = [];
  try {
    for await (const piece of source.pieces) {
      const lines: Line[] = [];
      let start = 0;
      for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
        lines.push(line(Buffer.concat([...rest, piece.subarray(start, end)])));
        rest = [];
        start = end + 1;
      }
      if (start < piece.length) rest.push(piece.slice(start));
      if (lines.length > 0) yield lines;
    }
    if (rest.length > 0) yield [line(Buffer.concat(rest))];
  } finally {
    await source.close();
  }
}

/** The whole of a file, or of standard input for `-`. UserError where it isn't UTF-8. */
export async function readText(path: string): Promise<string> {
  const source = await openSource(path, process.stdin, PIECE_BYTES);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  try {
    for await (const piece of source.pieces) text += decoder.decode(piece, { stream: true });
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new UserError(`${source.name}: not UTF-8; convert it`, { cause: error });
    throw error;
  } finally {
    await source.close();
  }
}
