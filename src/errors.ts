/** Exit statuses of the command line (sysexits aside, the usual ones of a shell). */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Something a user can mend: a missing file, an option out of range, a corrupt checkpoint. The message is one line
 * that says what was got, what was expected and what to do; it is shown without a stack trace.
 */
export class UserError extends Error {
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'UserError';
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

/** An option or a value that can't be taken: exit status 2. */
export class UsageError extends UserError {
  constructor(message: string) {
    super(message, { exitCode: EXIT.usage });
    this.name = 'UsageError';
  }
}

/** Characters of a message that may come from a file. */
const LONGEST_EXCERPT = 200;

/** What a message may say of a file's contents: short, on one line, and without what a terminal would obey. */
export function excerpt(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').slice(0, LONGEST_EXCERPT);
}
