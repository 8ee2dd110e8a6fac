import { Chalk, type ChalkInstance, supportsColor, supportsColorStderr } from 'chalk';
import { type Message, UserError } from '../errors.ts';
import { escapeText, stringOf, type Text } from '../library/lines.ts';
import { harmless, harmlessInColours, oneLine } from '../library/words.ts';
import { ReaderGone } from './text.ts';
import { wrapLine } from './wrap.ts';

/** Colours of standard output and standard error: none where the stream is no terminal, or NO_COLOR is set (no-color.org). */
export const paint: ChalkInstance = new Chalk({ level: colourLevel(supportsColor) });
export const paintError: ChalkInstance = new Chalk({ level: colourLevel(supportsColorStderr) });

function colourLevel(support: typeof supportsColor): 0 | 1 | 2 | 3 {
  return process.env.NO_COLOR || !support ? 0 : (support.level as 0 | 1 | 2 | 3);
}

/** Whether standard output is a terminal, which a person reads; what reads a pipe or a file is a program. */
export function isTerminal(): boolean {
  return process.stdout.isTTY === true;
}

/** Whether a terminal does more than write lines. One that calls itself dumb, such as a shell in Emacs, shows control sequences as text. */
export function canMoveCursor(): boolean {
  return process.env.TERM !== 'dumb';
}

/** The columns of a terminal. Infinity where there is no terminal, and for one that does not tell its size: lines have any length then. */
export function terminalColumns(): number {
  return process.stdout.columns || Number.POSITIVE_INFINITY;
}

/** How long text waits in the buffer of `Output` while a stream of it is made. */
const FLUSH_MS = 30;
const FLUSH_LENGTH = 16_384;

/**
 * Standard output, for data alone. Text is sent soon, and whole; waiting for it to be sent lets signals and errors come in. It is the one way
 * to the terminal: control characters that a terminal would obey are escaped, except the colours of `paint`, and unless `raw` is asked for.
 */
export class Output {
  readonly #stream: NodeJS.WriteStream = process.stdout;
  readonly #raw: boolean;
  #waiting: (string | Uint8Array)[] = [];
  #length = 0;
  #flushed = performance.now();

  constructor({ raw = false }: { readonly raw?: boolean | undefined } = {}) {
    this.#raw = raw;
  }

  /** Whether a person reads it. */
  get terminal(): boolean {
    return isTerminal();
  }

  /** Sends text, or bytes as they are, at once where a person reads, else in pieces. */
  async write(data: string | Uint8Array): Promise<void> {
    this.#waiting.push(this.terminal && !this.#raw ? shownSafely(data) : data);
    this.#length += data.length;
    const due = this.terminal || this.#length > FLUSH_LENGTH || performance.now() - this.#flushed > FLUSH_MS;
    if (due) await this.flush();
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** A text as a field of a line (`escapeText`), harmless on a terminal. */
  field(text: Text): string {
    const escaped = escapeText(text);
    return this.terminal && !this.#raw ? harmless(escaped) : escaped;
  }

  /** A line of JSON, in which no control character stands as it is: JSON itself has escapes for half of them only. */
  async json(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value).replace(UNESCAPED, (c) => `\\u00${c.charCodeAt(0).toString(16)}`));
  }

  /** Sends what is left. To be awaited before the command ends. */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting.map((data) => (typeof data === 'string' ? Buffer.from(data) : data)));
    this.#waiting = [];
    this.#length = 0;
    this.#flushed = performance.now();
    if (bytes.length === 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(bytes, (error) => {
        const code = (error as NodeJS.ErrnoException | null | undefined)?.code;
        if (!error) resolve();
        // A pipe's reader, or a terminal's window, was closed.
        else if (code === 'EPIPE' || (code === 'EIO' && this.terminal)) reject(new ReaderGone());
        else reject(new UserError(`standard output can't be written: ${error.message}`, { cause: error }));
      });
    });
  }
}

/** What a terminal is sent: bytes that are not UTF-8 show as U+FFFD. */
function shownSafely(data: string | Uint8Array): string {
  if (typeof data !== 'string') return harmless(stringOf(data));
  return paint.level > 0 ? harmlessInColours(data) : harmless(data);
}

/** Control characters that JSON doesn't escape. */
const UNESCAPED = /[\u007f-\u009f]/g;

/** What went wrong with a part of the work, where the rest goes on. */
export function complain(message: string): void {
  process.stderr.write(`${wrapLine(`rnn: ${oneLine(message)}`, process.stderr.columns)}\n`);
}

/** A remark on standard error. */
export function remark(text: string): void {
  process.stderr.write(`${paintError.dim(wrapLine(harmless(text), process.stderr.columns))}\n`);
}

/** Says what the library has to say, on standard error, with its options as flags; nothing if quiet. */
export function sayer(quiet: boolean, nameOf: (key: string) => string): (note: string | Message) => void {
  if (quiet) return () => {};
  return (note) => remark(typeof note === 'string' ? note : note.text(nameOf));
}
