import stringWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aligned } from '../../src/cli/completion-table.ts';
import { completionOf } from '../../src/cli/completions.ts';
import { columns, tabbed } from '../../src/cli/tables.ts';
import { file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { hasTerminals, onTerminal, plain } from '../helpers/terminal.ts';

const TABLE = {
  header: ['t', 'reads', 'one', 'two', 'three'],
  rows: [
    ['1', 'd', '10', '20', '300'],
    ['Σ', '', '', '2000', ''],
  ],
};

describe('a table', () => {
  test('is one block where there is room', () => {
    const whole = [
      't   reads   one    two   three',
      '1       d    10     20     300',
      'Σ                 2000        ',
    ];
    for (const room of [Number.POSITIVE_INFINITY, 30]) expect(columns(TABLE, room).split('\n')).toEqual(whole);
  });

  test('stands in blocks where there isn’t; each begins with the columns that name the row', () => {
    expect(columns({ ...TABLE, keys: 2 }, 29).split('\n')).toEqual([
      't   reads   one    two',
      '1       d    10     20',
      'Σ                 2000',
      't   reads   three',
      '1       d     300',
      'Σ                ',
    ]);
    const heads = columns(TABLE, 12)
      .split('\n')
      .filter((line) => line.startsWith('t'));
    expect(heads).toEqual(['t   reads', 't   one', 't    two', 't   three']);
  });

  test('cuts cells off where one column beside the name of the row is too wide', () => {
    const table = { header: ['parameter', 'value'], rows: [['layers.0.recurrent', '0.123456789012']] };
    expect(columns(table, 20).split('\n')).toEqual(['paramet…      value', '…current   0.12345…']);
  });

  test('gives the room that narrow cells leave to wide ones', () => {
    const rows = [
      ['1', 'checkpoints/a.json', 'gru 1 × 16, to classify'],
      ['2', 'checkpoints/b.json', '3'],
    ];
    const lines = columns({ header: ['group', 'checkpoint', 'model'], rows, keys: 2 }, 40).split('\n');
    expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['group', 'checkpoint', 'model'],
      ['1', '…points/a.json', 'gru 1 × 16, t…'],
      ['2', '…points/b.json', '3'],
    ]);
  });

  test('shows a dash where a number was not measured, and for a program an empty cell', () => {
    const table = { header: ['lag', 'norm'], rows: [['–', undefined]] };
    expect(columns(table).split('\n')).toEqual(['lag   norm', '  –      –']);
    expect(tabbed(table)).toBe('lag\tnorm\n–\t');
  });

  test('counts columns of the terminal, not characters: C̃ is one wide, 漢 two', () => {
    const lines = columns({
      header: ['reads', 'C̃'],
      rows: [
        ['漢', '0.5'],
        ['a', '−1'],
      ],
    }).split('\n');
    expect(lines).toEqual(['reads     C̃', '   漢   0.5', '    a    −1']);
    expect(new Set(lines.map((line) => stringWidth(line)))).toEqual(new Set([11]));
  });
});

test('a completion that is too long for its column goes on below, whole', () => {
  const text = '字'.repeat(20);
  const found = { text, completion: text, end: '', finished: false, score: -1, logProbability: -20, symbols: 20 };
  const lines = plain(aligned([completionOf(found)], false, 60)).split('\n');
  expect(lines.map((line) => line.split(/ +/)[0])).toEqual(['text', '字'.repeat(13), `${'字'.repeat(7)}…`]);
  expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(60);
});

test('completions leave columns out where there is too little room for the texts', () => {
  const found = {
    text: 'deep',
    completion: 'deep',
    end: '<stop>',
    finished: true,
    score: -1,
    logProbability: -5,
    symbols: 5,
  };
  const heads = [41, 40, 28, 27].map((room) => {
    const lines = plain(aligned([completionOf(found)], false, room)).split('\n');
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(room);
    return lines[0]!.split(/ {2,}/);
  });
  expect(heads).toEqual([
    ['text', 'score ↓', 'log p', 'probability'],
    ['text', 'score ↓', 'log p'],
    ['text', 'score ↓', 'log p'],
    ['text', 'score ↓'],
  ]);
});

describe.runIf(hasTerminals)('no line is wider than the terminal', { timeout: 120_000 }, () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = temporaryFolder();
    file(cwd, 'text.txt', PROSE);
    const train = ['train', 'text.txt', '--steps', '20', '--out', 'model.json', '--quiet', ...TINY, '--layers', '3'];
    expect((await rnn(train, { cwd })).status).toBe(0);
  });
  afterAll(removeFolders);

  const FLOW = ['--lags', '12', '--positions', '4', '--jacobians', '1', '--quiet'];

  test.each([
    ['bptt', 'a longer text', ...'--fresh --cell lstm --hidden 2 --truncate 3 --copies --samples 2 --quiet'.split(' ')],
    ['gates', 'the quick', '-c', 'model.json', '--quiet'],
    ['gradflow', 'text.txt', '--compare', '--hidden', '8', ...FLOW],
    ['gradflow', 'text.txt', '-c', 'model.json', ...FLOW],
    ['demo', 'linear'],
    ['info', 'model.json'],
  ])('rnn %s %s', async (...args) => {
    for (const options of [{ columns: 60, env: { NO_COLOR: '1' } }, { columns: 120 }]) {
      const { status, stdout } = await onTerminal(args, { cwd, ...options });
      expect(status, stdout).toBe(0);
      const lines = plain(stdout).split(/\r?\n/);
      expect(lines.filter((line) => stringWidth(line) > options.columns)).toEqual([]);
    }
  });
});
