import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file, type Outcome, PROSE, removeFolders, shell, TINY, temporaryFolder } from '../helpers/cli.ts';
import { commandOf } from '../helpers/commands.ts';
import { rnn } from '../helpers/in-process.ts';

let folder: string;

beforeAll(async () => {
  folder = temporaryFolder();
  file(folder, 'text.txt', PROSE);
  const { status } = await rnn(['train', 'text.txt', '--steps', '2', ...TINY], { cwd: folder });
  expect(status).toBe(0);
});
afterAll(removeFolders);

/** One line on standard error, with nothing beside it but remarks before, and nothing on standard output. */
function expectError({ status, stdout, stderr }: Outcome, expected: { status: number; message: RegExp }): void {
  const lines = stderr.split('\n');
  expect(lines.pop()).toBe('');
  const message = lines.pop();
  expect(message).toMatch(expected.message);
  expect(message).toMatch(/^rnn: ./);
  expect(stderr).not.toMatch(/^\s+at |a fault of the program/m);
  expect(lines.filter((line) => line.startsWith('rnn: '))).toEqual([]);
  expect(stdout).toBe('');
  expect(status).toBe(expected.status);
}

async function fails(args: readonly string[], message: RegExp, input?: string | Uint8Array): Promise<void> {
  expectError(await rnn(args, { cwd: folder, input: input ?? '' }), { status: 1, message });
}

async function isWrongUsage(args: readonly string[], message: RegExp): Promise<void> {
  expectError(await rnn(args, { cwd: folder }), { status: 2, message });
}

describe('a corpus that is no text', () => {
  test('that is missing', () => fails(['train', 'nowhere.txt'], /nowhere\.txt: no such file; give the path/));
  test('that is a folder', () => fails(['train', '.'], /\.: is a directory; give a text file/));
  test.each(['train', 'eval', 'score'])('that is a checkpoint, for %s', (command) =>
    fails(
      [command, file(folder, `${command}.json`, '{"format": "charnn checkpoint",\n "version": 5')],
      /\.json: a checkpoint, not a text; name a model by an option, such as --checkpoint$/m,
    ),
  );
  test('that is empty', () =>
    fails(['train', file(folder, 'empty', '')], /empty: is empty; give a text with at least one character/));
  test('that is empty, from standard input', () => fails(['train', '-'], /standard input: is empty; give a text/));
  test.each(['auto', 'lines'])('that is only blank lines, in %s mode', (mode) =>
    fails(
      ['train', file(folder, `blank-${mode}`, '\n \n\n'.slice(mode === 'lines' ? 2 : 0)), '--mode', mode],
      /blank-.*(nothing but blanks|empty lines only); give a text/,
    ),
  );
  test('that is a single character', () =>
    fails(['train', file(folder, 'one', 'a')], /has 1 symbol, .*use a longer text/));
  test('that is not UTF-8, by the offset of the byte', () =>
    fails(
      ['train', file(folder, 'latin1', Buffer.from('caf\xe9 noir', 'latin1'))],
      /latin1: not UTF-8: .*0xE9.*offset 3.*--unit byte/,
    ));
  test('that is not UTF-8, from standard input', () =>
    fails(['train', '-'], /standard input: not UTF-8.*offset 2/, Buffer.from([97, 98, 0xff])));
  test('that is named by a text with a newline', () =>
    fails(['train', 'a\nb\u001b[1m'], /a\\nb\\x1b\[1m: no such file/));
  test.each([['train - -'], ['train - - --task classify'], ['eval - -'], ['score - -']])(
    'standard input twice: rnn %s',
    (line) => fails(line.split(' '), /standard input \(-\) can be read only once/),
  );
  test('that has no end', (context) => {
    if (!existsSync('/dev/zero')) return context.skip('there is no /dev/zero');
    return fails(
      ['train', '/dev/zero'],
      /\/dev\/zero: the text has more than 16777216 bytes, the most allowed; give a part/,
    );
  });
  test('that is longer than --max-bytes', () =>
    fails(
      ['train', 'text.txt', '--max-bytes', '100'],
      /text\.txt: the text has more than 100 bytes, the most allowed/,
    ));
  test('an empty name', () => isWrongUsage(['train', ''], /'' is invalid.*must not be empty/));
  test('none at all, and nothing on standard input', () => fails(['train'], /standard input: is empty; give a text/));
  test('leaves nothing in ./checkpoints', async () => {
    const cwd = temporaryFolder();
    await rnn(['train', 'nowhere.txt'], { cwd });
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('a corpus shorter than a chunk is learned', () => {
  test.each([
    ['two symbols', 'ab'],
    ['a line', 'a\n'],
    ['two words', 'to\nbe\n'],
    ['a sentence', 'It was a dark and stormy night.'],
  ])('%s', async (name, text) => {
    const cwd = temporaryFolder();
    const trained = await rnn(['train', file(cwd, `${name}.txt`, text), '--steps', '3', '--hidden', '8'], { cwd });
    expect(trained).toMatchObject({ status: 0, stdout: `checkpoints/${name}.json\n` });
    const sampled = await rnn(['sample', '--length', '20', '--seed', '1'], { cwd });
    expect(sampled.status).toBe(0);
  });
});

describe('usage', () => {
  test('an unknown command, with a suggestion', () =>
    isWrongUsage(['trian'], /unknown command 'trian' \(did you mean train\?\); see `rnn --help`/));
  test('an unknown command', () => isWrongUsage(['fly'], /unknown command 'fly'; see `rnn --help`/));
  test.each([[['trian', '--help']], [['--debug', 'trian', '-h']], [['help', 'trian']]])(
    'help on an unknown command: %j',
    (args) => isWrongUsage(args, /unknown command 'trian' \(did you mean train\?\)/),
  );
  test('an unknown option', () => isWrongUsage(['--bogus'], /unknown option '--bogus'; see `rnn --help`/));
  test.each([
    ['train', ['text.txt', '--hiden', '3'], '--hiden', '--hidden'],
    ['sample', ['--tempreature', '3'], '--tempreature', '--temperature'],
    ['beam', ['--prefx', 'd'], '--prefx', '--prefix'],
    ['info', ['--jsno'], '--jsno', '--json'],
    ['sample', ['--temp', '0.5'], '--temp', '--temperature'],
  ])('an unknown option of %s, with a suggestion', (command, args, wrong, right) =>
    isWrongUsage(
      [command, ...args],
      new RegExp(`unknown option '${wrong}' \\(did you mean ${right}\\?\\); see .rnn ${command} --help`),
    ),
  );
  test.each([
    ['train text.txt –-hidden 20', '--hidden'],
    ['train text.txt —hidden 20', '--hidden'],
    ['sample –count 3', '--count'],
    ['sample –c model.json', '-c'],
  ])('a dash in the place of the hyphens of an option: rnn %s', (args, meant) =>
    isWrongUsage(
      args.split(' '),
      new RegExp(`^rnn: \\S+: an option begins with hyphens, not with a dash; write ${meant}$`),
    ),
  );
  test('a dash at the start of a value is a part of it', () =>
    isWrongUsage(['sample', '--prefix', '–x'], /--prefix: "–" \(U\+2013\) at position 1 is not in the vocabulary/));
  test('a file whose name begins with a dash is read', () =>
    fails(['train', file(folder, '–empty', '') && '–empty'], /^rnn: –empty: is empty/));
  test.each([
    ['sample --temperature 0,8', '0.8'],
    ['train text.txt --lr 0,01', '0.01'],
    ['train text.txt --validation 0,1', '0.1'],
    ['train text.txt --time 1,5h', '1.5h'],
  ])('a decimal comma: rnn %s', (args, meant) =>
    isWrongUsage(args.split(' '), new RegExp(`is invalid\\. Write it with a point: ${meant}\\.`)),
  );
  test('a comma in a number of another kind', () =>
    isWrongUsage(['train', 'text.txt', '--steps', '1,000'], /'1,000' is invalid\. It must be a whole number from 0\./));
  test('a text after --resume, which takes the file of a state', () =>
    isWrongUsage(
      ['train', '--resume', 'text.txt'],
      /^rnn: --resume takes text\.txt for the file of a state; name the text first: rnn train text\.txt --resume$/,
    ));
  test('a page that is no argument', () =>
    isWrongUsage(['playground', 'class.html'], /takes no argument; name the page with --html class\.html$/));
  test('a word that is missing, with those that it may be', () =>
    isWrongUsage(
      ['demo'],
      /missing required argument 'system' \(iterated-unit, quadratic, linear\); see `rnn demo --help`/,
    ));
  test('a word that is none of those that it may be', () =>
    isWrongUsage(
      ['demo', 'spring'],
      /^rnn: value 'spring' is invalid for argument 'system'\. Allowed choices are iterated-unit, /,
    ));
  test('an argument too many', () =>
    isWrongUsage(
      ['sample', 'text.json'],
      /text\.json: rnn sample takes no argument; name the model with --checkpoint text\.json$/,
    ));
  test('a value missing', () =>
    isWrongUsage(['train', 'text.txt', '--steps'], /option '--steps <n>' argument missing/));

  const { count, fraction, positive, share } = {
    count: ['0', '-1', '1.5', 'x', '', '1e3', 'Infinity', '99999999999999999999'],
    fraction: ['-0.1', '1.5', '-', '', 'NaN', 'Infinity'],
    positive: ['0', '-1', 'x', '', ' ', 'NaN', 'Infinity', '1e400'],
    share: ['-1', 'x', '', 'NaN', 'Infinity'],
  };
  const constraints = {
    '--match': [''],
    '--allow': [''],
    '--forbid': [''],
    '--contains': [''],
    '--max-words': ['-1', 'x', '1.5'],
    '--min-length': ['-1', 'x', '100001'],
    '--no-repeat': count,
  };
  const wrong: Record<string, Record<string, string[]>> = {
    train: {
      '--layers': [...count, '65'],
      '--hidden': [...count, '32769'],
      '--embedding': ['-1', 'x', '32769'],
      '--bptt': count,
      '--bptt-stride': count,
      '--batch': count,
      '--epochs': positive,
      '--steps': ['-1', '1.5', 'x', ''],
      '--time': ['0', '-1', 'x', '', '3x', '5 m', '1m-', `${'9'.repeat(400)}s`],
      '--lr': positive,
      '--warmup': ['-1', '0.5', 'x'],
      '--momentum': ['-0.1', '1.1', 'x'],
      '--weight-decay': share,
      '--clip-norm': ['0', '-1', 'x', 'NaN'],
      '--clip-value': ['0', '-1', 'x', 'NaN'],
      '--min-count': count,
      '--columns': ['1', '1,', '0,1', '1,2,3', 'x,y', ''],
      '--task': ['translate', ''],
      '--attention': ['bilinear'],
      '--context': ['last'],
      '--source-unit': ['word'],
      '--max-length': count,
      '--validation': fraction,
      '--test': fraction,
      '--validate-every': count,
      '--threads': [...count, '257'],
      '--cell': ['transformer', ''],
      '--activation': ['swish'],
      '--reset': ['during'],
      '--init': ['zero'],
      '--optimizer': ['adma'],
      '--schedule': ['exponential'],
      '--preset': ['fast'],
      '--final-lr': ['-0.1', '1', 'x'],
      '--decay-factor': ['-0.1', '1', 'x'],
      '--decay-drops': ['-1', '0.5', 'x'],
      '--decay-patience': count,
      '--ema': ['-0.1', '1', 'x'],
      '--patience': count,
      '--dropout': ['-0.1', '1', 'x'],
      '--dropout-input': ['-0.1', '1', 'x'],
      '--dropout-output': ['-0.1', '1', 'x'],
      '--dropconnect': ['-0.1', '1', 'x'],
      '--mode': ['words'],
      '--unit': ['word'],
      '--kernel': ['gpu'],
      '--out': ['', '-'],
      '--resume': ['', '-'],
      '--save-every': ['0', '-1', 'x', '', '1.5', '0s', '5 m', '1e3'],
      '--max-bytes': ['0', '-1', 'x', '', '0.5', '3 GB', '1TB', '1e9'],
    },
    sample: {
      '--count': count,
      '--length': count,
      '--temperature': share,
      '--top-k': count,
      '--top-p': ['0', '-1', '1.1', 'x', 'NaN'],
      '--min-p': ['-0.1', '1.1', 'x'],
      '--typical': ['0', '1.1', 'x'],
      '--repetition-penalty': ['0', '-1', 'x', 'Infinity'],
      '--repetition-window': count,
      '--novel': [''],
      '--stop': [''],
      '--checkpoint': ['', '-'],
      ...constraints,
    },
    beam: {
      '--k': [...count, '10001'],
      '--length': count,
      '--finished': count,
      '--length-penalty': share,
      '--groups': count,
      '--diversity': share,
      '--prefix-file': [''],
      '--count': count,
      '--stop': [''],
      '--checkpoint': ['', '-'],
      ...constraints,
    },
    complete: { '--k': count, ...constraints },
    score: { '--rank': ['x'], '--checkpoint': ['', '-'] },
  };
  for (const [name, options] of Object.entries(wrong)) {
    const corpus = name === 'train' ? ['text.txt'] : [];
    const expected = (option: string) =>
      new RegExp(`option '.*${option} [<[].*' argument '.*' is invalid\\. (It must|Allowed choices)`);

    test.each(Object.entries(options))(`rnn ${name} %s`, async (option, values) => {
      for (const value of values) {
        const command = (await commandOf(name)).exitOverride().configureOutput({ writeErr() {} });
        const parse = () => command.parse([...corpus, option, value], { from: 'user' });
        expect(parse, value).toThrow(expected(option));
      }
    });

    test(`rnn ${name}, at the shell`, async () => {
      const [[option = '', [value = '']] = ['', []]] = Object.entries(options);
      await isWrongUsage([name, ...corpus, option, value], expected(option));
    });
  }

  test('--bptt-stride above --bptt', () =>
    isWrongUsage(
      ['train', 'text.txt', '--bptt', '8', '--bptt-stride', '9'],
      /--bptt-stride 9 is more than --bptt 8.*make it 8 or less/,
    ));
  test('held out parts that leave nothing to train on', () =>
    fails(['train', 'text.txt', '--validation', '0.5', '--test', '0.5'], /leave nothing to train on/));
  test('a time that is over before the first step', () =>
    fails(['train', 'text.txt', '--time', '0.0001s', ...TINY], /time was over before the first step/));
  test('--resume with an option that would be passed over', () =>
    isWrongUsage(
      ['train', 'text.txt', '--resume', 'checkpoints/text.last.json', '--hidden', '9'],
      /--hidden can't be given with --resume/,
    ));
});

describe('a text to look into', () => {
  test.each([
    ['gates', ''],
    ['gates', 'X'],
    ['gates', 'the '.repeat(2600)],
    ['bptt', ''],
    ['bptt', 't'],
    ['bptt', 'X the'],
    ['bptt', 'the '.repeat(300)],
  ])('that rnn %s can not take is wrong usage: %j', (command, text) =>
    isWrongUsage([command, text], /the text (is empty|has \d+ (symbols?|losses))|<text>: "X"/),
  );
});

describe('a prefix or a stop string', () => {
  test.each(['sample', 'beam'])('rnn %s: a character outside the vocabulary, with its code point', (command) =>
    isWrongUsage(
      [command, '--prefix', 'caf\u00e9'],
      /--prefix: "é" \(U\+00E9\) at position 4 is not in the vocabulary/,
    ),
  );
  test('a control character outside the vocabulary is not sent to the terminal', () =>
    isWrongUsage(['sample', '--prefix', '\u001b'], /--prefix: \S+ \(U\+001B\)/));
  test.each(['sample', 'beam'])('rnn %s: a stop string outside the vocabulary', (command) =>
    isWrongUsage([command, '--stop', '\u{1F600}'], /--stop: "😀" \(U\+1F600\)/),
  );
});

describe('what can’t be completed', () => {
  test.each([
    [['--match', '[0-9]+'], /--match: no text of the model's \d+ symbols is like that/],
    [
      ['--allow', 'a', '--contains', 'b'],
      /--allow and --contains: no completion can meet them together; leave one out/,
    ],
    [['--match', 'a(?=b)'], /--match: a\(\?=b\): assertions .* are not taken/],
    [['--match', '(a'], /--match: \(a: unterminated group/],
    [
      ['--match', 'a{30}', '--length', '20'],
      /has 30 symbols with its end, and --length allows 20; give a larger --length/,
    ],
    [['--contains', 'é'], /--contains: no text of the model's/],
    [['--allow', 'é'], /--allow: no text of the model's \d+ symbols is like that/],
  ])('is refused: %j', async (args, message) => {
    for (const command of ['sample', 'beam', 'complete']) await isWrongUsage([command, ...args], message);
  });

  test.each(['beam', 'complete'])('rnn %s: more completions than the search keeps', async (command) => {
    await isWrongUsage([command, '--count', '7', '--k', '5'], /--count 7 is more than --k 5; raise --k$/m);
    await isWrongUsage(
      [command, '--count', '7', '--finished', '6', '--k', '5'],
      /--count 7 is more than --finished 6; raise --finished$/m,
    );
  });

  test('--groups that don’t divide --k', () =>
    isWrongUsage(
      ['beam', '--k', '5', '--groups', '2'],
      /--groups 2 doesn't divide --k 5; give a k that is a multiple/,
    ));
  test('--prefix and --prefix-file', () =>
    isWrongUsage(['beam', '--prefix', 'a', '--prefix-file', '-'], /can't both be given/));
  test('--unique where no more texts turn up', async () => {
    const args = ['sample', '--temperature', '0', '--count', '3', '--unique', '--length', '3', '--quiet', '--json'];
    const { status, stdout, stderr } = await rnn(args, { cwd: folder });
    expect(status).toBe(1);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(
      /^rnn: 1 of 3 texts, for the last 10000 drawn were not as wanted .*; use a higher --temp.*\n$/,
    );
  });

  test('lines of a prefix file are named by number, and the others done', async () => {
    const input = Buffer.concat([Buffer.from('the\ncaf\u00e9\n\n'), Buffer.from([0xff, 10]), Buffer.from('qu')]);
    const args = ['beam', '--k', '2', '--length', '4', '--prefix-file', '-', '--quiet'];
    const { status, stdout, stderr } = await rnn(args, { cwd: folder, input });
    expect(status).toBe(1);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(lines.map(([prefix]) => prefix)).toEqual(['the', 'café', '', '\\xff', 'qu']);
    expect(lines.map((fields) => fields.length)).toEqual([3, 1, 3, 1, 3]);
    expect(stderr).toMatch(
      /^rnn: line 2: "é" \(U\+00E9\) at position 4 is not in the vocabulary.*\nrnn: line 4: is not UTF-8; convert it\n$/,
    );
  });

  test('a prefix file that is missing', () => fails(['beam', '--prefix-file', 'nowhere'], /nowhere: no such file/));
  test('a file of --novel that is missing', () => fails(['sample', '--novel', 'nowhere'], /nowhere: no such file/));
  test('a text to score that is missing', () => fails(['score', 'nowhere'], /nowhere: no such file/));
});

describe('a prefix that no training text had', () => {
  test.each(['sample', 'beam'])('rnn %s: longer than all of it', async (command) => {
    const prefix = 'the lazy dog '.repeat(100);
    const { status, stdout } = await rnn([command, '--prefix', prefix, '--length', '5', '--quiet'], { cwd: folder });
    expect(status).toBe(0);
    expect(stdout.startsWith(prefix)).toBe(true);
  });
  test.each(['sample', 'beam'])('rnn %s: empty', async (command) => {
    expect((await rnn([command, '--prefix', '', '--length', '5', '--quiet'], { cwd: folder })).status).toBe(0);
  });
});

test('a model whose probabilities are not numbers', async () => {
  const checkpoint = JSON.parse(readFileSync(join(folder, 'checkpoints/text.json'), 'utf8'));
  const { shape } = checkpoint.tensors['output.weight'];
  const huge = new Float32Array(shape[0] * shape[1]).map((_, at) => (at % 2 === 0 ? 3e38 : -3e38));
  checkpoint.tensors['output.weight'].data = Buffer.from(huge.buffer).toString('base64');
  checkpoint.tensors['output.bias'].data = Buffer.from(new Float32Array(shape[1]).fill(3e38).buffer).toString('base64');
  const cwd = temporaryFolder();
  file(cwd, 'huge.json', JSON.stringify(checkpoint));
  const message = /the model's probabilities are not numbers: its checkpoint is damaged, or its training diverged; use/;
  for (const args of [['sample'], ['beam'], ['beam', '--prefix-file', '-'], ['score']]) {
    const outcome = await rnn([...args, '-c', 'huge.json', '--quiet'], { cwd, input: 'the lazy dog jumps\n' });
    expectError(outcome, { status: 1, message });
  }
});

describe('no checkpoint yet', () => {
  test.each(['sample', 'beam', 'complete', 'score', 'info'])('rnn %s', async (command) => {
    const message = /no checkpoint in \.\/checkpoints yet; make one with `rnn train TEXT`/;
    expectError(await rnn([command], { cwd: temporaryFolder() }), { status: 1, message });
  });
  test('./checkpoints holds no model', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'checkpoints/folder.json'), { recursive: true });
    file(cwd, 'checkpoints/.text.json.1.tmp', '');
    expectError(await rnn(['info'], { cwd }), { status: 1, message: /no checkpoint in/ });
  });
  test('./checkpoints is a file', async () => {
    const cwd = temporaryFolder();
    file(cwd, 'checkpoints', '');
    expectError(await rnn(['info'], { cwd }), { status: 1, message: /no checkpoint in/ });
    const trained = await rnn(['train', file(cwd, 'text.txt', PROSE), '--steps', '1', ...TINY], { cwd });
    expectError(trained, { status: 1, message: /checkpoints\/text\.json: the checkpoint can't be saved/ });
  });
});

describe('what is saved already is not lost', () => {
  const diverging = '--cell rnn --activation relu --optimizer sgd --lr 1e30 --clip-norm 1e30 --steps 50'.split(' ');

  /** A file at --out, and the state beside it. */
  function savedRun(): { cwd: string; unchanged: () => void } {
    const cwd = temporaryFolder();
    file(cwd, 'text.txt', PROSE);
    const names = ['model.json', 'model.last.json'];
    for (const name of names) file(cwd, name, `not to be lost: ${name}`);
    return {
      cwd,
      unchanged: () => {
        for (const name of names) expect(readFileSync(join(cwd, name), 'utf8')).toBe(`not to be lost: ${name}`);
        expect(readdirSync(cwd).sort()).toEqual([...names, 'text.txt']);
      },
    };
  }

  test('--out that exists is refused', async () => {
    const { cwd, unchanged } = savedRun();
    const outcome = await rnn(['train', 'text.txt', '--out', 'model.json', ...TINY], { cwd });
    expectError(outcome, { status: 1, message: /model\.json is there already; give another --out, or --overwrite/ });
    unchanged();
  });

  test('--out is refused, too, where only the last state would be lost', async () => {
    const cwd = temporaryFolder();
    file(cwd, 'text.txt', PROSE);
    file(cwd, 'model.last.json', 'not to be lost');
    const outcome = await rnn(['train', 'text.txt', '--out', 'model.json', ...TINY], { cwd });
    expectError(outcome, { status: 1, message: /model\.last\.json is there already/ });
  });

  test('--overwrite replaces it', async () => {
    const { cwd } = savedRun();
    const args = ['train', 'text.txt', '--out', 'model.json', '--overwrite', '--steps', '1', ...TINY];
    expect(await rnn(args, { cwd })).toMatchObject({ status: 0, stdout: 'model.json\n' });
    expect((await rnn(['info', 'model.json'], { cwd })).status).toBe(0);
  });

  test('a loss that is no longer a number ends the run, and even --overwrite loses nothing', async () => {
    const { cwd, unchanged } = savedRun();
    const args = ['train', 'text.txt', '--out', 'model.json', '--overwrite', ...diverging, '--warmup', '0', ...TINY];
    expectError(await rnn(args, { cwd }), {
      status: 1,
      message: /training diverged: .* at step \d+; use a smaller --lr/,
    });
    unchanged();
  });

  test('a run that diverges late leaves the best model of before', async () => {
    const cwd = temporaryFolder();
    file(cwd, 'text.txt', PROSE);
    // The rate grows until the loss overflows.
    const args = ['train', 'text.txt', ...diverging, '--lr', '1e6', '--warmup', '50', '--validate-every', '1', ...TINY];
    expectError(await rnn(args, { cwd }), { status: 1, message: /training diverged/ });
    expect((await rnn(['info', 'checkpoints/text.json'], { cwd })).status).toBe(0);
  });

  test.each([
    ['below a file', 'text.txt/model.json'],
    ['a folder', '.'],
    ['a name too long', `${'n'.repeat(300)}.json`],
  ])('--out that can’t be written is found out before training: %s', async (_, out) => {
    const { cwd, unchanged } = savedRun();
    const message = /: the checkpoint can't be saved: .*; give another --out/;
    const args = ['train', 'text.txt', '--out', out, '--overwrite', '--time', '1h', ...TINY];
    expectError(await rnn(args, { cwd }), { status: 1, message });
    unchanged();
  });

  test.each(['a directory', 'an immutable file'])(
    '%s where the state would be is found out before training',
    async (what) => {
      const cwd = temporaryFolder();
      file(cwd, 'text.txt', PROSE);
      const state = join(cwd, 'm.last.json');
      const isLocked = (on: boolean) => spawnSync('chattr', [on ? '+i' : '-i', state]).status === 0;
      if (what === 'a directory') mkdirSync(state);
      else {
        writeFileSync(state, '{}');
        if (!isLocked(true)) return; // only root may, and not on every file system
      }
      try {
        const args = ['train', 'text.txt', '--out', 'm', '--overwrite', '--time', '1h', '--quiet', ...TINY];
        const message = /^rnn: m\.last\.json: the checkpoint can't be saved: .*; give another --out$/;
        expectError(await rnn(args, { cwd }), { status: 1, message });
      } finally {
        if (what !== 'a directory') isLocked(false);
      }
    },
  );

  test('a new name each time where --out is not given, and it is said', async () => {
    const cwd = temporaryFolder();
    file(cwd, 'text.txt', PROSE);
    for (const expected of ['checkpoints/text.json\n', 'checkpoints/text-2.json\n', 'checkpoints/text-3.json\n']) {
      const { stdout, stderr } = await rnn(['train', 'text.txt', '--steps', '1', ...TINY], { cwd });
      expect(stdout).toBe(expected);
      const remark = `checkpoints/text.json is there already, so this run is saved in ${expected.trim()}; --resume goes on`;
      expect(stderr.includes(remark)).toBe(expected !== 'checkpoints/text.json\n');
    }
  });
});

test('--debug shows the stack trace', async () => {
  const { status, stderr } = await rnn(['--debug', 'train', 'nowhere.txt'], { cwd: folder });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^rnn: nowhere\.txt: no such file.*\n/);
  expect(stderr).toMatch(/^\s+at /m);
});

test('standard output that can’t be written', async (context) => {
  if (!existsSync('/dev/full')) return context.skip('there is no /dev/full');
  const { statuses, ...outcome } = await shell('rnn sample --quiet >/dev/full', { cwd: folder });
  expectError(
    { ...outcome, status: Number(statuses) },
    { status: 1, message: /standard output can't be written: ENOSPC/ },
  );
});
