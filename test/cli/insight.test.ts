import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file, PROSE, removeFolders, rowsOf, shell, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { readSvg } from '../insight/svg-numbers.ts';

afterAll(removeFolders);

let cwd: string;

beforeAll(async () => {
  cwd = temporaryFolder();
  file(cwd, 'prose.txt', PROSE);
  for (const cell of ['lstm', 'rnn']) {
    const args = ['train', 'prose.txt', '--cell', cell, '--out', `${cell}.json`, '--steps', '30', '--quiet', ...TINY];
    expect((await rnn(args, { cwd })).status).toBe(0);
  }
});

async function lines(...args: string[]): Promise<Record<string, unknown>[]> {
  const { status, stdout, stderr } = await rnn([...args, '--json'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The history of a checkpoint, from the file itself. */
function history(name: string): Record<string, number>[] {
  const { run } = JSON.parse(readFileSync(join(cwd, name), 'utf8')) as { run: { history: Record<string, number>[] } };
  return run.history;
}

describe('rnn plot', () => {
  test('draws in characters, with both axes, and no colour for a pipe', async () => {
    const { status, stdout } = await rnn(['plot', 'lstm.json'], { cwd });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Loss: nats a symbol\n/);
    expect(stdout).toMatch(/[●▲]/);
    expect(stdout).toMatch(/^ *step \(updates\)\n● training {3}▲ validation\n$/m);
    expect(stdout).not.toContain('\u001b');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(86);
  });

  test('--svg - and --html - print the file itself, but not both', async () => {
    for (const [option, start, end] of [
      ['--svg', '<svg ', '</svg>\n'],
      ['--html', '<!doctype html>', '</html>\n'],
    ] as const) {
      const { status, stdout } = await rnn(['plot', 'lstm.json', option, '-'], { cwd });
      expect(status).toBe(0);
      expect(stdout.startsWith(start)).toBe(true);
      expect(stdout.endsWith(end)).toBe(true);
    }
    const both = await rnn(['plot', 'lstm.json', '--svg', '-', '--html', '-'], { cwd });
    expect(both).toMatchObject({ status: 2, stdout: '' });
    expect(both.stderr).toMatch(/^rnn: only one of --svg -, --html - and --json can be written to standard output/);
  });

  test('--svg writes the checkpoint’s numbers, and prints the path', async () => {
    const { status, stdout } = await rnn(['plot', 'lstm.json', '--svg', 'curves.svg'], { cwd });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'curves.svg\n' });
    const [training, validation] = readSvg(readFileSync(join(cwd, 'curves.svg'), 'utf8'));
    for (const [index, { step, loss, validation: held }] of history('lstm.json').entries()) {
      expect(training!.points[index]![0]).toBeCloseTo(step!, 1);
      expect(training!.points[index]![1]).toBeCloseTo(loss!, 2);
      expect(validation!.points[index]![1]).toBeCloseTo(held!, 2);
    }
  });

  test('--json has them to the last digit, of several runs and quantities', async () => {
    const [loss, update] = await lines('plot', 'lstm.json', 'rnn.json', '--what', 'loss', 'update');
    expect((loss!.series as { name: string }[]).map(({ name }) => name)).toEqual([
      'lstm, training',
      'lstm, validation',
      'rnn, training',
      'rnn, validation',
    ]);
    const [, ratios] = update!.series as { points: number[][] }[];
    expect(ratios!.points).toEqual(history('rnn.json').map(({ step, updateRatio }) => [step, updateRatio]));
  });

  test('--html draws all there is, in one page that loads nothing', async () => {
    const { status } = await rnn(['plot', 'lstm.json', '--html', 'curves.html'], { cwd });
    expect(status).toBe(0);
    const page = readFileSync(join(cwd, 'curves.html'), 'utf8');
    for (const title of ['Loss', 'Gradient', 'Clipping', 'Learning rate', 'Updates', 'Saturated gates']) {
      expect(page).toContain(`>${title}</text>`);
    }
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  });

  test('has no gates to draw of a vanilla RNN, and says so', async () => {
    const { status, stdout, stderr } = await rnn(['plot', 'rnn.json', '--what', 'gates'], { cwd });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^rnn: rnn: nothing was recorded of: gates; there is: loss, [^\n]*gradient[^\n]*\n$/);
  });
});

describe('rnn gradflow', () => {
  const QUICK = ['--lags', '12', '--positions', '8', '--jacobians', '1'];

  test('tells norms, spectra and truncations of a checkpoint', async () => {
    const [flow] = await lines('gradflow', 'prose.txt', '-c', 'rnn.json', ...QUICK);
    const [layer] = flow!.layers as Record<string, number[] & { mean: number[] }>[];
    expect(layer!.hidden).toHaveLength(13);
    const bound = layer!.bound!;
    for (const [lag, norm] of layer!.jacobian!.mean.entries()) expect(norm).toBeLessThanOrEqual(bound[lag]! * 1.0001);
    expect(layer!.truncations).toMatchObject([{ steps: 10 }]);
    const { stdout } = await rnn(['gradflow', 'prose.txt', '-c', 'rnn.json', ...QUICK], { cwd });
    for (const head of ['‖∂L/∂h‖ 1', '(γλ)ⁿ 1', 'spectral radius', 'cut off, k1 = 1']) expect(stdout).toContain(head);
  });

  test('has the cell state and the carousel of an LSTM', async () => {
    const [flow] = await lines('gradflow', 'prose.txt', '-c', 'lstm.json', ...QUICK);
    const [layer] = flow!.layers as Record<string, number[]>[];
    expect(layer!.cell).toHaveLength(13);
    expect(layer!.carousel![0]).toBe(1);
    expect(layer!.bound).toBeUndefined();
  });

  test('--compare lays three fresh cells over each other, or checkpoints', async () => {
    const fresh = await lines('gradflow', 'prose.txt', '--compare', '--hidden', '8', ...QUICK);
    expect(fresh.map(({ name }) => name)).toEqual([
      'fresh tanh RNN, 1 × 8',
      'fresh LSTM, 1 × 8',
      'fresh GRU, reset before, 1 × 8',
    ]);
    const args = ['gradflow', 'prose.txt', '--compare', 'lstm.json', 'rnn.json', ...QUICK];
    const { stdout } = await rnn(args, { cwd });
    expect(stdout).toContain('● lstm   ▲ rnn');
    expect((await rnn([...args, '--layer', '2'], { cwd })).stderr).toMatch(/rnn: none of the models has a layer 2;/);
  });

  test('--double doesn’t lose what single precision does', async () => {
    const args = [
      '--fresh',
      '--cell',
      'rnn',
      '--activation',
      'logistic',
      '--hidden',
      '8',
      '--lags',
      '60',
      '--jacobians',
      '0',
    ];
    const last = async (...more: string[]): Promise<number> => {
      const [flow] = await lines('gradflow', 'prose.txt', ...args, ...more);
      return (flow!.layers as { hidden: number[] }[])[0]!.hidden.at(-1)!;
    };
    expect(await last()).toBe(0);
    expect(await last('--double')).toBeGreaterThan(1e-80);
  });

  test.each([
    [['--fresh', '-c', 'rnn.json'], /^rnn: give one of --checkpoint, --fresh and --compare/],
    [['-c', 'rnn.json', '--layer', '1'], /^rnn: --layer is for --compare/],
    [['-c', 'rnn.json', '--cell', 'gru'], /^rnn: --cell says nothing here: it is for a model of --fresh/],
    [['--compare', 'rnn.json', 'lstm.json', '--hidden', '8'], /^rnn: --hidden says nothing here/],
    [['--compare', '--cell', 'gru'], /^rnn: --cell says nothing here/],
  ])('%s is wrong usage', async (args, message) => {
    const { status, stderr } = await rnn(['gradflow', 'prose.txt', '--quiet', ...args, ...QUICK], { cwd });
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('numbers in a pipe', () => {
  test('of rnn gates are ASCII, between tabs: those of the JSON, rounded', async () => {
    const args = ['gates', 'the quick', '-c', 'lstm.json', '--quiet'];
    const [header, ...rows] = rowsOf((await rnn(args, { cwd })).stdout);
    expect(header).toEqual(['reads', 'f', 'i', 'C̃', 'C', 'o', 'h']);
    const steps = (await lines(...args)) as { symbol: string; values: number[] }[];
    expect(rows.map(([symbol]) => symbol)).toEqual(steps.map(({ symbol }) => symbol));
    const values = rows.flatMap(([, ...cells]) => cells);
    expect(values).toEqual(steps.flatMap((step) => step.values.map((value) => value.toFixed(3))));
    expect(values.some((value) => value.startsWith('-'))).toBe(true);
  });

  test('of rnn gradflow and rnn bptt have empty cells where nothing was measured', async () => {
    file(cwd, 'short.txt', 'to be\nor not\n');
    const flow = ['gradflow', 'short.txt', '--compare', 'lstm.json', 'rnn.json', '--lags', '4', '--quiet'];
    const { stdout } = await rnn(flow, { cwd });
    expect(stdout).toMatch(/^lag\tlstm\trnn\n0\t\d\.\d\de[+-]\d+\t\d\.\d\de[+-]\d+$/m);
    const terms = await rnn(['bptt', 'ab', '--fresh', '--quiet'], { cwd });
    expect(terms.stdout).toMatch(/^t\tk=1 a\tk=2 b\t‖∂L_t\/∂W‖\n1\t[\de.-]+\t\t[\de.-]+$/m);
  });
});

describe('rnn corpus and rnn eval --only', () => {
  test('print lines of a task, and count its answers alone', async () => {
    const { stdout, stderr } = await rnn(['corpus', 'lag', '--length', '5', '--count', '40', '--seed', '2'], { cwd });
    expect(stderr).toBe('answers are the symbols ABCD: rnn eval --only ABCD\n');
    expect(stdout).toMatch(/^(?:[abcd][xyz]{3}\?[ABCD]\n){40}$/);
    file(cwd, 'lag.txt', stdout);
    const train = [
      'train',
      'lag.txt',
      '--mode',
      'lines',
      '--validation',
      '0',
      '--steps',
      '5',
      '--out',
      'lag.json',
      ...TINY,
    ];
    expect((await rnn(train, { cwd })).status).toBe(0);
    const evaluate = async (...args: string[]) =>
      JSON.parse((await rnn(['eval', 'lag.txt', '-c', 'lag.json', '--json', ...args], { cwd })).stdout) as Record<
        string,
        number
      >;
    const [all, some, rest] = [
      await evaluate(),
      await evaluate('--only', 'ABCD'),
      await evaluate('--only', 'abcdxyz?'),
    ];
    expect([all, some, rest].map(({ symbols }) => symbols)).toEqual([40 * 7, 40, 40 * 5]);
    const stops = (280 * all!.loss! - 40 * some!.loss! - 200 * rest!.loss!) / 40;
    expect(stops).toBeGreaterThan(0);
  });

  test.each([
    ['--only', '#', /^rnn: --only: "#"[^\n]* is not in the vocabulary/, 2],
    ['--dynamic', '--only=A', /^rnn: --only can't be given with --dynamic/, 2],
  ])('%s %s is refused', async (first, second, message, expected) => {
    const { status, stderr } = await rnn(['eval', 'lag.txt', '-c', 'lag.json', first, second], { cwd });
    expect(status).toBe(expected);
    expect(stderr).toMatch(message);
  });

  test.each([
    [['lag', '--length', '1'], 1, /^rnn: the shortest lag has a length of 2/],
    [['copy', '--length', '5-2'], 2, /It must be a whole number such as 30, or a range such as 1-8/],
    [['majority'], 2, /Allowed choices are xor, parity, parity-final, addition, copy, copy-reversed, lag/],
  ])('rnn corpus %s fails', async (args, expected, message) => {
    const { status, stderr, stdout } = await rnn(['corpus', ...args], { cwd });
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('rnn demo', () => {
  test('iterated-unit prints its fixed points, and where the gradient explodes', async () => {
    const { status, stdout } = await rnn(['demo', 'iterated-unit'], { cwd });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^0\.0707\t0\.3943\tsink\n0\.5000\t1\.5000\tsource\n0\.9293\t0\.3943\tsink\n/m);
    expect(stdout).toMatch(/^0\.5\t0\.5000\t2\.71e\+17$/m);
  });

  test('iterated-unit takes tanh', async () => {
    const { stdout } = await rnn(['demo', 'iterated-unit', '--activation', 'tanh', '--weight', '2', '--bias', '0'], {
      cwd,
    });
    expect(stdout).toMatch(/^-0\.9575\t0\.1664\tsink\n0\.0000\t2\.0000\tsource\n0\.9575\t0\.1664\tsink\n/m);
  });

  test('linear draws eigenvalues below, at and above 1', async () => {
    const [chart] = await lines('demo', 'linear', '--eigenvalue', '0.5', '2', '--steps', '10');
    const ends = (chart!.series as { points: number[][] }[]).map(({ points }) => points.at(-1)![1]);
    expect(ends).toEqual([expect.closeTo(2 ** -9, 12), expect.closeTo(512, 6)]);
  });
});

describe('rnn report', () => {
  test('is one page with every section, from a text or from what the model writes', async () => {
    for (const args of [
      ['--text', 'prose.txt'],
      ['--length', '100'],
    ]) {
      const { status, stdout } = await rnn(['report', 'lstm.json', '--html', 'report.html', ...args], { cwd });
      expect({ status, stdout }).toEqual({ status: 0, stdout: 'report.html\n' });
      const page = readFileSync(join(cwd, 'report.html'), 'utf8');
      for (const id of ['curves', 'flow', 'samples', 'surprisal', 'memory', 'units', 'symbols']) {
        expect(page).toContain(`<section id="${id}">`);
      }
      expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
      expect(page).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  test('says which part of which text it shows, and begins what was held out at a whole line', async () => {
    const poem = Array.from({ length: 40 }, (_, line) => `line ${line} of a poem that goes on`).join('\n');
    file(cwd, 'poem.txt', poem);
    file(cwd, 'other.txt', 'a poem of lines\n'.repeat(9));
    const train = ['train', 'poem.txt', '--mode', 'stream', '--steps', '5', '--quiet', ...TINY];
    const shown = async (model: string, ...args: string[]) => {
      const options = ['--length', '100', '--html', 'poem.html', ...args];
      const { status, stderr } = await rnn(['report', model, ...options], { cwd });
      expect(status).toBe(0);
      const page = readFileSync(join(cwd, 'poem.html'), 'utf8');
      const [, text = ''] = /<section id="surprisal">.*?<pre class="text">(.*?)<\/pre>/s.exec(page)!;
      return { reading: /^reading: (.*)\n/m.exec(stderr)?.[1], text: text.replace(/<[^>]+>/g, '') };
    };
    // 0.3 of the text begins within a line.
    expect((await rnn([...train, '--validation', '0.3', '--out', 'held.json'], { cwd })).status).toBe(0);
    const held = await shown('held.json', '--text', 'poem.txt');
    expect(held.reading).toBe('the validation part of poem.txt, which the model has not learned from');
    expect(held.text).toMatch(/^line \d+ of/);
    const finished = [...train, '--validation', '0.3', '--finish', 'all', '--out', 'finished.json'];
    expect((await rnn(finished, { cwd })).status).toBe(0);
    expect((await shown('finished.json', '--text', 'poem.txt')).reading).toBe(
      'the validation part of poem.txt, which the model has learned in its last phase',
    );
    expect((await rnn([...train, '--validation', '0', '--out', 'all.json'], { cwd })).status).toBe(0);
    expect((await shown('all.json', '--text', 'poem.txt')).reading).toBe(
      'the training part of poem.txt, which the model has learned from: nothing was held out',
    );
    expect((await shown('all.json', '--text', 'other.txt')).reading).toBe(
      'other.txt, a text that the run did not read',
    );
  });

  test('can’t be written where there is no folder', async () => {
    const { status, stderr } = await rnn(['report', 'lstm.json', '--quiet', '--html', 'no/such/page.html'], { cwd });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^rnn: no\/such\/page\.html: can't be written: [^\n]*\n$/);
  });
});

test('where the disk is full, a page and a drawing stay as they were, and nothing is left beside them', async () => {
  const folder = temporaryFolder();
  for (const form of ['html', 'svg']) {
    expect((await rnn(['demo', 'linear', `--${form}`, 'old'], { cwd: folder })).status).toBe(0);
    const before = readFileSync(join(folder, 'old'), 'utf8');
    for (const name of ['old', 'new']) {
      const { statuses, stderr } = await shell(`ulimit -f 4; rnn demo linear --quiet --${form} ${name}`, {
        cwd: folder,
      });
      expect(statuses).toBe('1');
      expect(stderr).toMatch(new RegExp(`^rnn: ${name}: can't be written: EFBIG: [^\\n]*; give another path\\n$`));
    }
    expect(readdirSync(folder)).toEqual(['old']);
    expect(readFileSync(join(folder, 'old'), 'utf8')).toBe(before);
    rmSync(join(folder, 'old'));
  }
});
