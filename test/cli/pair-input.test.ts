import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPairs } from '../../src/index.ts';
import { file, removeFolders, shell, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { PAIR_LISTS, writePairs } from '../helpers/pair-checkpoints.ts';
import { hasTerminals, onTerminal, plain } from '../helpers/terminal.ts';

afterAll(removeFolders);

let folder: string;
beforeAll(async () => {
  folder = temporaryFolder();
  await writePairs(folder, 'transduce', { steps: 250 });
  await writePairs(folder, 'tag');
  await writePairs(folder, 'classify', { steps: 120 });
  for (const task of ['transduce', 'tag', 'classify'] as const)
    file(folder, `${task}.tsv`, `${PAIR_LISTS[task].join('\n')}\n`);
});

const call = (command: string, input?: string | Uint8Array) =>
  rnn(command.split(' '), { cwd: folder, ...(input === undefined ? {} : { input }) });
const measured = async (command: string) => JSON.parse((await call(`eval --json --quiet ${command}`)).stdout);

describe('rnn train with lines that are no pairs', () => {
  const TRAIN = '--layers 1 --hidden 8 --batch 4 --threads 1 --validation 0 --schedule constant'.split(' ');
  const train = (name: string, ...options: string[]) => rnn(['train', name, ...TRAIN, ...options], { cwd: folder });

  test('names them, learns from the rest, and fails in the end', async () => {
    file(folder, 'bad.tsv', 'ab\tBA\nab\n\tX\nb\t\nba\tAB\n');
    const { status, stdout, stderr } = await train('bad.tsv', '--task', 'transduce', '--steps', '2', '--out', 'bad');
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'bad.json\n' });
    expect(stderr.match(/^rnn: .*/gm)).toEqual([
      'rnn: bad.tsv: line 2: has no tab, and a pair needs column 2; write source, tab, target',
      'rnn: bad.tsv: line 3: has an empty source',
      'rnn: bad.tsv: line 4: has an empty target',
    ]);
    expect(stderr).toMatch(/; 2 pairs, /);
    expect(await measured('bad.tsv -c bad.json')).toMatchObject({ pairs: 2, skipped: 3 });
  });

  test('names twenty of many', async () => {
    file(folder, 'many.tsv', `ab\tBA\n${'ab\n'.repeat(30)}`);
    const { stderr } = await train('many.tsv', '--task', 'transduce', '--steps', '1', '--out', 'many', '--quiet');
    expect(stderr.trimEnd().split('\n')).toHaveLength(21);
    expect(stderr).toMatch(/\nrnn: 10 more lines can't be read\n$/);
  });

  test('leaves out the same lines when it is resumed', async () => {
    file(folder, 'long.tsv', 'ab\tBA\nabcd\tDCBA\nba\tAB\nabc\tCBA\n');
    const options = ['--max-length', '3', '--quiet', '--validate-every', '2'];
    await train('long.tsv', ...options, '--steps', '8', '--out', 'whole');
    await train('long.tsv', ...options, '--steps', '4', '--out', 'part');
    const resumed = await rnn(['train', 'long.tsv', '--resume', 'part.last.json', '--steps', '8'], { cwd: folder });
    expect(resumed.status).toBe(1);
    expect(resumed.stderr).toMatch(/^rnn: long\.tsv: line 2: has 4 symbols, more than the 3 that are allowed$/m);
    expect(readFileSync(join(folder, 'part.last.json'))).toEqual(readFileSync(join(folder, 'whole.last.json')));
  });

  test('a byte order mark, CRLF and a last line without an end are no trouble', async () => {
    file(folder, 'plain.tsv', 'ab\tBA\nba\tAB\n');
    file(folder, 'marked.tsv', '\ufeffab\tBA\r\n\r\nba\tAB');
    const options = ['--steps', '3', '--quiet', '--task', 'transduce'];
    for (const name of ['plain', 'marked']) {
      expect((await train(`${name}.tsv`, ...options, '--out', name)).status).toBe(0);
    }
    const [plainModel, marked] = ['plain', 'marked'].map((name) =>
      JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')),
    );
    expect(marked.vocabulary).toEqual(plainModel.vocabulary);
    expect(marked.tensors).toEqual(plainModel.tensors);
  });

  test('one pair is enough', async () => {
    file(folder, 'one.tsv', 'ab\tBA\n');
    const args = 'train one.tsv --steps 100 --layers 1 --hidden 8 --lr 0.05 --warmup 0 --out one'.split(' ');
    const { status, stderr } = await rnn(args, { cwd: folder });
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/^one pair is too few for a validation part$/m);
    expect(await measured('one.tsv -c one.json')).toMatchObject({ pairs: 1, sequences: { hits: 1 } });
  });

  test('a class may have one example, and one that is never predicted has rates of 0', async () => {
    file(folder, 'lone.tsv', `${'ab\tmany\n'.repeat(6)}ab\tlone\n`);
    await train('lone.tsv', '--task', 'classify', '--steps', '40', '--out', 'lone');
    const { classes } = await measured('lone.tsv -c lone.json');
    expect(classes.labels).toEqual([
      { label: 'lone', support: 1, predicted: 0, precision: 0, recall: 0, f1: 0 },
      expect.objectContaining({ label: 'many', support: 6, predicted: 7, recall: 1 }),
    ]);
  });
});

describe('rnn eval', () => {
  test('measures the predictions of another program, in a pipeline', async () => {
    const upside = `awk '{ out = ""; for (at = 1; at <= length($1); at++) out = toupper(substr($1, at, 1)) (out == "" ? "" : " ") out; print $1 "\\t" out }'`;
    const { stdout, statuses, stderr } = await shell(
      `cut -f1 transduce.tsv | ${upside} | rnn eval transduce.tsv -c transduce.json --predictions - --json`,
      { cwd: folder },
    );
    expect({ statuses, stderr }).toEqual({ statuses: '0 0 0', stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      pairs: 9,
      skipped: 0,
      missing: 0,
      task: 'transduce',
      sequences: { count: 9, hits: 9, accuracy: 1, symbolErrorRate: 0 },
    });
  });

  test('its own predictions, read back, have the accuracy that it measures', async () => {
    for (const task of ['transduce', 'tag', 'classify']) {
      const own = await measured(`${task}.tsv -c ${task}.json`);
      const piped = await shell(
        `cut -f1 ${task}.tsv | rnn beam -c ${task}.json --k 1 - | rnn eval ${task}.tsv -c ${task}.json --predictions - --json`,
        { cwd: folder },
      );
      const { sequences, tags, classes } = own;
      expect(JSON.parse(piped.stdout)).toMatchObject(JSON.parse(JSON.stringify({ sequences, tags, classes })));
    }
  });

  test('any of several targets of a source is right, and it is said', async () => {
    file(folder, 'several.tsv', 'ab\tX\nab\tB A\nba\tX\nba\tY\n');
    expect(await measured('several.tsv -c transduce.json')).toMatchObject({ pairs: 1, skipped: 3 });
    file(folder, 'several.tsv', 'ab\tA\nab\tB A\nba\tB B\nba\tA A\n');
    expect((await measured('several.tsv -c transduce.json')).sequences).toMatchObject({ count: 2, hits: 1 });
    const { stdout } = await call('eval several.tsv -c transduce.json');
    expect(stdout).toMatch(/^sources\t2; any target of an equal source is right$/m);
    // Predictions, too: the first of a source counts, in any order of the lines.
    file(folder, 'guesses.tsv', 'zz\tA\nba\tA A\tB B\nba\tC\nab\tC\n');
    const guessed = await measured('several.tsv -c transduce.json --predictions guesses.tsv');
    expect(guessed.sequences).toEqual({ count: 2, hits: 1, accuracy: 0.5, symbolErrorRate: 1 / 3 });
  });

  test('says why there can be more symbol errors than symbols', async () => {
    file(folder, 'one.tsv', 'ab\tA\n');
    file(folder, 'long.tsv', 'ab\tA B A\n');
    const { stdout } = await call('eval one.tsv -c transduce.json --predictions long.tsv');
    expect(stdout).toMatch(/^symbol errors\t200\.00 % of the symbols of the targets, insertions included: /m);
    const { stdout: help } = await call('eval --help');
    expect(help).toMatch(/^The symbol error rate is .*insertions.*above 100 %/ms);
  });

  test('names bad predictions, counts missing ones as wrong, and fails', async () => {
    file(folder, 'gold.tsv', 'ab\tnew label\ncc\tnone\nb\tnone\n');
    file(folder, 'guesses.tsv', 'ab\nab\tnew label\ncc\ta word\n');
    const { status, stdout, stderr } = await call('eval gold.tsv -c classify.json --predictions guesses.tsv --json');
    expect(status).toBe(1);
    expect(stderr).toBe(
      'rnn: guesses.tsv: line 1: has no tab; a prediction is source, tab, target\nrnn: 1 pair without a prediction; counted as wrong\n',
    );
    const { classes, missing, skipped } = JSON.parse(stdout);
    expect({ missing, skipped, total: classes.total, accuracy: classes.accuracy }).toEqual({
      missing: 1,
      skipped: 1,
      total: 3,
      accuracy: 1 / 3,
    });
    expect(classes.labels.map(({ label }: { label: string }) => label)).toEqual([
      'a word',
      'new label',
      'none',
      '(none)',
    ]);
  });

  test('looks for targets of at most so many symbols', async () => {
    const { sequences } = await measured('transduce.tsv -c transduce.json --length 2');
    const short = PAIR_LISTS.transduce.filter((pair) => pair.split('\t')[1]!.split(' ').length <= 2);
    expect(sequences.hits).toBe(short.length);
    expect((await measured('transduce.tsv -c transduce.json')).sequences.hits).toBe(PAIR_LISTS.transduce.length);
  });

  test.each([
    ['tag.tsv -c tag.json --length 3', /^2 rnn: --length is for the task transduce, and tag\.json is to tag; /],
    [
      'tag.tsv -c tag.json --predictions x --part validation',
      /^2 rnn: --part is for the predictions of the model itself; /,
    ],
    ['- -c tag.json --predictions -', /^2 rnn: standard input is read only once; /],
    ['tag.tsv -c tag.json --predictions none.tsv', /^1 rnn: none\.tsv: no such file; /],
  ])('%s is refused in a line', async (command, expected) => {
    const { status, stderr } = await call(`eval ${command}`, '');
    expect(`${status} ${stderr}`).toMatch(expected);
  });
});

test('rnn score reads the columns that are named', async () => {
  const [swapped, straight] = [
    await call('score -c transduce.json --columns 3,1', 'B A\tx\tab\n'),
    await call('score -c transduce.json', 'ab\tB A\n'),
  ];
  expect(swapped.stderr).toBe('');
  expect(swapped.stdout.split('\t')[0]).toBe(straight.stdout.split('\t')[0]);
  expect(swapped.stdout).toMatch(/\tB A\tx\tab\n$/);
});

describe('constraints on targets of tokens', () => {
  test('hold for tokens that are joined by spaces', async () => {
    const model = loadPairs(join(folder, 'transduce.json'));
    const [best] = await model.beam('cab', { match: 'B A( C)?' });
    expect(best!.text).toBe('B A C');
    for (const { text } of await model.beam('cab', { k: 8, match: '[ABC]( [AC])+' }))
      expect(text).toMatch(/^[ABC]( [AC])+$/);
    await expect(model.beam('cab', { match: 'BA' })).rejects.toThrow(
      /^match: no text of the model's 4 symbols is like that/,
    );
    for (const { text } of await model.beam('cab', { k: 8, contains: ['A C'] })) expect(text).toContain('A C');
    for (const { text } of await model.beam('cab', { k: 8, maxWords: 2 }))
      expect(text.split(' ').length).toBeLessThan(3);
    // Allowed and forbidden are the characters of symbols: the spaces between them are neither.
    for (const { text } of await model.beam('cab', { k: 8, allow: 'AB' })) expect(text).toMatch(/^[AB]?( [AB])*$/);
    for (const { text } of await model.beam('cab', { k: 8, forbid: 'B ' })) expect(text).not.toContain('B');
  });
});

describe('a word-level model of texts', () => {
  test('writes a space after its prefix, as it streams and in lines', async () => {
    file(folder, 'words.txt', 'I think therefore I am\n'.repeat(4));
    const args = '--unit token --steps 120 --layers 1 --hidden 16 --validation 0 --threads 1 --quiet'.split(' ');
    for (const mode of ['lines', 'stream']) {
      await rnn(['train', 'words.txt', '--mode', mode, '--out', `${mode}.json`, ...args], { cwd: folder });
      const sample = `sample -c ${mode}.json --temperature 0 --quiet --length 4 --prefix`.split(' ');
      const { stdout } = await rnn([...sample, 'I think'], { cwd: folder });
      expect(stdout.split('\n')[0]).toBe('I think therefore I am');
      const spaced = await rnn([...sample, 'I think '], { cwd: folder });
      expect(spaced.stdout).toBe(stdout);
    }
  });
});

describe.runIf(hasTerminals)('rnn complete with a model of pairs', () => {
  test('shows targets of the source that is typed, and prints both', async () => {
    const args = ['complete', '-c', 'transduce.json', '--k', '3'];
    const { status, stdout } = await onTerminal(args, {
      cwd: folder,
      steps: [
        ['leaves', 'ca'],
        ['leaves', 'b\t'],
        ['B A C', '\r'],
      ],
    });
    expect(status).toBe(0);
    expect(stdout.slice(stdout.lastIndexOf('\u001b[?1049l'))).toMatch(/cab\tB A C\r\n$/);
    expect(plain(stdout)).toContain('Arrows choose, Enter prints the source and its target, Esc leaves');
    const refused = await onTerminal([...args, '--scores'], { cwd: folder });
    expect(refused).toMatchObject({
      status: 2,
      stdout: 'rnn: --scores has no meaning while you type; leave it out\r\n',
    });
  });
});
