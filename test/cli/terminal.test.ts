import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file, type Outcome, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { CTRL_C, hasTerminals, plain, onTerminal as runOnTerminal } from '../helpers/terminal.ts';

let folder: string;

/** Sends Ctrl-C as often as said, first when progress is seen. */
function onTerminal(
  args: readonly string[],
  options: { columns?: number; interrupts?: number; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const { interrupts = 0, ...rest } = options;
  const steps = (['│', 'stopping after this step'] as const).map((awaited) => [awaited, CTRL_C] as const);
  return runOnTerminal(args, { ...rest, cwd: folder, steps: steps.slice(0, interrupts) });
}

const [HIDE, SHOW, NO_WRAP, WRAP] = ['\u001b[?25l', '\u001b[?25h', '\u001b[?7l', '\u001b[?7h'];
const LINE_START = '\u001b[1G';

/** The cursor and the wrapping of lines are as they were. */
function expectRestored(sent: string): void {
  expect(sent.lastIndexOf(HIDE)).toBeGreaterThan(-1);
  expect(sent.lastIndexOf(SHOW)).toBeGreaterThan(sent.lastIndexOf(HIDE));
  expect(sent.lastIndexOf(WRAP)).toBeGreaterThan(sent.lastIndexOf(NO_WRAP));
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
    const [training, last] = [
      /all steps: 300 steps.* training loss (\d\.\d{4})/.exec(plain(stdout))?.[1],
      [...plain(stdout).matchAll(/100 % │ loss (\d\.\d{4})/g)].at(-1)?.[1],
    ];
    expect(training).toBeDefined();
    expect(last).toBe(training);
    expect(stdout).toMatch(/bar\.json\r\n$/);
    expectRestored(stdout);
  });

  test.each(['train', 'sample', 'export'])(
    'the help of %s has no line that a terminal of 60 columns would break',
    async (command) => {
      const wide = await rnn([command, '--help'], { cwd: folder });
      const { stdout } = await onTerminal([command, '--help'], { columns: 60 });
      for (const line of stdout.split('\r\n')) {
        if (line.trim().includes(' ')) expect([...line].length, line).toBeLessThanOrEqual(60);
      }
      expect(stdout.trim().split(/\s+/)).toEqual(wide.stdout.trim().split(/\s+/));
    },
  );

  test('remarks and errors are broken between words', async () => {
    const train = ['train', 'text.txt', '--steps', '1', '--overwrite', '--out', 'a-name-of-a-model-that-is-long'];
    for (const args of [
      [...train, ...TINY],
      ['sample', '-c', 'text.txt'],
      ['beam', '--k', '0'],
    ]) {
      const narrow = plain((await onTerminal(args, { columns: 60 })).stdout);
      for (const line of narrow.split('\r\n').filter((each) => !each.includes('│'))) {
        if (line.trim().includes(' ')) expect([...line].length, line).toBeLessThanOrEqual(60);
      }
    }
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
    expect(plain(stdout)).toMatch(/\r\nrnn: training diverged: [^│]*rollback\r\n$/);
  });

  test('a terminal that does not tell its size gets what is as wide as it is', async () => {
    const { stdout } = await onTerminal(['demo', 'iterated-unit'], { columns: 0 });
    const piped = await rnn(['demo', 'iterated-unit'], { cwd: folder });
    const phaseLine = (text: string) => /source\r?\n(.*)/.exec(plain(text))?.[1]?.trimEnd();
    expect(phaseLine(stdout)).toBe(phaseLine(piped.stdout));
  });

  test('JSON has no character that a terminal would obey, and is JSON all the same', async () => {
    copyFileSync(join(folder, 'bar.json'), join(folder, 'odd\u009b.json'));
    for (const command of ['info', 'compare']) {
      const { stdout } = await onTerminal([command, 'odd\u009b.json', '--json', '--quiet']);
      expect((JSON.parse(stdout) as { path: string }).path).toBe('odd\u009b.json');
      expect(stdout).not.toContain('\u009b');
    }
  });

  test('colours, unless NO_COLOR is set', async () => {
    const coloured = await onTerminal(['info', 'bar.json']);
    expect(coloured.stdout).toMatch('\u001b[36m');
    const plainly = await onTerminal(['info', 'bar.json'], { env: { NO_COLOR: '1' } });
    expect(plainly.stdout).not.toMatch('\u001b');
    expect(plainly.stdout.replaceAll('\r', '')).toBe(plain(coloured.stdout).replaceAll('\r', ''));
  });

  test('a terminal that can’t move its cursor gets lines, and is not drawn on', async () => {
    const dumb = { cwd: folder, env: { TERM: 'dumb' } };
    const trained = await runOnTerminal(['train', 'text.txt', '--steps', '20', '--out', 'dumb.json', ...TINY], dumb);
    expect(trained.status).toBe(0);
    expect(trained.stdout).toMatch(/^step 20, epoch /m);
    const asked = 'reading from the terminal until Ctrl-D';
    const completed = await runOnTerminal(['complete', '-c', 'dumb.json'], {
      ...dumb,
      steps: [[asked, 'the\n\u0004']],
    });
    expect(completed.status).toBe(0);
    for (const { stdout } of [trained, completed]) expect(stdout).not.toContain('\u001b');
  });

  test('rnn beam shows a table', async () => {
    const { stdout } = await onTerminal(['beam', '-c', 'bar.json', '--prefix', 'th', '--k', '3', '--length', '5']);
    const [remark, ...lines] = plain(stdout).trimEnd().split('\r\n');
    expect(remark).toMatch(/^looked at [\d,]+ expansions; there are .+ sequences of 5 symbols$/);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^text +score ↓ +log p +probability$/);
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

  test.runIf(hasTerminals)('no line end is added to raw bytes that end in one', async () => {
    const lineEnds = ['sample', '-c', 'byte.json', '--quiet', '--length', '3', '--allow', '\n'];
    for (const raw of [[], ['--raw']])
      expect((await onTerminal([...lineEnds, ...raw])).stdout.replaceAll('\r', '')).toBe('\n\n\n');
  });

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

describe.runIf(hasTerminals)('text from a terminal', () => {
  const [CTRL_D, told] = ['\u0004', 'reading from the terminal until Ctrl-D'];

  test('is announced where a command reads it', async () => {
    const args = ['train', '-', '--out', 'typed.json', '--steps', '2', ...TINY];
    const steps = [[told, `abab\n${CTRL_D}`]] as const;
    const { status, stdout } = await runOnTerminal(args, { cwd: folder, steps });
    expect({ status, times: stdout.split(told).length - 1 }).toEqual({ status: 0, times: 1 });
    expect(stdout).toMatch(/5 characters, 3 symbols/);
  });

  test('is not asked for where no text is named', async () => {
    for (const command of ['train', 'gradflow', 'eval']) {
      const { status, stdout } = await runOnTerminal([command], { cwd: folder });
      expect(status).toBe(2);
      expect(stdout).toMatch(/missing required argument '\w+'; name a text file, or - for standard input/);
    }
  });

  test('is not mentioned by a command that reads none', async () => {
    const { stdout } = await runOnTerminal(['demo', 'scalar'], { cwd: folder });
    expect(stdout).not.toContain(told);
  });
});
