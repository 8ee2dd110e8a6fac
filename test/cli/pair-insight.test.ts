import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { terminalHeatMap } from '../../src/cli/heat-map.ts';
import { loadPairs } from '../../src/index.ts';
import { file, removeFolders, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { PAIR_LISTS, pairCheckpoint, writePairs } from '../helpers/pair-checkpoints.ts';
import { run, STREAM } from '../helpers/training.ts';

afterAll(removeFolders);

let folder: string;
beforeAll(async () => {
  folder = temporaryFolder();
  await writePairs(folder, 'transduce', { steps: 120, members: 2 });
  await writePairs(folder, 'tag');
  for (const task of ['transduce', 'tag'] as const) file(folder, `${task}.tsv`, `${PAIR_LISTS[task].join('\n')}\n`);
  writeFileSync(join(folder, 'text.json'), (await run(STREAM, { limits: { steps: 1 } })).last.text);
});

const call = (...args: string[]) => rnn(args, { cwd: folder });
const rowsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));

describe('rnn attention', () => {
  test('prints the weights that the library gives: as a table in a pipe, and as JSON', async () => {
    const expected = await loadPairs(join(folder, 'transduce.json')).attention('cab', 'B A C');
    const { stdout, stderr, status } = await call('attention', 'cab', 'B A C', '-c', 'transduce.json');
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const [head, ...rows] = rowsOf(stdout);
    expect(head).toEqual(['', 'c', 'a', 'b']);
    expect(rows.map(([symbol]) => symbol)).toEqual(['B', 'A', 'C', '<stop>']);
    for (const [at, [, ...weights]] of rows.entries()) {
      expect(weights).toEqual(expected.weights[at]!.map((weight) => weight.toFixed(4)));
    }
    const json = await call('attention', 'cab', 'B A C', '-c', 'transduce.json', '--json');
    expect(JSON.parse(json.stdout)).toEqual(expected);
  });

  test('finds the target where none is given, and draws it', async () => {
    const [best] = await loadPairs(join(folder, 'transduce.json')).beam('ab');
    const { stdout } = await call('attention', 'ab', '-c', 'transduce.json', '--svg', 'a.svg', '--html', 'a.html');
    expect(stdout).toBe('a.svg\na.html\n');
    const svg = readFileSync(join(folder, 'a.svg'), 'utf8');
    expect(svg).toContain(`>ab → ${best!.text}</text>`);
    expect(svg.match(/<rect x=/g)).toHaveLength(2 * best!.symbols);
    expect(readFileSync(join(folder, 'a.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*<svg [\s\S]*>ab → /);
  });

  test.each([
    ['cab -c tag.json', /^1 rnn: tag\.json: the model has no attention; /],
    [
      'cab -c text.json',
      /^2 rnn: text\.json: a model of texts has no attention; name one of pairs with --checkpoint\n$/,
    ],
    ['cab X -c transduce.json', /^2 rnn: \[target\]: "X" \(U\+0058\) at position 1 is not in the vocabulary/],
    ['é -c transduce.json', /^2 rnn: <source>: "é" \(U\+00E9\) at position 1 is not in the vocabulary/],
    ['cab --svg - --json -c transduce.json', /^2 rnn: only one of --svg -, --html - and --json /],
  ])('%s is refused in a line', async (args, expected) => {
    const { status, stdout, stderr } = await call('attention', ...args.split(' '));
    expect(stdout).toBe('');
    expect(`${status} ${stderr}`).toMatch(expected);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  test('a terminal shows shades, the largest weight of each row, and what has no room below', () => {
    const map = {
      title: 'ab → X',
      rows: ['X', '<stop>'],
      columns: ['a', 'b', '漢'],
      values: [
        [0, 0.25, 0.75],
        [1, 0, 0],
      ],
    };
    // A terminal that does not tell its size has room for all.
    for (const room of [80, Number.POSITIVE_INFINITY])
      expect(terminalHeatMap(map, room).split('\n')).toEqual([
        'ab → X',
        '       most        a  b 漢',
        'X      漢   0.75     ░░ ▓▓',
        '<stop> a    1.00  ██',
      ]);
    expect(terminalHeatMap(map, 23).split('\n').slice(4)).toEqual([
      '       most       漢',
      'X      漢   0.75  ▓▓',
      '<stop> a    1.00',
    ]);
  });
});

describe('rnn gradflow with models of pairs', () => {
  test('prints a line of JSON for each model, by lag and by place', async () => {
    const { stdout, stderr, status } = await call('gradflow', 'transduce.tsv', '-c', 'transduce.json', '--json');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'transduce (the first of 2 members): 9 pairs\n',
    });
    const { positions, recurrences } = JSON.parse(stdout);
    expect(positions).toBe(29); // 20 symbols and 9 ends
    expect(recurrences.map(({ part, direction }: Record<string, string>) => `${part} ${direction}`)).toEqual([
      'encoder forwards',
      'encoder backwards',
      'decoder forwards',
    ]);
    expect(recurrences[0].byPlace).toHaveLength(4);
    expect(recurrences[2].byLag).toHaveLength(5);
  });

  test('draws charts and tables, of one model or of several', async () => {
    const one = await call('gradflow', 'tag.tsv', '-c', 'tag.json', '--quiet');
    expect(one.stdout).toMatch(/^Gradient of the loss, mean ‖∂L\(t\)\/∂h‖ by lag\nlag\tencoder 1 →\tencoder 1 ←$/m);
    const both = await call('gradflow', 'transduce.tsv', '--compare', 'transduce.json', 'transduce.json', '--quiet');
    expect(both.stdout).toMatch(/^The same by place in the source$/m);
  });

  test.each([
    ['tag.tsv -c tag.json --lags 5', '2 rnn: --lags is for models of texts; leave it out\n'],
    ['tag.tsv -c text.json --columns 2,1', '2 rnn: --columns is for models of pairs; leave it out\n'],
    ['tag.tsv --compare tag.json text.json', '1 rnn: text.json: a model of texts; a model of pairs is needed here\n'],
  ])('%s is refused in a line', async (args, expected) => {
    const { status, stderr } = await call('gradflow', '--quiet', ...args.split(' '));
    expect(`${status} ${stderr}`).toBe(expected);
  });
});

describe('rnn report of a model of pairs', () => {
  test('shows predictions, attention and gradient flow', async () => {
    const { status, stdout } = await call('report', 'transduce.json', '--text', 'transduce.tsv', '--html', 't.html');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 't.html\n' });
    const page = readFileSync(join(folder, 't.html'), 'utf8');
    for (const title of ['Predictions', 'Attention', 'Gradient flow']) expect(page).toContain(`<h2>${title}</h2>`);
    expect(page.match(/<td>bcab<\/td><td>B A C B<\/td>/)).toHaveLength(1);
    expect(page.match(/aria-label="[^"]* → [^"]*"/g)).toHaveLength(8);
    expect(page).toContain('The gradients are those of the first of the ensemble’s 2 members.');
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  });

  test('names lines that can’t be read, and does the rest; without pairs it shows the run', async () => {
    file(folder, 'bad.tsv', 'ab\tVC\nab\nab\tV\n<b>\tVVV\n');
    const { status, stderr } = await call('report', 'tag.json', '--text', 'bad.tsv', '--html', 'b.html', '--quiet');
    expect(status).toBe(1);
    expect(stderr.match(/line \d/g)).toEqual(['line 2', 'line 3', 'line 4']);
    const page = readFileSync(join(folder, 'b.html'), 'utf8');
    expect(page).toContain('<td>ab</td><td>VC</td>');
    expect(page).not.toContain('Attention');
    await call('report', 'tag.json', '--html', 'c.html');
    expect(readFileSync(join(folder, 'c.html'), 'utf8')).not.toContain('Predictions');
    const refused = await call('report', 'tag.json', '--seed', '3', '--html', 'd.html');
    expect(refused).toMatchObject({
      status: 2,
      stderr: 'rnn: --seed is for a model of texts, and this is not one; leave it out\n',
    });
  });
});

describe('rnn compare', () => {
  /** The text of a checkpoint whose run drew the pairs that it held out by another seed, or held out a file. */
  const heldOut = (text: string, { seed = '1', file: validationHash }: { seed?: string; file?: string }): string => {
    const { run: record, ...rest } = JSON.parse(text);
    const [recipe, corpus] = [
      { ...record.recipe, seed },
      { ...record.corpus, validationHash },
    ];
    return JSON.stringify({ ...rest, run: { ...record, recipe, corpus } });
  };

  test('orders together only runs that held out the same pairs, and shows what a model of pairs alone can be told', async () => {
    const dot = await pairCheckpoint('transduce', { steps: 1 });
    file(folder, 'dot.json', dot);
    file(folder, 'none.json', await pairCheckpoint('transduce', { steps: 1, pairs: { attention: 'none' } }));
    file(folder, 'other-pairs.json', heldOut(dot, { seed: '2' }));
    file(folder, 'file.json', heldOut(dot, { file: 'ab' }));
    file(folder, 'same-file.json', heldOut(dot, { file: 'ab', seed: '2' }));
    file(folder, 'classify.json', await pairCheckpoint('classify', { steps: 1 }));
    const paths = ['dot.json', 'none.json', 'other-pairs.json', 'file.json', 'same-file.json', 'classify.json'];
    const [header, ...rows] = rowsOf((await call('compare', ...paths)).stdout);
    const cellsOf = (name: string) => {
      const row = rows.find((cells) => cells.at(-1) === name)!;
      return Object.fromEntries(header!.map((title, at) => [title, row[at]]));
    };
    expect(paths.map((name) => cellsOf(name).group)).toEqual(['1', '1', '2', '3', '3', '4']);
    expect(cellsOf('dot.json')).toMatchObject({ model: 'lstm 1 × 12, to transduce', attention: 'dot' });
    expect(cellsOf('none.json')).toMatchObject({ attention: 'none' });
    expect(cellsOf('classify.json')).toMatchObject({ model: 'lstm 1 × 12, to classify', attention: '' });
  });
});
