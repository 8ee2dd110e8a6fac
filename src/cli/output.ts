import { Chalk, type ChalkInstance, supportsColor, supportsColorStderr } from 'chalk';
import { UserError } from '../errors.ts';

/** Colours of standard output and standard error: none where the stream is no terminal, or NO_COLOR is set (no-color.org). */
export const paint: ChalkInstance = new Chalk({ level: colourLevel(supportsColor) });
export const paintError: ChalkInstance = new Chalk({ level: colourLevel(supportsColorStderr) });

function colourLevel(support: typeof supportsColor): 0 | 1 | 2 | 3 {
  return process.env.NO_COLOR || !support ? 0 : (support.level as 0 | 1 | 2 | 3);
}

/** How long text waits in the buffer of `Output` while a stream of it is made. */
const FLUSH_MS = 30;
const FLUSH_LENGTH = 16_384;

/** Thrown by `Output` when the reader has gone, as `head` does: nothing is wrong, and there is nothing more to do. */
export class ReaderGone extends Error {}

/** Standard output, for data alone. Text is sent soon, and whole; waiting for it to be sent lets signals and errors come in. */
export class Output {
  readonly #stream: NodeJS.WriteStream = process.stdout;
  #waiting: (string | Uint8Array)[] = [];
  #length = 0;
  #flushed = performance.now();

  /** Whether a person reads it. */
  get terminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Sends text, or bytes as they are, at once where a person reads, else in pieces. */
  async write(data: string | Uint8Array): Promise<void> {
    this.#waiting.push(data);
    this.#length += data.length;
    const due = this.terminal || this.#length > FLUSH_LENGTH || performance.now() - this.#flushed > FLUSH_MS;
    if (due) await this.flush();
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
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

/** Control characters but for newline and tab, which a terminal would obey. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Those that JSON doesn't escape. */
const UNESCAPED = /[\u007f-\u009f]/g;

/** Text that a terminal shows and doesn't obey: control characters are escaped. */
export function harmless(text: string): string {
  return text.replace(CONTROLS, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Text on one line: a message may name a file or quote an argument that has newlines or obeys other controls. */
export function oneLine(text: string): string {
  return harmless(text).replaceAll('\n', '\\n');
}

/** What went wrong with a part of the work, where the rest goes on. */
export function complain(message: string): void {
  process.stderr.write(`rnn: ${oneLine(message)}\n`);
}

/** A remark on standard error. */
export function remark(text: string): void {
  process.stderr.write(`${paintError.dim(text)}\n`);
}

/** A count with separators: 1,115,394. */
export function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** A number of things: 1 step, 2,000 steps. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A loss in nats and in bits: 1.512 nats (2.181 bits). */
export function lossText(nats: number): string {
  return `${nats.toFixed(4)} nats (${(nats / Math.LN2).toFixed(3)} bits)`;
}

/** Seconds as 42s, 3m05s, 1h02m. */
export function durationText(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${String(s % 60).padStart(2, '0')}s`;
  return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`;
}

/** Named facts, one a line. */
export function table(rows: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${paint.cyan(name.padEnd(width))}  ${harmless(String(value))}`).join('\n');
}
