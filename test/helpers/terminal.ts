import { spawnSync } from 'node:child_process';
import { BIN, type Outcome, run } from './cli.ts';

/**
 * Runs its arguments on a pseudo-terminal of so many columns. Types each text when the one before it in its pair is seen; a text that
 * begins with NUL is the name of a signal to send. At the end it says if the terminal's settings are not as they were.
 */
const TERMINAL = `
import fcntl, json, os, pty, signal, struct, sys, termios
columns, steps = int(sys.argv[1]), json.loads(sys.argv[2])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
settings = termios.tcgetattr(terminal)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
seen, since = b'', 0
signal.alarm(60)
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    seen += piece
    while steps and steps[0][0].encode() in seen[since:]:
        awaited, keys = steps.pop(0)
        since = seen.index(awaited.encode(), since) + len(awaited.encode())
        if keys[0] == '\\0':
            os.kill(pid, getattr(signal, keys[1:]))
        else:
            os.write(terminal, keys.encode())
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if termios.tcgetattr(terminal) != settings:
    seen += b'(the terminal is not as it was)'
sys.stdout.buffer.write(seen)
sys.exit(status % 256)
`;

export const hasTerminals =
  spawnSync('python3', ['-c', 'import os, pty, fcntl, termios; os.waitstatus_to_exitcode']).status === 0;
if (!hasTerminals) console.warn('tests on a terminal: skipped, for there is no python3 to make a pseudo-terminal');

export const CTRL_C = '\u0003';

/** What is "typed" to send a signal. */
export const SIGINT = '\0SIGINT';
export const SIGTERM = '\0SIGTERM';

export interface TerminalOptions {
  readonly cwd: string;
  readonly columns?: number;
  /** What is awaited, and what is typed then. */
  readonly steps?: readonly (readonly [awaited: string, keys: string])[];
  readonly env?: Record<string, string>;
}

/** What a terminal is sent by `rnn`: standard output and standard error together. */
export function onTerminal(args: readonly string[], options: TerminalOptions): Promise<Outcome> {
  const { cwd, columns = 100, steps = [], env = {} } = options;
  const script = [TERMINAL, String(columns), JSON.stringify(steps), process.execPath, BIN, ...args];
  return run('python3', ['-c', ...script], { cwd, env });
}

/** Text without escape sequences. */
export function plain(sent: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
  return sent.replace(/\u001b(\[[?\d;]*[A-Za-z]|[78])/g, '');
}
