import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file, PROSE, removeFolders, rowsOf, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { hasTerminals, onTerminal, plain } from '../helpers/terminal.ts';

/** To learn, but for a tenth held out to validate and a fifth to test; and the same words, as no one would put them. */
const TEXT = PROSE;
const NEW = PROSE.split(' ').toReversed().join(' ');

const RUNS = { gru: '--cell gru --steps 120', plain: '--cell rnn --steps 10', unheld: '--validation 0 --steps 5' };

let cwd: string;

beforeAll(async () => {
  cwd = temporaryFolder();
  file(cwd, 'text.txt', TEXT);
  file(cwd, 'new.txt', NEW);
  for (const [name, options] of Object.entries(RUNS)) {
    const split = options.includes('--validation') ? [] : ['--validation', '0.1', '--test', '0.2'];
    const args = [
      'train',
      'text.txt',
      '--mode',
      'stream',
      '--out',
      `${name}.json`,
      '--quiet',
      ...options.split(' '),
      ...split,
    ];
    expect((await rnn([...args, ...TINY], { cwd })).status).toBe(0);
  }
});
afterAll(removeFolders);

interface Facts {
  readonly symbols: number;
  readonly loss: number;
  readonly bits: number;
  readonly perplexity: number;
  readonly accuracy: number;
  readonly trainingLoss?: number;
  readonly leftOut?: { readonly count: number; readonly symbols: readonly string[] };
}

async function measured(...args: string[]): Promise<Facts> {
  const { status, stdout, stderr } = await rnn(['eval', ...args, '--checkpoint', 'gru.json', '--json'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

interface Saved {
  readonly run: { readonly history: readonly { validation?: number; test?: number }[] };
}

const saved = (name: string): Saved => JSON.parse(readFileSync(join(cwd, name), 'utf8'));

describe('rnn eval', () => {
  test('gives the loss, and what follows from it', async () => {
    const { symbols, loss, bits, perplexity, accuracy } = await measured('new.txt');
    expect(symbols).toBe([...NEW].length - 1);
    expect(bits).toBeCloseTo(loss / Math.log(2), 12);
    expect(perplexity).toBeCloseTo(Math.exp(loss), 12);
    expect(accuracy).toBeGreaterThan(0.1);
    expect(accuracy).toBeLessThan(0.9);
    const { stdout } = await rnn(['eval', 'new.txt', '--checkpoint', 'gru.json'], { cwd });
    expect(stdout).toContain(`loss\t${loss.toFixed(4)} nats (${bits.toFixed(3)} bits) a symbol\n`);
  });

  test('measures the parts that were held out, of the text trained on', async () => {
    const best = saved('gru.json').run.history.findLast(({ test }) => test !== undefined)!;
    const [validation, held] = [
      await measured('text.txt', '--part', 'validation'),
      await measured('text.txt', '--part', 'test'),
    ];
    // In training the rows start anew, here the state is carried all the way: nearly the same.
    expect(Math.abs(validation.loss / best.validation! - 1)).toBeLessThan(0.05);
    expect(Math.abs(held.loss / best.test! - 1)).toBeLessThan(0.05);
    expect(held.symbols).toBe(Math.floor([...TEXT].length / 5) - 1);
  });

  test('names the loss that training measured for the same part', async () => {
    const best = saved('gru.json').run.history.findLast(({ test }) => test !== undefined)!;
    const validation = await measured('text.txt', '--part', 'validation');
    expect(validation.trainingLoss).toBe(best.validation);
    expect((await measured('text.txt', '--part', 'test')).trainingLoss).toBe(best.test);
    expect(await measured('text.txt')).not.toHaveProperty('trainingLoss');
    const { stdout } = await rnn(['eval', 'text.txt', '--part', 'validation', '-c', 'gru.json'], { cwd });
    expect(stdout).toContain(`in training\t${best.validation!.toFixed(4)} nats`);
  });

  test('leaves out the symbols that the model does not know, and says so', async () => {
    file(cwd, 'foreign.txt', NEW.replaceAll('fox', 'fœxß'));
    file(cwd, 'known.txt', NEW.replaceAll('fox', 'fx'));
    const [{ leftOut, ...foreign }, known] = [await measured('foreign.txt'), await measured('known.txt')];
    expect(foreign).toEqual(known);
    expect(leftOut).toEqual({ count: 16, symbols: ['"œ" (U+0153)', '"ß" (U+00DF)'] });
    const { stdout } = await rnn(['eval', 'foreign.txt', '-c', 'gru.json'], { cwd });
    expect(stdout).toContain('16 symbols that the model does not know: "œ" (U+0153), "ß" (U+00DF)');
    file(cwd, 'unknown.txt', 'œß');
    const { status, stderr } = await rnn(['eval', 'unknown.txt', '-c', 'gru.json'], { cwd });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^rnn: unknown.txt: "œ" \(U\+0153\) and 1 other symbol are not in the vocabulary/);
  });

  test('of another text has no such parts', async () => {
    const { status, stderr } = await rnn(['eval', 'new.txt', '-c', 'gru.json', '--part', 'test'], { cwd });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        'rnn: gru.json was trained on another text than this one, so that it has no test part; give its own text, or leave out --part\n',
    });
  });

  test('of a part that the run did not hold out says so', async () => {
    const training = 'train text.txt --mode stream --steps 2 --out untested.json --quiet'.split(' ');
    expect((await rnn([...training, '--validation', '0.1', ...TINY], { cwd })).status).toBe(0);
    for (const more of [[], ['--ngrams', '1-2']]) {
      const args = ['eval', 'text.txt', '-c', 'untested.json', '--part', 'test', ...more];
      const { status, stderr } = await rnn(args, { cwd });
      expect(stderr).toBe('rnn: this run held out no test part; train with --test, or measure the validation part\n');
      expect(status).toBe(1);
    }
    rmSync(join(cwd, 'untested.json'));
    rmSync(join(cwd, 'untested.last.json'), { force: true });
  });

  test.each([
    ['--dynamic-lr 0.1', '--dynamic-lr is for --dynamic'],
    ['--ngrams-from new.txt', '--ngrams-from is for --ngrams'],
    ['--ngrams 2 --only a', '--only is for a measurement without --ngrams'],
    ['--ngrams 2 --dynamic', '--dynamic is for a measurement without --ngrams'],
    ['--ngrams 2 --dynamic-steps 8 --dynamic', '--dynamic is for a measurement without --ngrams'],
    ['--ngrams 2 --kernel js', '--kernel is for a measurement without --ngrams'],
  ])('%s is refused: it would change nothing', async (options, why) => {
    const args = ['eval', 'text.txt', '-c', 'gru.json', '--part', 'validation', ...options.split(' ')];
    const { status, stderr } = await rnn(args, { cwd });
    expect({ status, stderr }).toEqual({ status: 2, stderr: `rnn: ${why}; leave it out\n` });
  });

  test('of a text with nothing to predict says so', async () => {
    const { status, stderr } = await rnn(['eval', '-', '-c', 'gru.json'], { cwd, input: 'a' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^rnn: there is nothing to predict in the text: .*; give more text\n$/);
  });

  test('--dynamic predicts a repeated text better and better, and leaves the checkpoint alone', async () => {
    const before = readFileSync(join(cwd, 'gru.json'));
    file(cwd, 'again.txt', NEW.slice(0, 300).repeat(20));
    const still = await measured('again.txt');
    const dynamic = await measured('again.txt', '--dynamic', '--dynamic-lr', '0.003');
    expect(dynamic.symbols).toBe(still.symbols);
    expect(dynamic.loss).toBeLessThan(0.8 * still.loss);
    expect(dynamic.accuracy).toBeGreaterThan(still.accuracy);
    expect(readFileSync(join(cwd, 'gru.json')).equals(before)).toBe(true);
  });
});

describe('rnn compare', () => {
  test('puts the best first, and a run without validation last', async () => {
    const paths = ['unheld.json', 'plain.json', 'plain.last.json', 'gru.json'];
    const { status, stdout, stderr } = await rnn(['compare', ...paths], { cwd });
    expect(status).toBe(0);
    expect(stderr).toMatch(/validated on different texts or parts/);
    const [header, ...rows] = rowsOf(stdout);
    expect(header!.join(', ')).toBe(
      'group, model, parameters, steps, best at, epochs, training, validation, bits, test, checkpoint',
    );
    expect(rows.map((row) => row.at(-1))).toEqual(['gru.json', 'plain.json', 'unheld.json']);
    expect(rows.map(([group]) => group)).toEqual(['1', '1', '2']);
    const [, model, parameters, steps] = rows[0]!;
    expect([model, steps]).toEqual(['gru 1 × 8', '120']);
    expect(Number(parameters)).toBeGreaterThan(1000); // digits alone, which a program can read
    expect(rows[2]!.slice(7, 9)).toEqual(['', '']); // without validation
  });

  test('shows what the sweep swept', async () => {
    for (const rate of ['0.001', '0.02']) {
      const args = [
        'train',
        'text.txt',
        '--lr',
        rate,
        '--dropout',
        rate,
        '--steps',
        '10',
        '--validation',
        '0.1',
        ...TINY,
      ];
      await rnn([...args, '--quiet', '--out', `checkpoints-of-a-sweep/rate-${rate}.json`], { cwd });
    }
    const paths = ['0.001', '0.02'].map((rate) => `checkpoints-of-a-sweep/rate-${rate}.json`);
    const { stdout, stderr } = await rnn(['compare', ...paths, 'gru.json'], { cwd });
    expect(stderr).toMatch(/each group is ordered by itself/);
    const [header, ...rows] = rowsOf(stdout);
    const swept = header!.indexOf('lr');
    expect(header!.slice(swept, swept + 3)).toEqual(['lr', 'dropout', 'steps']);
    const run = rows.find((row) => row.at(-1)!.endsWith('rate-0.02.json'))!;
    expect(run.slice(swept, swept + 3)).toEqual(['0.02', '0.02', '10']);
    expect(rows.map(([group]) => group)).toEqual(['1', '1', '2']);
    expect(rows[2]!.at(-1)).toBe('gru.json');
  });

  test.runIf(hasTerminals)('has no line wider than the terminal, and an empty line between groups', async () => {
    const { stdout } = await onTerminal(['compare', 'gru.json', 'unheld.json', '--quiet'], { cwd, columns: 80 });
    const lines = plain(stdout).trimEnd().split(/\r?\n/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.slice(1).map((line) => line.split(/\s+/).at(-1))).toEqual(['gru.json', '', 'unheld.json']);
  });

  test.runIf(hasTerminals)('stands in blocks where columns are too many for the terminal', async () => {
    const paths = ['gru.json', 'unheld.json'];
    const { stdout } = await onTerminal(['compare', ...paths, '--quiet'], { cwd, columns: 40 });
    const lines = plain(stdout).trimEnd().split(/\r?\n/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    const block = ['group checkpoint', '1 gru.json', '2 unheld.json'];
    expect(lines.map((line) => line.trim().split(/\s+/).slice(0, 2).join(' '))).toEqual([...block, ...block, ...block]);
  });

  test('--json has the losses that the runs have', async () => {
    const { stdout, stderr } = await rnn(['compare', 'plain.json', 'gru.json', '--json'], { cwd });
    expect(stderr).toBe('');
    const [first] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const losses = saved('gru.json').run.history.flatMap(({ validation }) => validation ?? []);
    expect(first).toMatchObject({ path: 'gru.json', cell: 'gru', step: 120, validation: Math.min(...losses) });
  });
});

describe('rnn train --preset', () => {
  const train = async (...args: string[]) => {
    const all = ['train', 'text.txt', '--steps', '1', '--out', 'preset.json', '--overwrite', ...args];
    const { stderr } = await rnn(all, { cwd });
    return { stderr, recipe: (saved('preset.json') as unknown as { run: { recipe: Recipe } }).run.recipe };
  };
  interface Recipe {
    readonly model: { readonly cell: string; readonly hidden: number };
    readonly limits: object;
    readonly dropout: { readonly layers: number; readonly variational: boolean };
  }

  test.each(['quick', 'balanced', 'best'])(
    '%s says in full what it means, as options that mean the same without it',
    async (name) => {
      const { stderr, recipe } = await train('--preset', name, '--hidden', '9');
      const [, options = ''] = new RegExp(`^preset ${name}: (.*)$`, 'm').exec(stderr) ?? [];
      expect(options).toMatch(/--cell \w+ .*--hidden 9 .*--dropout \d/);
      expect((await train(...options.split(' '))).recipe).toEqual(recipe);
    },
  );

  test('best grows with the time, and the checkpoint has what it chose, also where the run goes on', async () => {
    const { stderr, recipe } = await train('--preset', 'best', '--time', '1h', '--hidden', '5', '--lr', '0.01');
    // The text is short, so the members are as many as there may be.
    expect(stderr).toMatch(/^preset best: .*--hidden 5 .*--members 16 .*--steps 1 --time 3600 .*--lr 0\.01 /m);
    expect(recipe).toMatchObject({ model: { members: 16, hidden: 5 }, rate: 0.01, dropout: { layers: 0.03 } });
    await rnn(['train', 'text.txt', '--resume', 'preset.last.json', '--steps', '2', '--threads', '1'], { cwd });
    const { run } = saved('preset.json') as unknown as { run: { recipe: Recipe; step: number } };
    expect(run).toMatchObject({ step: 2, recipe: { ...recipe, limits: { steps: 2 } } });
  });

  test('has the values of its purpose', async () => {
    expect((await train('--preset', 'balanced')).stderr).toMatch(
      /^preset balanced: --cell gru .*--hidden 160 .*--members 3 .*--lr 0\.007 /m,
    );
  });

  test('gives way to what is said, numbers and switches alike', async () => {
    const { stderr, recipe } = await train('--preset', 'best', '--hidden', '9', '--cell', 'lstm', '--variational');
    expect(stderr).toMatch(/^preset best: .*--cell lstm .*--hidden 9 .*--steps 1 /m);
    expect(stderr).toMatch(/^preset best: .*--dropout 0\.03 .*--variational/m);
    expect(recipe).toMatchObject({
      model: { cell: 'lstm', hidden: 9, members: 5 },
      dropout: { layers: 0.03, variational: true },
    });
    expect(recipe.limits).toEqual({ steps: 1 });
    expect((await train('--preset', 'best', '--hidden', '9')).recipe.dropout.variational).toBe(false);
  });
});
