import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TransducerRuntime } from '../exchange/onnx-runtime.ts';
import { corpus, TINY } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { PAIR_LISTS, writePairs } from '../helpers/pair-checkpoints.ts';

const FOREIGN = fileURLToPath(new URL('../golden/exchange/', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'rnn-exchange-cli-'));
afterAll(() => rmSync(cwd, { recursive: true }));

const run = (...args: string[]) => rnn(args, { cwd });
const json = (path: string) => JSON.parse(readFileSync(join(cwd, path), 'utf8'));

beforeAll(async () => {
  const { status } = await run(
    'train',
    corpus('terms.txt'),
    ...TINY,
    '--cell',
    'lstm',
    '--steps',
    '20',
    '--out',
    'terms.json',
  );
  expect(status).toBe(0);
});

describe('rnn export and rnn import', () => {
  test.each(['safetensors', 'onnx'])('a model comes back from %s, to the byte', async (ending) => {
    const exported = await run('export', 'terms.json', `a.${ending}`);
    expect(exported).toMatchObject({ status: 0, stdout: `a.${ending}\n`, stderr: '' });
    const imported = await run('import', `a.${ending}`, '--out', `${ending}.json`);
    expect(imported).toMatchObject({ status: 0, stdout: `${ending}.json\n`, stderr: '' });
    expect(readFileSync(join(cwd, `${ending}.json`))).toEqual(readFileSync(join(cwd, 'terms.json')));
  });

  test('a model of pairs comes back from safetensors, to the byte, and its text is asked for by no format', async () => {
    await writePairs(cwd, 'tag', { steps: 2 });
    expect(await run('export', 'tag.json', 'tag.safetensors')).toMatchObject({ status: 0, stderr: '' });
    const imported = await run('import', 'tag.safetensors', '--out', 'tag-back.json', '--json');
    expect(JSON.parse(imported.stdout)).toMatchObject({ path: 'tag-back.json', model: { pairs: { task: 'tag' } } });
    expect(readFileSync(join(cwd, 'tag-back.json'))).toEqual(readFileSync(join(cwd, 'tag.json')));
    const withText = await run('export', 'tag.json', 'tag', '--to', 'pytorch', '--text', corpus('terms.txt'));
    expect(withText.status).toBe(2);
    expect(withText.stderr).toBe('rnn: --text is for a model of texts, and tag.json is of pairs; leave it out\n');
  });

  test('a page says by how much float16 changes the loss: on the part of its own text that was held out, or on what it writes', async () => {
    await run('train', corpus('lighthouse.txt'), ...TINY, '--steps', '20', '--out', 'house.json');
    const half = await run('export', 'house.json', 'half.html', '--half', '--text', corpus('lighthouse.txt'));
    expect(half).toMatchObject({ status: 0, stdout: 'half.html\n' });
    const change =
      /^float16 changes the loss on the validation part of .*lighthouse.txt by [+−][\d.e-]+ nats a symbol, from (\d\.\d{4}) to (\d\.\d{4})\n$/;
    expect(half.stderr).toMatch(change);
    const { stdout } = await run(
      'eval',
      corpus('lighthouse.txt'),
      '-c',
      'house.json',
      '--part',
      'validation',
      '--json',
    );
    expect(change.exec(half.stderr)?.[1]).toBe((JSON.parse(stdout) as { loss: number }).loss.toFixed(4));
    const alone = await run('export', 'terms.json', 'terms.html', '--half');
    expect(alone.stderr).toMatch(/^float16 changes the loss on a text that the model has written itself by /);
    await writePairs(cwd, 'classify', { steps: 2 });
    writeFileSync(join(cwd, 'classify.tsv'), PAIR_LISTS.classify.join('\n'));
    const pairs = await run('export', 'classify.json', 'classify.html', '--half', '--text', 'classify.tsv');
    expect(pairs.stderr).toMatch(/^float16 changes the loss on classify.tsv by /);
    const whole = await run('export', 'terms.json', 'whole.html', '--text', corpus('terms.txt'));
    expect(whole).toMatchObject({ status: 2, stderr: 'rnn: --text is for a page with --half; leave it out\n' });
  });

  test('a transducer is a folder of two ONNX graphs, which find what rnn beam --k 1 finds, and comes back from it', async () => {
    await writePairs(cwd, 'transduce', { steps: 40 });
    const exported = await run('export', 'transduce.json', 'pair.onnx');
    expect(exported).toMatchObject({
      status: 0,
      stdout: 'pair.onnx\n',
      stderr: 'a transducer is two graphs, in a folder: encoder.onnx and decoder.onnx\n',
    });
    const imported = await run('import', 'pair.onnx', '--out', 'pair-back.json');
    expect(imported).toMatchObject({ status: 0, stdout: 'pair-back.json\n', stderr: '' });
    expect(readFileSync(join(cwd, 'pair-back.json'))).toEqual(readFileSync(join(cwd, 'transduce.json')));

    const sources = ['ab', 'abc', 'bcab', 'bacba'];
    const beam = await rnn(['beam', '-c', 'transduce.json', '--k', '1', '-'], {
      cwd,
      input: `${sources.join('\n')}\n`,
    });
    const [encoder, decoder] = ['encoder', 'decoder'].map((part) =>
      readFileSync(join(cwd, 'pair.onnx', `${part}.onnx`)),
    );
    const graphs = await TransducerRuntime.open({ encoder: encoder!, decoder: decoder! });
    const { source, target } = json('transduce.json').vocabulary;
    const lines = sources.map(async (text) => {
      const ids = Array.from(
        text,
        (symbol) => source.symbols.indexOf(symbol) + Number(source.stop) + Number(source.unknown),
      );
      const found = await graphs.greedy(ids, 100);
      const symbols = found.map((id) => target.symbols[id - Number(target.stop) - Number(target.unknown)]);
      return `${text}\t${symbols.join(' ')}\n`;
    });
    expect(beam.stdout).toBe((await Promise.all(lines)).join(''));
  });

  test('a path that is a checkpoint is the model, and what to write is asked for', async () => {
    const { status, stderr } = await run('export', 'terms.json');
    expect(stderr).toBe('rnn: name the file to write, too: rnn export terms.json terms.onnx\n');
    expect(status).toBe(2);
  });

  test('a file that is not there is named in plain words', async () => {
    const { status, stderr } = await run('import', 'nowhere.onnx');
    expect(stderr).toBe('rnn: nowhere.onnx: no such file; give the path of a file\n');
    expect(status).toBe(1);
  });

  test('nothing is overwritten, by either', async () => {
    writeFileSync(join(cwd, 'taken.onnx'), 'mine');
    const exported = await run('export', 'terms.json', 'taken.onnx');
    expect(exported.status).toBe(1);
    expect(exported.stderr).toBe('rnn: taken.onnx: exists already; give another name\n');
    expect(readFileSync(join(cwd, 'taken.onnx'), 'utf8')).toBe('mine');
    await run('export', 'terms.json', 'b.onnx');
    const imported = await run('import', 'b.onnx', '--out', 'terms.json');
    expect(imported.stderr).toBe('rnn: terms.json: exists already; give another name\n');
    expect(json('terms.json').run.step).toBe(20);
  });

  test('a model of char-rnn.pytorch is imported, shown, sampled and trained on', async () => {
    const imported = await run('import', join(FOREIGN, 'char-rnn.safetensors'), '--symbols', 'printable', '--json');
    expect(JSON.parse(imported.stdout)).toMatchObject({
      path: join('checkpoints', 'char-rnn.json'),
      model: { cell: 'gru', reset: 'after', layers: 2, hidden: 12, embedding: 12, symbols: 100 },
      notes: [],
    });
    expect((await run('info', 'checkpoints/char-rnn.json')).stdout).toContain('embedding');
    const sampled = await run('sample', '-c', 'checkpoints/char-rnn.json', '--length', '30', '--seed', '1');
    expect(sampled.status).toBe(0);
    expect(sampled.stdout.length).toBeGreaterThanOrEqual(30);
    const tuned = await run(
      'train',
      corpus('lighthouse.txt'),
      '--fine-tune',
      'checkpoints/char-rnn.json',
      '--steps',
      '2',
      '--out',
      'tuned.json',
    );
    expect(tuned.status).toBe(0);
  });

  test('symbols from a file: JSON, or a text', async () => {
    const file = join(FOREIGN, 'gru-before.onnx');
    writeFileSync(join(cwd, 'letters.json'), JSON.stringify([...'hgfedcba\n .z']));
    writeFileSync(join(cwd, 'letters.txt'), 'hgfedcba\n .z');
    await run('import', file, '--symbols', 'letters.json', '--out', 'from-json.json');
    await run('import', file, '--symbols', 'letters.txt', '--out', 'from-text.json');
    expect(json('from-json.json')).toEqual(json('from-text.json'));
    expect(json('from-text.json').vocabulary.symbols).toEqual([...'\n .abcdefghz']);
    writeFileSync(join(cwd, 'broken.json'), '["a",');
    const broken = await run('import', file, '--symbols', 'broken.json', '--out', 'x.json');
    expect(broken.status).toBe(2);
    expect(broken.stderr).toMatch(/^rnn: --symbols: broken.json: is no JSON; --symbols takes a list or a record.*\n$/);
    const missing = await run('import', file, '--out', 'x.json');
    expect(missing.stderr).toMatch(/^rnn: .*: it does not say which 12 symbols the model reads; .* with --symbols\n$/);
  });

  test('a folder to train on in PyTorch, and what it needs', async () => {
    const without = await run('export', 'terms.json', 'folder', '--to', 'pytorch');
    expect(without.status).toBe(2);
    expect(without.stderr).toBe(
      'rnn: a folder for PyTorch needs the text to go on training with; name it with --text\n',
    );
    const { status } = await run('export', 'terms.json', 'folder', '--to', 'pytorch', '--text', corpus('terms.txt'));
    expect(status).toBe(0);
    expect(readdirSync(join(cwd, 'folder')).sort()).toEqual([
      'corpus.safetensors',
      'model.safetensors',
      'recipe.json',
      'train.py',
    ]);
  });

  test('notes are on standard error, and options are named as flags', async () => {
    const noted = await run(
      'import',
      join(FOREIGN, 'tied.safetensors'),
      '--symbols',
      'letters.txt',
      '--out',
      'tied.json',
    );
    expect(noted).toMatchObject({ status: 0, stdout: 'tied.json\n' });
    expect(noted.stderr).toBe('its output layer has no bias; here it is 0\n');
    const ending = await run('export', 'terms.json', 'model.bin');
    expect(ending).toMatchObject({ status: 2 });
    expect(ending.stderr).toMatch(/^rnn: model.bin: its ending names no format; .* with --to\n$/);
    expect(await run('export', 'terms.json', 'page.onnx', '--to', 'html')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'rnn: page.onnx: its ending names onnx, and --to html; give another ending, or leave out --to\n',
    });
    expect((await run('export', 'a', 'b', 'c')).stderr).toBe(
      'rnn: 3 paths are too many; name a checkpoint and what to write\n',
    );
  });
});
