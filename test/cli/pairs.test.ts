import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file, removeFolders, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

/** All words of one to four letters from a to c. */
const WORDS = [1, 2, 3, 4].flatMap((length) =>
  Array.from({ length: 3 ** length }, (_, number) =>
    [...number.toString(3).padStart(length, '0')].map((digit) => 'abc'[Number(digit)]).join(''),
  ),
);
const reversed = (word: string) => [...word].reverse().join('').toUpperCase();
const lines = (pairOf: (word: string) => string) => `${WORDS.map(pairOf).join('\n')}\n`;

/** A small model that learns a short list by heart. */
const SMALL = [
  ...'--cell lstm --layers 1 --hidden 24 --embedding 0 --batch 8 --threads 1'.split(' '),
  ...'--lr 0.01 --warmup 10 --dropout 0 --dropout-input 0 --weight-decay 0 --validation 0'.split(' '),
];

let folder: string;
const inFolder = (...args: string[]) => rnn(args, { cwd: folder });
const bytes = (name: string) => readFileSync(join(folder, name));
const done = async (...args: string[]): Promise<string> => {
  const { status, stdout, stderr } = await inFolder(...args);
  expect(status, stderr).toBe(0);
  return stdout;
};
const measured = async (...args: string[]) => JSON.parse(await done('eval', '--json', '--quiet', ...args));

beforeAll(() => {
  folder = temporaryFolder();
  file(
    folder,
    'reverse.tsv',
    lines((word) => `${word}\t${reversed(word)}`),
  );
  file(
    folder,
    'tags.tsv',
    lines((word) => `${word}\t${word.toUpperCase()}`),
  );
  file(
    folder,
    'ends.tsv',
    lines((word) => `ends in ${word.at(-1)}\t${word}`),
  );
  file(folder, 'text.txt', 'deep\nlearn\nmachine\n');
});
afterAll(removeFolders);

describe('a model of pairs learns a list by heart, and eval says so', () => {
  test.each([
    ['attention', []],
    [
      'no attention, a reversed source, context at every step',
      '--reverse-source --attention none --context every'.split(' '),
    ],
  ])('transduce: %s', async (label, options) => {
    const out = `${label.length}.json`;
    await done('train', 'reverse.tsv', '--task', 'transduce', '--out', out, '--steps', '700', ...SMALL, ...options);
    for (const k of ['1', '3']) {
      const { task, pairs, skipped, sequences, loss } = await measured('reverse.tsv', '-c', out, '--k', k);
      expect({ task, pairs, skipped }).toEqual({ task: 'transduce', pairs: WORDS.length, skipped: 0 });
      expect(sequences).toEqual({ count: WORDS.length, hits: WORDS.length, accuracy: 1, symbolErrorRate: 0 });
      expect(loss).toBeLessThan(0.05);
    }
  });

  test('tag, in one direction', async () => {
    const options = ['--task', 'tag', '--no-bidirectional', '--out', 'tag.json', '--steps', '200'];
    await done('train', 'tags.tsv', ...options, ...SMALL);
    const { tags } = await measured('tags.tsv', '-c', 'tag.json');
    expect(tags).toMatchObject({ sequences: WORDS.length, byStep: 1, bySequence: 1 });
  });

  test('classify, by columns', async () => {
    const reading = ['--columns', '2,1'];
    await done('train', 'ends.tsv', '--task', 'classify', ...reading, '--out', 'ends.json', '--steps', '300', ...SMALL);
    const { classes } = await measured('ends.tsv', '-c', 'ends.json', ...reading);
    expect(classes).toMatchObject({ accuracy: 1, macroF1: 1, total: WORDS.length });
    expect(classes.labels[0]).toMatchObject({
      label: 'ends in a',
      support: 40,
      predicted: 40,
      precision: 1,
      recall: 1,
    });
    expect(await done('eval', 'ends.tsv', '-c', 'ends.json', ...reading, '--confusion')).toBe(
      '\tends in a\tends in b\tends in c\nends in a\t40\t0\t0\nends in b\t0\t40\t0\nends in c\t0\t0\t40\n',
    );
    expect(await done('info', 'ends.json')).toMatch(/^task\tclassify: reads a source in both directions$/m);
  });
});

describe('without a task, the files decide', () => {
  const chosen = async (names: string, ...options: string[]) => {
    const args = [...names.split(' '), ...options, '--out', `auto-${names}${options.join('')}`.replaceAll('/', '')];
    const { status, stderr } = await inFolder('train', ...args, '--steps', '1', '--threads', '1', '--hidden', '4');
    expect(status, stderr).toBe(0);
    return stderr.split('\n').filter((line) => /^(read|every)/.test(line));
  };

  test('a .tsv with a tab in every line has pairs, and what was chosen is said', async () => {
    expect(await chosen('reverse.tsv', '--attention', 'none')).toEqual([
      'read as pairs, to transduce: 120 different targets, each seen 1.0 times on average (--task overrides)',
      'every target has as many symbols as its source: --task tag learns a label for each symbol',
    ]);
    expect(await chosen('ends.tsv', '--columns', '2,1')).toEqual([
      'read as pairs, to classify: 3 different targets, each seen 40.0 times on average (--task overrides)',
    ]);
    file(folder, 'words.tsv', 'the cat sat\tD N V\nit sat\tP V\n');
    expect(await chosen('words.tsv')).toEqual([
      'read as pairs, to transduce: 2 different targets, each seen 1.0 times on average (--task overrides)',
      'every target has as many words as its source: --task tag --source-unit token --target-unit token learns a label for each word',
    ]);
  });

  test('any other file is a text, as before', async () => {
    file(folder, 'reverse.txt', bytes('reverse.tsv'));
    expect(await chosen('reverse.txt')).toEqual([expect.stringMatching(/^read as lines: /)]);
    expect(await chosen('reverse.tsv reverse.txt')).toEqual([expect.stringMatching(/^read as lines: /)]);
    expect(await chosen('reverse.tsv', '--mode', 'lines')).toEqual([]);
    file(folder, 'lone.tsv', 'ab\tBA\n\nab\n');
    expect(await chosen('lone.tsv')).toEqual([
      'read as a text: lone.tsv: line 3 has no tab (--task reads pairs)',
      expect.stringMatching(/^read as (lines|stream): /),
    ]);
  });
});

describe('a run on pairs', () => {
  const train = (out: string, ...options: string[]) =>
    done('train', 'reverse.tsv', '--task', 'transduce', '--out', out, '--schedule', 'constant', ...SMALL, ...options);

  test('holds out a file, is resumed to the bytes of the unbroken run, and says where the file has changed', async () => {
    file(folder, 'dev.tsv', 'abcab\tBACBA\nccc\tCCC\n');
    const held = ['--validation', 'dev.tsv', '--validate-every', '5'];
    await train('whole.json', ...held, '--steps', '20');
    await train('part.json', ...held, '--steps', '10');
    await done('train', 'reverse.tsv', '--resume', 'part.last.json', '--steps', '20');
    for (const kind of ['', '.last']) expect(bytes(`part${kind}.json`)).toEqual(bytes(`whole${kind}.json`));
    const { pairs, loss } = await measured('reverse.tsv', '-c', 'whole.json', '--part', 'validation');
    expect(pairs).toBe(2);
    const { history } = JSON.parse(await done('info', 'whole.json', '--json'));
    expect(loss).toBeCloseTo(history.at(-1).validation, 5);
    file(folder, 'dev.tsv', 'abcab\tBACBA\n');
    const changed = await inFolder('train', 'reverse.tsv', '--resume', 'part.last.json', '--steps', '30');
    expect(changed).toMatchObject({ status: 1 });
    expect(changed.stderr).toMatch(
      /^rnn: part\.last\.json: dev\.tsv has changed since the run held it out for validation; /m,
    );
  });

  test('leaves out lines of a held-out file that the model can not read, and names them', async () => {
    file(folder, 'unseen.tsv', 'abcab\tBACBA\nabc\tCBX\nccc\tCCC\n');
    const args = 'train reverse.tsv --out unseen.json --validation unseen.tsv --steps 3'.split(' ');
    const { status, stderr } = await inFolder(...args, ...SMALL.slice(0, -2));
    expect(status, stderr).toBe(1);
    expect(stderr.match(/^rnn: unseen.*$/gm)).toEqual([
      'rnn: unseen.tsv: line 2: the target has "X" (U+0058), which no target of the training had; leave the pair out',
    ]);
    const evaluated = await inFolder('eval', 'reverse.tsv', '-c', 'unseen.json', '--part', 'validation', '--json');
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ pairs: 2 });
  });

  test('gives the same bytes on any number of threads and on both tiles', async () => {
    await train('one.json', '--steps', '8');
    await train('two.json', '--steps', '8', '--threads', '2', '--kernel', 'wasm128');
    expect(bytes('two.last.json')).toEqual(bytes('one.last.json'));
  });

  test('goes on from a trained model with other pairs, and adds the symbols that the model does not have', async () => {
    await train('base.json', '--steps', '300');
    const tune = (name: string) =>
      inFolder(
        'train',
        name,
        '--fine-tune',
        'base.json',
        '--out',
        `tuned-${name}.json`,
        '--steps',
        '5',
        '--validation',
        '0',
      );
    file(folder, 'more.tsv', 'aabbc\tCBBAA\n');
    const more = await tune('more.tsv');
    expect(more).toMatchObject({ status: 0 });
    expect(more.stderr).toMatch(/^beginning with base\.json; no new symbols$/m);
    file(folder, 'new.tsv', 'abd\tDBA\nae\tEA\nee\tEE\n');
    const tuned = await tune('new.tsv');
    expect(tuned.status).toBe(0);
    expect(tuned.stderr).toMatch(/^beginning with base\.json; 2 new source symbols, 2 new target symbols$/m);
    const { vocabulary, sourceVocabulary } = JSON.parse(await done('info', 'tuned-new.tsv.json', '--json'));
    expect(sourceVocabulary.symbols).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(vocabulary.symbols).toEqual(['<stop>', 'A', 'B', 'C', 'D', 'E']);
    // A part that is held out has no symbols of its own.
    const held = await inFolder(
      'train',
      'more.tsv',
      '--fine-tune',
      'base.json',
      '--validation',
      'new.tsv',
      '--out',
      'h',
    );
    expect(held.status).toBe(1);
    expect(held.stderr).toMatch(
      /^rnn: new\.tsv: line 1: the source has "d" \(U\+0064\), which no source of the training had; /m,
    );
  });
});

describe('what does not fit is refused in a line', () => {
  const refusal = async (...args: string[]) => {
    const { status, stdout, stderr } = await inFolder(...args);
    expect(stdout).toBe('');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    return `${status} ${stderr}`;
  };

  test.each([
    ['text.txt --attention dot', /^2 rnn: --attention is for pairs; leave it out, or give their task with --task$/m],
    ['reverse.tsv --task text --columns 2,1', /^2 rnn: --columns is for pairs; /],
    ['reverse.tsv --mode lines --attention dot', /^2 rnn: --attention is for pairs; /],
    ['text.txt --validation dev.tsv', /^2 rnn: --validation: a file can be held out of pairs only; .* with --task$/m],
    [
      'tags.tsv --task tag --attention dot',
      /^2 rnn: --attention is for the decoder of the task transduce, and the task tag has none; /,
    ],
    [
      'ends.tsv --task classify --context every',
      /^2 rnn: --context is for the decoder .* the task classify has none; /,
    ],
    ['reverse.tsv --task transduce --mode lines', /^2 rnn: --mode is for texts, not for pairs; /],
    ['reverse.tsv --task transduce --bptt 16', /^2 rnn: --bptt is for texts, not for pairs; /],
    [
      'reverse.tsv --task transduce --reverse-source --bidirectional',
      /^2 rnn: --reverse-source reads in one direction, and --bidirectional in both; /,
    ],
    ['reverse.tsv --task transduce --no-bidirectional --fusion tanh', /^2 rnn: --fusion tanh joins two directions; /],
    ['text.txt --task transduce', /^1 rnn: text\.txt: line 1: has no tab, and a pair needs column 2; /],
    ['ends.tsv --task tag', /^1 rnn: ends\.tsv: line 1: has 9 source symbols and 1 tags; /],
    [
      'reverse.tsv --task classify --columns 1,3',
      /^1 rnn: reverse\.tsv: line 1: has 2 columns, and a pair needs column 3; /,
    ],
    [
      'ends.tsv --task transduce --max-length 2',
      /^1 rnn: ends\.tsv: line 1: has 9 symbols, more than the 2 that are allowed$/m,
    ],
    ['reverse.tsv --task transduce --validation none.tsv', /^1 rnn: none\.tsv: /],
  ])('train %s', async (args, expected) => {
    expect(await refusal('train', '--quiet', ...args.split(' '))).toMatch(expected);
  });

  test('a model of pairs by the commands that need one of texts, and the reverse', async () => {
    await done('train', 'tags.tsv', '--task', 'tag', '--out', 'small.json', '--steps', '2', ...SMALL);
    await done('train', 'text.txt', '--out', 'text.json', '--steps', '2', '--validation', '0', '--threads', '1');
    const ofPairs = /^1 rnn: small\.json: a model of pairs \(task tag\); a model of texts is needed here$/m;
    for (const args of ['gates ab -c small.json', 'bptt ab -c small.json']) {
      expect(await refusal(...args.split(' ')), args).toMatch(ofPairs);
    }
    expect(await refusal('export', 'small.json', '--to', 'ml5', 'small')).toMatch(
      /^1 rnn: a model of pairs \(task tag\) can't be exported as ml5; export it as one of safetensors, onnx, html$/m,
    );
    expect(await refusal('eval', 'tags.tsv', '-c', 'small.json', '--k', '3')).toMatch(
      /^2 rnn: --k is for the task transduce, and small\.json is to tag; /,
    );
    expect(await refusal('eval', 'tags.tsv', '-c', 'small.json', '--only', 'a')).toMatch(
      /^2 rnn: --only is for a model of texts, and small\.json is one of pairs; /,
    );
    expect(await refusal('eval', 'text.txt', '-c', 'text.json', '--confusion')).toMatch(
      /^2 rnn: --confusion is for a model of pairs, and text\.json is one of texts; /,
    );
  });

  test('eval names each line that it can not read, measures the rest, and fails', async () => {
    await done('train', 'tags.tsv', '--task', 'tag', '--out', 'lines.json', '--steps', '2', ...SMALL);
    file(folder, 'bad.tsv', '\ufeffab\tAB\r\n\r\nab\nab\tA\n\tA\nab\t\nabd\tABC\nab\tAD\nabc\tABC\n');
    const { status, stdout, stderr } = await inFolder('eval', 'bad.tsv', '-c', 'lines.json', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ pairs: 2, skipped: 6, symbols: 5 });
    expect(stderr.match(/line \d+: .*$/gm)).toEqual([
      'line 3: has no tab, and a pair needs column 2; write source, tab, target',
      'line 4: has 2 source symbols and 1 tags; a tag is needed for each symbol',
      'line 5: has an empty source',
      'line 6: has an empty target',
      'line 7: the source has "d" (U+0064), which no source of the training had; leave the pair out, or train with --min-count 2 or more',
      'line 8: the target has "D" (U+0044), which no target of the training had; leave the pair out',
    ]);
  });
});
