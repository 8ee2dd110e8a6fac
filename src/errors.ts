/** Exit statuses of the command line: 0 done, 1 it failed, 2 wrong usage, 130 interrupted (as shells report Ctrl-C). */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** An option that a message names. The library shows its key (`embedding`), the command line its flag (`--embedding`). */
export interface OptionName {
  readonly key: string;
}

/** Names an option in a message: ``message`${option('stride')} is more than ${option('bptt')}` ``. */
export function option(key: string): OptionName {
  return { key };
}

/** A text that names options. It can be written with their keys or, by the command line, with their flags. */
export class Message {
  readonly parts: readonly (string | OptionName)[];

  constructor(parts: readonly (string | OptionName)[]) {
    this.parts = parts;
  }

  /** The text, with each option named as `nameOf` says. */
  text(nameOf: (key: string) => string): string {
    return this.parts.map((part) => (typeof part === 'string' ? part : nameOf(part.key))).join('');
  }

  toString(): string {
    return this.text((key) => key);
  }
}

/** A template tag: makes a message of texts, numbers, options, and other messages. */
export function message(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | OptionName | Message)[]
): Message {
  return new Message(texts.flatMap((text, index) => [text, ...partsOf(values[index] ?? '')]));
}

function partsOf(value: string | number | OptionName | Message): readonly (string | OptionName)[] {
  if (value instanceof Message) return value.parts;
  return [typeof value === 'object' ? value : String(value)];
}

/**
 * Something that a user can put right: a missing file, an option out of range, a damaged checkpoint. The message is one line
 * that says what was found, what was expected, and what to do. It is shown without a stack trace.
 */
export class UserError extends Error {
  readonly exitCode: number;
  readonly #message: Message;

  constructor(text: string | Message, options: { exitCode?: number; cause?: unknown } = {}) {
    super(String(text), { cause: options.cause });
    this.name = 'UserError';
    this.exitCode = options.exitCode ?? EXIT.failed;
    this.#message = typeof text === 'string' ? new Message([text]) : text;
  }

  /** The message, with each option that it names written as `nameOf` says. */
  messageWith(nameOf: (key: string) => string): string {
    return this.#message.text(nameOf);
  }

  /** The message, to be used within another one. */
  get inner(): Message {
    return this.#message;
  }
}

/** An option or a value that can't be taken. The exit status is 2. */
export class UsageError extends UserError {
  constructor(text: string | Message) {
    super(text, { exitCode: EXIT.usage });
    this.name = 'UsageError';
  }
}

/** Runs `read`. A UserError from it becomes a UsageError that begins with the name of the option that was read. */
export function inOption<T>(key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw new UsageError(message`${option(key)}: ${error.inner}`);
    throw error;
  }
}

/** The UserError that `read` ends with; undefined where it ends well. */
export function problemIn(read: () => unknown): UserError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** Runs `read`, which reads a part of a file; its UserError begins with the name of the file. */
export function inFile<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(message`${name}: ${error.inner}`, { cause: error });
    throw error;
  }
}

/** The most characters of a file's contents that a message shows. */
const LONGEST_EXCERPT = 200;

/** A part of a file's contents, made fit for a message: short, on one line, and without control characters. */
export function excerpt(text: string): string {
  return beginningOf(text.replace(/[\p{Cc}\u2028\u2029]/gu, ' '), LONGEST_EXCERPT, '');
}

/** A text of at most so many UTF-16 units, or its beginning with `mark` behind it. No character is cut in two: half of one would show as U+FFFD. */
export function beginningOf(text: string, most: number, mark = '…'): string {
  return text.length <= most ? text : `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}${mark}`;
}
