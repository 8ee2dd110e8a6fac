import { isatty } from 'node:tty';
import { message, UsageError } from '../errors.ts';
import { remark } from './output.ts';

/**
 * The texts that a command reads: those that are named, or else standard input. UsageError where none is named and a person is at the
 * terminal, for whom a command that waits for text would look as if it hung.
 *
 * @param argument the name of the argument in the command's help
 */
export function textsOf(named: readonly string[] | undefined, argument: string): readonly string[] {
  if (named !== undefined) return named;
  if (isatty(0)) {
    throw new UsageError(message`missing required argument '${argument}'; name a text file, or - for standard input`);
  }
  return ['-'];
}

/** Says once that a command reads the terminal, as soon as one does: whatever reads standard input first listens to `readable`. */
export function announceTerminal(): void {
  if (!isatty(0)) return;
  const { stdin } = process;
  const told = (event: string | symbol): void => {
    if (event !== 'readable') return;
    stdin.off('newListener', told);
    remark('reading from the terminal until Ctrl-D');
  };
  stdin.on('newListener', told);
}
