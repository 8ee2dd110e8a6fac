import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPairs, type PairModel } from '../../src/index.ts';
import { removeFolders, rowsOf, shell, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { gather } from '../helpers/iteration.ts';
import { PAIR_LISTS, writePairs } from '../helpers/pair-checkpoints.ts';
import { run, STREAM } from '../helpers/training.ts';

afterAll(removeFolders);

let folder: string;
let model: PairModel;
const SOURCES = PAIR_LISTS.transduce.map((pair) => pair.split('\t')[0]!);

beforeAll(async () => {
  folder = temporaryFolder();
  model = loadPairs(await writePairs(folder, 'transduce', { steps: 120, members: 2 }));
  await writePairs(folder, 'tag');
  await writePairs(folder, 'classify');
  writeFileSync(join(folder, 'text.json'), (await run(STREAM, { limits: { steps: 1 } })).last.text);
  writeFileSync(join(folder, 'pairs.tsv'), `${PAIR_LISTS.transduce.join('\n')}\n`);
});

const call = (command: string, input?: string) =>
  rnn(command.split(' '), { cwd: folder, ...(input === undefined ? {} : { input }) });

describe('rnn beam with a model of pairs', () => {
  test('prints a line for each source of a pipeline: the source and its targets, as the library finds them', async () => {
    const found = await gather(model.beams(SOURCES, { k: 3 }));
    const expected = SOURCES.map((source, at) => [source, ...found[at]!.map(({ text }) => text)]);
    const { stdout, stderr, status } = await shell('cut -f1 pairs.tsv | rnn beam -c transduce.json --k 3 -', {
      cwd: folder,
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(rowsOf(stdout)).toEqual(expected);
    // Standard input is read without being named, and `rnn complete` does the same.
    for (const command of ['beam', 'complete']) {
      const again = await call(`${command} -c transduce.json --k 3`, `${SOURCES.join('\n')}\n`);
      expect(again).toEqual({ status: 0, stdout, stderr: '' });
    }
    expect((await call('beam -c transduce.json --k 3 --count 1 sources.txt')).stderr).toMatch(/sources\.txt/);
  });

  test('prints n-best lists with probabilities, for awk', async () => {
    const { stdout } = await shell(
      `cut -f1 pairs.tsv | rnn beam -c transduce.json --k 2 --scores - | awk -F'\\t' '{ print $1, $4, exp($3) }'`,
      { cwd: folder },
    );
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split(' '));
    expect(rows.map(([source]) => source)).toEqual(SOURCES.flatMap((source) => [source, source]));
    for (const [, probability, exponential] of rows)
      expect(Math.abs(Number(probability) - Number(exponential))).toBeLessThan(0.01);
  });

  test('what it prints is a file of pairs, which `rnn score` reads', async () => {
    const { stdout, stderr } = await shell(
      'cut -f1 pairs.tsv | rnn beam -c transduce.json --k 4 --count 1 - | rnn score -c transduce.json -',
      { cwd: folder },
    );
    expect(stderr).toBe('');
    const found = await gather(model.beams(SOURCES, { k: 4 }));
    for (const [at, [logProbability, , source, target]] of rowsOf(stdout).entries()) {
      const [best] = found[at]!;
      expect([source, target]).toEqual([SOURCES[at], best!.text]);
      expect(Number(logProbability)).toBeCloseTo(best!.logProbability, 3);
    }
  });

  test('takes one source, a prefix of its target, and constraints on it', async () => {
    const { stdout } = await call('beam -c transduce.json --source cab --k 3 --prefix B --forbid C --json');
    const found = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const expected = await model.beam('cab', { k: 3, prefix: 'B', forbid: 'C' });
    expect(found).toEqual(
      expected.map(({ text, end, finished, score, logProbability, symbols }) => {
        const probability = Math.exp(logProbability);
        return { source: 'cab', target: text, end, finished, score, logProbability, probability, symbols };
      }),
    );
    const trace = await call('beam -c transduce.json --source cab --k 2 --trace --quiet');
    expect(trace.stdout).toMatch(/^step 1: 1 expanded, 4 expansions$/m);
  });

  test('ranks the labels of a classifier, which filters lines', async () => {
    const { stdout } = await shell(
      `printf 'ab\\ncc\\n' | rnn beam -c classify.json --k 1 --count 1 - | awk -F'\\t' '$2 == "a word"' | cut -f1`,
      { cwd: folder },
    );
    expect(stdout).toBe('ab\n');
    const ranked = rowsOf((await call('beam -c classify.json --scores', 'ab\n')).stdout);
    expect(ranked.map(([, label]) => label).sort()).toEqual(['a vowel', 'a word', 'none']);
    expect(ranked.reduce((sum, row) => sum + Number(row[3]), 0)).toBeCloseTo(1, 2);
  });

  test('prints the labels of each symbol of a tagger', async () => {
    const { stdout } = await call('beam -c tag.json --k 2 --per-symbol', 'ab\nc\n');
    const rows = rowsOf(stdout);
    expect(rows.map((row) => row.slice(0, 3).join(' '))).toEqual(['1 1 a', '1 2 b', '2 1 c']);
    for (const [, , , first, one, second, two] of rows) {
      expect([first, second].sort()).toEqual(['C', 'V']);
      expect(Number(one) + Number(two)).toBeCloseTo(1, 2);
    }
    const json = JSON.parse((await call('beam -c tag.json --per-symbol --source ab --k 1 --json')).stdout);
    expect(json).toEqual({ source: 'ab', symbols: await loadPairs(join(folder, 'tag.json')).labels('ab', 1) });
  });

  test('names each line that can’t be read, does the rest, and fails in the end', async () => {
    const input = Buffer.concat([Buffer.from('\ufeffab\r\né\n\n'), Buffer.from([0xff, 10]), Buffer.from('cab')]);
    const { status, stdout, stderr } = await rnn(['beam', '-c', 'transduce.json', '--k', '1'], { cwd: folder, input });
    expect(status).toBe(1);
    expect(rowsOf(stdout).map(([source]) => source)).toEqual(['ab', 'é', '', '\ufffd', 'cab']);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^rnn: line 2: "é" \(U\+00E9\) at position 1 is not in the vocabulary/),
      'rnn: line 3: is an empty source; give at least one symbol',
      'rnn: line 4: is not UTF-8; convert it',
    ]);
  });

  test('reads and writes bytes as they are where the symbols are bytes', async () => {
    const own = temporaryFolder();
    const bytes = { sourceUnit: 'byte', targetUnit: 'byte', minCount: 6, steps: 2 } as const;
    await writePairs(own, 'transduce', bytes);
    const input = Buffer.from([0x61, 0xff, 0x0a]);
    const args = ['beam', '-c', 'transduce.json', '--k', '1', '--prefix', '\\x42 ', '--length', '2', '--quiet'];
    const { stdout, status } = await rnn([...args, '--json'], { cwd: own, input });
    const { source, base64, targets } = JSON.parse(stdout);
    expect({ status, source, base64 }).toEqual({
      status: 0,
      source: 'a\ufffd',
      base64: input.subarray(0, 2).toString('base64'),
    });
    const target = Buffer.from(targets[0].base64, 'base64');
    expect(target.toString()).toMatch(/^B /);
    writeFileSync(join(own, 'sources'), input);
    const printed = await shell('rnn beam -c transduce.json --k 1 --prefix "B " --length 2 --quiet sources | base64', {
      cwd: own,
    });
    expect(Buffer.from(printed.stdout, 'base64')).toEqual(
      Buffer.concat([input.subarray(0, 2), Buffer.from('\t'), target, Buffer.from('\n')]),
    );
  });

  test('says what it reads as <unk>, and goes on', async () => {
    const own = temporaryFolder();
    await writePairs(own, 'transduce', { steps: 2, minCount: 6 });
    const { status, stderr } = await rnn(['beam', '-c', 'transduce.json'], { cwd: own, input: 'ab\naéé\n' });
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'line 2: "é" (U+00E9) not in the vocabulary, read as <unk>\n',
    });
  });
});

describe('rnn sample with a model of pairs', () => {
  test('draws targets for each source, as the library draws them', async () => {
    const drawn = await gather(model.samples(SOURCES, { count: 2, seed: '4' }));
    const input = `${SOURCES.join('\n')}\n`;
    const { stdout, stderr } = await call('sample -c transduce.json --count 2 --seed 4', input);
    expect(stderr).toBe('');
    expect(rowsOf(stdout)).toEqual(drawn.map(({ source, text }) => [SOURCES[source], text]));
    const first = await call(`sample -c transduce.json --count 2 --seed 4 --source ${SOURCES[0]}`);
    expect(rowsOf(first.stdout)).toEqual(drawn.slice(0, 2).map(({ text }) => [text]));
    const json = await call('sample -c classify.json --seed 1 --json --temperature 0 -', 'ab\n');
    expect(JSON.parse(json.stdout)).toMatchObject({ line: 1, source: 'ab', target: 'a word', symbols: 1 });
  });
});

describe('rnn score with a model of pairs', () => {
  test('ranks pairs, and names lines that are none', async () => {
    const input = 'ab\tB A\nab\tC C C\nab\nab\tX\n';
    const { status, stdout, stderr } = await call('score -c transduce.json --rank', input);
    expect(status).toBe(1);
    expect(rowsOf(stdout).map((row) => row.slice(2).join('|'))).toEqual(['ab|B A', 'ab|C C C', 'ab', 'ab|X']);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'rnn: line 3: has no tab, and a pair needs column 2; write source, tab, target',
      expect.stringMatching(/^rnn: line 4: "X" \(U\+0058\) at position 1 is not in the vocabulary/),
    ]);
    const each = await call('score -c transduce.json --per-char', 'ab\tB A\n');
    expect(rowsOf(each.stdout).map((row) => row[2])).toEqual(['B', 'A', '<stop>']);
  });
});

describe('what makes no sense is refused in a line', () => {
  test.each([
    [
      'beam -c transduce.json --prefix-file x',
      '--prefix-file is for a model of texts, and this is not one; leave it out',
    ],
    ['beam -c transduce.json --source ab x', "--source and a file of sources can't both be given; leave one out"],
    ['beam -c transduce.json --trace', '--trace follows the search for one target; give --source to a transducer'],
    ['beam -c tag.json --source ab --groups 5', /^--groups has no meaning for a model of the task tag, /],
    ['beam -c tag.json --source ab --per-symbol --match V', "--match can't be given with --per-symbol; leave one out"],
    ['beam -c tag.json --source ab --per-symbol --scores', "--scores can't be given with --per-symbol; leave one out"],
    ['beam -c tag.json --per-symbol --count 1', "--count can't be given with --per-symbol; leave one out"],
    ['beam -c transduce.json --source ab --diversity 1', '--diversity is for --groups; leave it out'],
    ['complete -c text.json --diversity 1', '--diversity is for --groups; leave it out'],
    ['sample -c text.json --repetition-window 8', '--repetition-window is for --repetition-penalty; leave it out'],
    ['sample -c text.json --marginals 8', '--marginals is for --independent; leave it out'],
    ['beam -c tag.json --source é', /^--source: "é" \(U\+00E9\) at position 1 is not in the vocabulary/],
    ['beam -c text.json --source ab', '--source is for a model of pairs, and this is not one; leave it out'],
    ['beam -c text.json x', 'x: rnn beam takes no argument; give a prefix with --prefix x'],
    ['beam -c text.json --scores', '--scores is for a model of pairs, and this is not one; leave it out'],
    ['sample -c text.json --source ab', '--source is for a model of pairs, and this is not one; leave it out'],
    ['sample -c tag.json --source ab --length 3', /^--length has no meaning for a model of the task tag, /],
    ['sample -c tag.json --independent', '--independent is for a model of texts, and this is not one; leave it out'],
    ['score -c tag.json --whole x', '--whole is for a model of texts, and this is not one; leave it out'],
  ])('rnn %s', async (command, expected) => {
    const { status, stdout, stderr } = await call(command, '');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const said = stderr.replace(/^seed .*\n/, '');
    expect(said.split('\n')).toHaveLength(2);
    if (typeof expected === 'string') expect(said).toBe(`rnn: ${expected}\n`);
    else expect(said.replace('rnn: ', '')).toMatch(expected);
  });

  test.each([
    ['gates -c tag.json x', 'tag.json: a model of pairs (task tag); a model of texts is needed here'],
    [
      'beam -c transduce.json --source ab --per-symbol',
      'transduce.json: a transducer gives no labels; ask for its targets',
    ],
  ])('rnn %s', async (command, message) => {
    expect(await call(command, '')).toEqual({ status: 1, stdout: '', stderr: `rnn: ${message}\n` });
  });
});
