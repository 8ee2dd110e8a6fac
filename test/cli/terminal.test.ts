import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BIN, file, type Outcome, PROSE, removeFolders, rnn, run, TINY, temporaryFolder } from '../helpers/cli.ts';

/** Runs its arguments on a pseudo-terminal of so many columns; sends Ctrl-C as often as said, when a text is seen. */
const TERMINAL = `
import os, pty, signal, struct, sys, fcntl, termios
columns, interrupts, awaited = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[4], sys.argv[4:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
seen = b''
signal.alarm(60)
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    seen += piece
    if interrupts > 0 and awaited in seen:
        os.write(terminal, b'\\x03')
        interrupts -= 1
        awaited = b'stopping after this step'
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
`;

const hasTerminals =
  spawnSync('python3', ['-c', 'import os, pty, fcntl, termios; os.waitstatus_to_exitcode']).status === 0;
if (!hasTerminals) console.warn('test/cli/terminal: skipped, for there is no python3 to make a pseudo-terminal');

let folder: string;

/** What a terminal is sent by `rnn`: standard output and standard error together. */
function onTerminal(
  args: readonly string[],
  options: { columns?: number; interrupts?: number; awaited?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const { columns = 100, interrupts = 0, awaited = '│', env = {} } = options;
  const script = [TERMINAL, String(columns), String(interrupts), awaited, process.execPath, BIN, ...args];
  return run('python3', ['-c', ...script], { cwd: folder, env });
}

const [HIDE, SHOW, NO_WRAP, WRAP] = ['\u001b[?25l', '\u001b[?25h', '\u001b[?7l', '\u001b[?7h'];
const LINE_START = '\u001b[1G';

/** The cursor and the wrapping of lines are as they were. */
function expectRestored(sent: string): void {
  expect(sent.lastIndexOf(HIDE)).toBeGreaterThan(-1);
  expect(sent.lastIndexOf(SHOW)).toBeGreaterThan(sent.lastIndexOf(HIDE));
  expect(sent.lastIndexOf(WRAP)).toBeGreaterThan(sent.lastIndexOf(NO_WRAP));
}

/** Text without escape sequences. */
function plain(sent: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
  return sent.replace(/\u001b(\[[?\d;]*[A-Za-z]|[78])/g, '');
}

beforeAll(() => {
  folder = temporaryFolder();
  file(folder, 'text.txt', PROSE);
});
afterAll(removeFolders);

describe.runIf(hasTerminals)('on a terminal', () => {
  const long = [
    'train',
    'text.txt',
    '--time',
    '10m',
    '--validate-every',
    '20',
    '--overwrite',
    ...TINY,
    '--hidden',
    '64',
  ];

  test('a bar shows how training goes, and the cursor comes back', async () => {
    const { status, stdout } = await onTerminal(['train', 'text.txt', '--steps', '300', '--out', 'bar.json', ...TINY]);
    expect(status).toBe(0);
    expect(plain(stdout)).toMatch(
      /━+ +100 % │ loss \d\.\d{4} nats \(\d\.\d{3} bits\) │ val \d\.\d{4} │ [\d,]+ chars\/s │ 0s left/,
    );
    expect(plain(stdout)).toMatch(/all steps: 300 steps/);
    expect(stdout).toMatch(/bar\.json\r\n$/);
    expectRestored(stdout);
  });

  test.each([30, 60, 80])('the bar fits %d columns', async (columns) => {
    const args = ['train', 'text.txt', '--steps', '300', '--overwrite', '--out', `bar-${columns}.json`, ...TINY];
    const { status, stdout } = await onTerminal(args, { columns });
    expect(status).toBe(0);
    const lines = plain(stdout.replaceAll(LINE_START, '\r')).split(/[\r\n]+/);
    const bars = lines.filter((line) => /^[━─]/.test(line));
    expect(bars.length).toBeGreaterThan(1);
    for (const bar of bars) expect(bar.length).toBeLessThan(columns);
  });

  test('Ctrl-C ends the run, saves, and gives the cursor back before it says so', async () => {
    const { status, stdout } = await onTerminal([...long, '--out', 'one.json'], { interrupts: 1 });
    expect(status).toBe(130);
    expectRestored(stdout);
    expect(stdout.indexOf('stopping after this step')).toBeGreaterThan(stdout.indexOf(SHOW));
    expect(plain(stdout)).toMatch(/saved; go on with --resume one\.last\.json/);
    expect((await rnn(['info', 'one.last.json'], { cwd: folder })).status).toBe(0);
  });

  test('Ctrl-C twice, too', async () => {
    const { status, stdout } = await onTerminal([...long, '--out', 'two.json'], { interrupts: 2 });
    expect(status).toBe(130);
    expectRestored(stdout);
  });

  test('a run that diverges gives the cursor back', async () => {
    const diverging =
      '--cell rnn --activation relu --optimizer sgd --lr 1e6 --clip-norm 1e30 --warmup 200 --steps 3000';
    const { status, stdout } = await onTerminal([
      'train',
      'text.txt',
      ...diverging.split(' '),
      '--out',
      'd.json',
      ...TINY,
    ]);
    expect(status).toBe(1);
    expectRestored(stdout);
    expect(plain(stdout)).toMatch(/\r\nrnn: training diverged: [^\r\n]*\r\n$/);
  });

  test('colours, unless NO_COLOR is set', async () => {
    const coloured = await onTerminal(['info', 'bar.json']);
    expect(coloured.stdout).toMatch('\u001b[36m');
    const plainly = await onTerminal(['info', 'bar.json'], { env: { NO_COLOR: '1' } });
    expect(plainly.stdout).not.toMatch('\u001b');
    expect(plainly.stdout.replaceAll('\r', '')).toBe(plain(coloured.stdout).replaceAll('\r', ''));
  });

  test('rnn beam shows a table', async () => {
    const { stdout } = await onTerminal(['beam', '-c', 'bar.json', '--prefix', 'th', '--k', '3', '--length', '5']);
    const lines = plain(stdout).trimEnd().split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^text +score +log p +probability$/);
    for (const line of lines.slice(1)) expect(line).toHaveLength(lines[0]!.length);
  });
});

describe('control characters that a model has learned', () => {
  beforeAll(async () => {
    file(folder, 'codes', 'ab\u001b[31mcd\u0007\u0085\u009b\n'.repeat(30));
    for (const unit of ['byte', 'codepoint']) {
      const options = `--unit ${unit} --mode stream --validation 0 --lr 0.02 --steps 150 --hidden 16 --overwrite`.split(
        ' ',
      );
      const args = ['train', 'codes', '--out', `${unit}.json`, ...options];
      expect((await rnn([...args, '--layers', '1', '--batch', '4'], { cwd: folder })).status).toBe(0);
    }
  });

  const options = ['--quiet', '--temperature', '0', '--prefix', 'ab', '--length', '60'];

  test.each(['byte', 'codepoint'])('are sent as they are to a pipe, of a %s model', async (unit) => {
    const { stdout } = await rnn(['sample', '-c', `${unit}.json`, ...options], { cwd: folder });
    expect(stdout).toMatch('\u001b[31m');
    expect(stdout).toMatch('\u0007\u0085\u009b');
  });

  test.runIf(hasTerminals).each(['byte', 'codepoint'])(
    'are shown, not obeyed, on a terminal, of a %s model',
    async (unit) => {
      for (const command of [
        ['sample', ...options],
        ['beam', '--quiet', '--prefix', 'ab', '--length', '12'],
      ]) {
        const { stdout } = await onTerminal([...command, '-c', `${unit}.json`], { env: { NO_COLOR: '1' } });
        expect(stdout).toMatch('\\x1b[31m');
        expect(stdout).toMatch('\\x07\\x85\\x9b');
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
        expect(stdout).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/);
        const raw = await onTerminal([...command, '-c', `${unit}.json`, '--raw'], { env: { NO_COLOR: '1' } });
        expect(raw.stdout).toMatch('\u001b[31m');
      }
    },
  );

  test.each(['sample', 'beam'])('are escaped in the JSON of rnn %s, which says the same', async (command) => {
    const args = [command, '-c', 'codepoint.json', '--quiet', '--prefix', 'ab', '--length', '12', '--json'];
    const { stdout } = await rnn(command === 'sample' ? [...args, '--temperature', '0'] : args, { cwd: folder });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(stdout).toMatch('\\u009b');
    const [first = ''] = stdout.split('\n');
    expect(JSON.parse(first).text).toMatch('\u001b[31mcd\u0007\u0085\u009b');
  });

  test('are not sent by rnn info, anywhere', async () => {
    const { stdout } = await rnn(['info', 'codepoint.json'], { cwd: folder });
    expect(stdout).toMatch('\\u001b');
    expect(stdout).not.toMatch('\u001b');
    expect(readFileSync(join(folder, 'codepoint.json'), 'utf8')).not.toMatch('\u001b');
  });
});
