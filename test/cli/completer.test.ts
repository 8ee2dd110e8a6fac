import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Draft, edit, layOut } from '../../src/cli/completer.ts';
import { aligned } from '../../src/cli/completion-table.ts';
import { type Completion, isOutOfOrder, scoreInWords } from '../../src/cli/completions.ts';
import { truncate, truncateStart } from '../../src/cli/fit.ts';
import { corpus, file, removeFolders, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { CTRL_C, hasTerminals, onTerminal, plain, SIGINT, SIGTERM, shellOnTerminal } from '../helpers/terminal.ts';

function completion(text: string): Completion {
  const numbers = { score: -1, logProbability: -2, probability: Math.exp(-2), symbols: 4 };
  return { text, completion: text, end: '<stop>', finished: true, ...numbers };
}

describe('the text after a key', () => {
  const suggestions = { completions: [completion('deep'), completion('deer')] };
  test.each([
    ['a letter', { name: 'p', sequence: 'p' }, 'dép'],
    ['a character of two units', { sequence: '💧' }, 'dé💧'],
    ['Tab: the best completion', { name: 'tab', sequence: '\t' }, 'deep'],
    ['Backspace: what a reader sees as a character', { name: 'backspace', sequence: '\u007f' }, 'd'],
    ['Ctrl-U', { name: 'u', sequence: '\u0015', ctrl: true }, ''],
    ['an arrow', { name: 'left', sequence: '\u001b[D' }, 'dé'],
    ['Alt and a letter', { name: 'x', sequence: '\u001bx', meta: true }, 'dé'],
    ['Ctrl and a letter', { name: 'x', sequence: '\u0018', ctrl: true }, 'dé'],
  ])('%s', (_, key, expected) => {
    const draft = edit({ text: 'de\u0301' }, key, suggestions) as Draft;
    expect(draft.text.normalize()).toBe(expected.normalize());
  });

  test('Ctrl-W takes away a word', () => {
    expect(edit({ text: 'one two ' }, { name: 'w', ctrl: true }, suggestions)).toEqual({ text: 'one ' });
  });

  test('Tab takes no target in the place of its source', () => {
    const targets = { ...suggestions, areTargets: true };
    expect(edit({ text: 'dé', chosen: 1 }, { name: 'tab' }, targets)).toEqual({ text: 'dé', chosen: 1 });
    expect(edit({ text: 'dé', chosen: 1 }, { name: 'return' }, targets)).toEqual({
      accepted: 'dé',
      target: 'deer',
      status: 0,
    });
    const { lines } = layOut({ text: 'dé' }, { ...suggestions, areTargets: true }, { columns: 80, rows: 24 });
    expect(plain(lines.at(-1)!)).toBe('Arrows choose, Enter prints the source and its target, Esc leaves');
  });

  test('Tab with nothing to take leaves it', () => {
    expect(edit({ text: 'd' }, { name: 'tab' }, { completions: [] })).toEqual({ text: 'd' });
  });

  test.each([
    [{ name: 'return' }, { accepted: 'd', status: 0 }],
    [{ name: 'escape' }, { accepted: undefined, status: 0 }],
    [
      { name: 'd', ctrl: true },
      { accepted: undefined, status: 0 },
    ],
    [
      { name: 'c', ctrl: true },
      { accepted: undefined, status: 130 },
    ],
  ])('%j ends', (key, end) => {
    expect(edit({ text: 'd' }, key, suggestions)).toEqual(end);
  });

  test('arrows choose a completion, which Tab and Enter take', () => {
    const keys = (...names: string[]) =>
      names.reduce<Draft>((draft, name) => edit(draft, { name }, suggestions) as Draft, { text: 'd' });
    expect(keys('down')).toEqual({ text: 'd', chosen: 0 });
    expect(keys('down', 'down', 'down')).toEqual({ text: 'd', chosen: 1 });
    expect(keys('down', 'up', 'up')).toEqual({ text: 'd', chosen: undefined });
    expect(keys('down', 'down', 'tab')).toEqual({ text: 'deer' });
    expect(edit(keys('down', 'down'), { name: 'return' }, suggestions)).toEqual({ accepted: 'deer', status: 0 });
    expect(edit(keys('down'), { name: 'e', sequence: 'e' }, suggestions)).toEqual({ text: 'de' });
    expect(edit({ text: 'd' }, { name: 'down' }, { completions: [] })).toEqual({ text: 'd', chosen: undefined });
  });

  test('the chosen completion is marked', () => {
    const { lines } = layOut({ text: 'd', chosen: 1 }, suggestions, { columns: 80, rows: 24 });
    expect(lines.map(plain).slice(0, 3)).toEqual(['› d', '  deep<stop> 0.14', '› deer<stop> 0.14']);
  });
});

describe('characters of double width', () => {
  test('count as two columns when a text is made to fit', () => {
    expect([truncate('日本語です', 10), truncate('日本語です', 9), truncate('日本語です', 4)]).toEqual([
      '日本語です',
      '日本語で…',
      '日…',
    ]);
    expect([truncateStart('日本語です', 6), truncateStart('abc', 2), truncate('abc', 0)]).toEqual(['…です', '…c', '']);
  });

  test('leave the columns of a table aligned', () => {
    const table = aligned([completion('日本'), completion('abcd'), completion('e\u0301ab')], false);
    expect(plain(table).split('\n')).toEqual([
      'text         score ↓     log p  probability',
      '日本<stop>   -1.0000   -2.0000        0.135',
      'abcd<stop>   -1.0000   -2.0000        0.135',
      'e\u0301ab<stop>    -1.0000   -2.0000        0.135',
    ]);
  });
});

describe('what orders completions is said', () => {
  test('below those of rnn complete', () => {
    const completions = ['deep', 'deepp'].map(completion);
    const size = { columns: 80, rows: 24 };
    const { lines } = layOut({ text: 'd' }, { completions, order: scoreInWords(1) }, size);
    expect(plain(lines.join('\n'))).toContain('ordered by the mean log p of a symbol; the number is the probability');
    expect(plain(layOut({ text: 'd' }, { completions: [], order: scoreInWords(1) }, size).lines.join())).not.toContain(
      'ordered',
    );
  });

  test('in terms of the length penalty', () => {
    expect([1, 0, 0.5].map(scoreInWords)).toEqual(['the mean log p of a symbol', 'log p', 'log p / T^0.5']);
  });

  test('and a list that isn’t in the order of its probabilities is noticed', () => {
    const [likely, unlikely] = [-1, -3].map((logProbability) => ({ ...completion('deel'), logProbability }));
    expect(isOutOfOrder([likely!, unlikely!])).toBe(false);
    expect(isOutOfOrder([unlikely!, likely!])).toBe(true);
    expect(isOutOfOrder([])).toBe(false);
  });
});

test.each([1, 2, 8, 20, 80])('no line is wider than %d columns, nor are there more than rows', (columns) => {
  const suggestions = {
    completions: ['deep', '日本語の長い言葉です', 'a\nb\tc\u001b[41m', 'x'.repeat(200)].map(completion),
  };
  for (const rows of [1, 3, 24]) {
    const { lines } = layOut({ text: 'd'.repeat(90) }, suggestions, { columns, rows });
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines)
      expect([...plain(line).replace(/[\u3000-\u9fff]/gu, 'xx')].length).toBeLessThanOrEqual(Math.max(columns, 4));
    // Colours of the program's own may be there, but no control character of a text.
    for (const control of ['\u001b[41m', '\n', '\t']) expect(lines.join('')).not.toContain(control);
  }
});

let folder: string;
beforeAll(async () => {
  folder = temporaryFolder();
  file(folder, 'wide.txt', '日本\n東京\ndeep\nlearn\n');
  const options = '--hidden 24 --layers 1 --threads 1 --lr 0.02 --steps 300 --validation 0 --quiet --mode lines'.split(
    ' ',
  );
  for (const [name, text] of [
    ['words', corpus('deep-learn-machine.txt')],
    ['wide', 'wide.txt'],
  ] as const) {
    expect((await rnn(['train', text, '--out', `${name}.json`, ...options], { cwd: folder })).status).toBe(0);
  }
});
afterAll(removeFolders);

describe.runIf(hasTerminals)('rnn complete on a terminal', () => {
  const [ALTERNATE, BACK] = ['\u001b[?1049h', '\u001b[?1049l'];
  const DOWN = '\u001b[B';
  const complete = (
    steps: readonly (readonly [string, string])[],
    options: { args?: string[]; env?: Record<string, string>; columns?: number } = {},
  ) => onTerminal(['complete', '-c', 'words.json', ...(options.args ?? [])], { cwd: folder, steps, ...options });

  /** What stands on the terminal's own screen. */
  const left = (sent: string) =>
    sent.slice(0, sent.indexOf(ALTERNATE)) + sent.slice(sent.lastIndexOf(BACK) + BACK.length);

  test('shows completions as one types, takes the best with Tab, and prints the text with Enter', async () => {
    const { status, stdout } = await complete([
      ['leaves', 'd'],
      ['deep', '\t'],
      ['› deep', '\r'],
    ]);
    expect({ status, left: left(stdout) }).toEqual({ status: 0, left: 'deep\r\n' });
    expect(plain(stdout)).toMatch(/deep<stop> 1\.0|deep<stop> 0\.9/);
  });

  test.each([
    ['Ctrl-C', CTRL_C, 130],
    ['Ctrl-D', '\u0004', 0],
    ['Esc', '\u001b', 0],
    ['SIGINT', SIGINT, 130],
    ['SIGTERM', SIGTERM, 143],
  ])('%s leaves the screen and the settings of the terminal as they were', async (_, key, status) => {
    const outcome = await complete([
      ['leaves', 'ma'],
      ['machine', key],
    ]);
    expect({ status: outcome.status, left: left(outcome.stdout) }).toEqual({ status, left: '' });
  });

  test('names a character that the model doesn’t know, and goes on', async () => {
    const { status, stdout } = await complete([
      ['leaves', 'é'],
      ['not in the vocab', '\u007fd'],
      ['deep', '\t\r'],
    ]);
    expect({ status, left: left(stdout) }).toEqual({ status: 0, left: 'deep\r\n' });
  });

  test('shows no colours with NO_COLOR', async () => {
    const { stdout } = await complete([['leaves', CTRL_C]], { env: { NO_COLOR: '1' } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what it looks for
    expect(stdout).not.toMatch(/\u001b\[\d+m/);
  });

  test('fits a narrow window', async () => {
    const { stdout } = await complete([['…', CTRL_C]], { columns: 12 });
    for (const line of plain(stdout).split(/\r\n/)) expect(line.length).toBeLessThanOrEqual(14);
  });

  test.each([
    ['standard output is', ''],
    ['standard output and standard error are', ' 2> /dev/null'],
  ])('where %s captured, it draws on the terminal and gives the chosen text', async (_, redirection) => {
    const script = `text=$(rnn complete -c words.json${redirection}); echo "$? [$text]"`;
    const steps = [
      ['leaves', 'd'],
      ['deep', DOWN],
      ['› deep', '\r'],
    ] as const;
    const { stdout } = await shellOnTerminal(script, { cwd: folder, steps });
    expect(left(stdout)).toBe('0 [deep]\r\n');
  });

  test('in a pipe it is rnn beam', async () => {
    const args = ['-c', 'words.json', '--k', '2'];
    for (const [given, like, input] of [
      [[], ['--prefix-file', '-'], 'd\nle\n'],
      [['--prefix', 'ma'], ['--prefix', 'ma'], ''],
    ] as const) {
      const piped = await rnn(['complete', ...args, ...given], { cwd: folder, input });
      const beam = await rnn(['beam', ...args, ...like], { cwd: folder, input });
      expect(piped).toEqual(beam);
      expect(piped.status).toBe(0);
    }
  });
});

describe.runIf(hasTerminals)('on a terminal', () => {
  test('rnn score --per-char colours by surprisal, unless NO_COLOR is set', async () => {
    file(folder, 'some.txt', 'deep\ndeer\n');
    const args = ['score', '-c', 'words.json', '--per-char', 'some.txt'];
    const { stdout } = await onTerminal(args, { cwd: folder });
    expect(plain(stdout)).toMatch(/< 1 < 3 < 5 < 8 ≥ 8 bits of surprisal\r\ndeep<stop>\r\ndeer<stop>\r\n/);
    expect(stdout).toContain('\u001b[90me');
    expect(stdout).toContain('\u001b[91m\u001b[1mr');
    const bare = await onTerminal(args, { cwd: folder, env: { NO_COLOR: '1' } });
    expect(bare.stdout).not.toMatch('\u001b');
    expect(bare.stdout.split('\r\n')[0]).toMatch(/^1\t1\td\t\d+\.\d{3}$/);
  });

  test('a table of double-width text is aligned', async () => {
    const { stdout } = await onTerminal(['beam', '-c', 'wide.json', '--k', '4', '--quiet'], {
      cwd: folder,
      env: { NO_COLOR: '1' },
    });
    const lines = stdout.trimEnd().split('\r\n');
    const width = (line: string) => [...line.replace(/[日本東京]/gu, 'xx')].length;
    expect(lines.join('\n')).toMatch(/日本<stop>/);
    expect(new Set(lines.map(width)).size).toBe(1);
  });
});
