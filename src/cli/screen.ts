import { openSync } from 'node:fs';
import { emitKeypressEvents } from 'node:readline';
import { type ReadStream, WriteStream } from 'node:tty';
import type { Key, Layout } from './completer.ts';
import { SIGNAL_STATUS } from './interruption.ts';
import { canMoveCursor } from './output.ts';

/** The alternate screen, on which nothing that was on the terminal is touched. */
const [ENTER, LEAVE] = ['\u001b[?1049h', '\u001b[?1049l'];
const [HOME, CLEAR_LINE, CLEAR_BELOW] = ['\u001b[H', '\u001b[K', '\u001b[J'];

/** A terminal: where keys come from, and where is drawn. */
export interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/**
 * The terminal of the process. Where standard output is captured, as in `x=$(rnn complete)`, it is that of standard error, or else it is opened
 * by its name. Undefined where there is none or it can't move its cursor, or standard input is no terminal: then that has the lines to complete.
 */
export function terminalOf({ stdin, stdout, stderr }: NodeJS.Process = process): Terminal | undefined {
  if (!stdin.isTTY || !canMoveCursor()) return undefined;
  if (stdout.isTTY) return { input: stdin, output: stdout };
  if (stderr.isTTY) return { input: stdin, output: stderr };
  try {
    return { input: stdin, output: new WriteStream(openSync('/dev/tty', 'w')) };
  } catch {
    return undefined; // a system without /dev/tty, or a process without a terminal
  }
}

/** The terminal, for as long as a person types: keys one by one, and a screen of its own. */
export class Screen {
  #isOpen = false;
  #waiting: Key[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;
  readonly #terminal: Terminal;
  readonly #listeners: [NodeJS.EventEmitter, string, (...args: never[]) => void][] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  get size(): { columns: number; rows: number } {
    const { columns, rows } = this.#terminal.output;
    return { columns: columns || 80, rows: rows || 24 };
  }

  /** Takes the terminal. `resized` is called when its size has changed. */
  open(resized: () => void): void {
    const { input, output } = this.#terminal;
    this.#isOpen = true;
    emitKeypressEvents(input);
    input.setRawMode(true);
    this.#listen(input, 'keypress', (_text: string, key: Key) => {
      this.#waiting.push(key);
      this.#wake?.();
    });
    this.#listen(input, 'end', () => {
      this.#isOver = true;
      this.#wake?.();
    });
    this.#listen(output, 'resize', resized);
    // Whatever ends the process, the terminal is as it was. (Ctrl-C comes as a key; SIGINT comes from other programs.)
    this.#listen(process, 'exit', () => this.close());
    for (const [signal, status] of Object.entries(SIGNAL_STATUS)) {
      this.#listen(process, signal, () => {
        this.close();
        process.exit(status);
      });
    }
    input.resume();
    output.write(ENTER);
  }

  /** Gives the terminal back. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const [emitter, event, listener] of this.#listeners.splice(0)) emitter.off(event, listener as () => void);
    const { input, output } = this.#terminal;
    output.write(LEAVE);
    input.setRawMode(false);
    input.pause();
  }

  draw({ lines, column }: Layout): void {
    const text = lines.map((line) => `${line}${CLEAR_LINE}`).join('\r\n');
    this.#terminal.output.write(`${HOME}${text}${CLEAR_BELOW}\u001b[1;${column + 1}H`);
  }

  /** Keys as they come: those that have come meanwhile together, so that a paste is drawn once. */
  async *keys(): AsyncGenerator<readonly Key[]> {
    while (!this.#isOver) {
      if (this.#waiting.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      // Let the rest of a paste come in.
      await new Promise((resolve) => setImmediate(resolve));
      yield this.#waiting.splice(0);
    }
  }

  #listen(emitter: NodeJS.EventEmitter, event: string, listener: (...args: never[]) => void): void {
    this.#listeners.push([emitter, event, listener]);
    emitter.on(event, listener as () => void);
  }
}
