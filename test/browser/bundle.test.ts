import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LanguageModel, PairModel, parseCheckpoint, resolveRecipe } from '../../src/index.ts';
import type { TrainEvent } from '../../src/training/events.ts';
import { type Bundle, bundleText, importBundle } from '../helpers/browser-bundle.ts';
import { file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { gather } from '../helpers/iteration.ts';
import { pairCheckpoint } from '../helpers/pair-checkpoints.ts';

const RECIPE = { model: { hidden: 8, layers: 1 }, batch: 4, bptt: 16 } as const;

let bundle: Bundle;
let cwd: string;
/** What `rnn train` saves of its run on PROSE: the best model and the newest state. */
let saved: { readonly best: string; readonly last: string };

beforeAll(async () => {
  bundle = await importBundle();
  cwd = temporaryFolder();
  file(cwd, 'prose.txt', PROSE);
  saved = await trainedByCommand('prose');
}, 120_000);

afterAll(removeFolders);

async function trainedByCommand(out: string, ...options: string[]) {
  const args = ['train', 'prose.txt', ...TINY, '--steps', '200', '--seed', '7', '--kernel', 'wasm128', '--quiet'];
  const outcome = await rnn([...args, '--out', `${out}.json`, ...options], { cwd });
  expect(outcome).toMatchObject({ status: 0, stderr: '' });
  return {
    best: readFileSync(join(cwd, `${out}.json`), 'utf8'),
    last: readFileSync(join(cwd, `${out}.last.json`), 'utf8'),
  };
}

describe('the module', () => {
  test('is one file that loads no other, makes no functions of text, and can stand in a page', () => {
    const text = bundleText();
    expect(text).not.toMatch(/\bnode:|\bfrom\s*["']|\bimport\s*\(|^import\b|\brequire\s*\(|import\.meta/m);
    expect(text.toLowerCase()).not.toContain('</script');
    expect(text).not.toContain('<!--');
  });

  test('has types that lead to types of the package alone', () => {
    const types = fileURLToPath(new URL('../../dist/types', import.meta.url));
    const names = readdirSync(types, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'));
    expect(names).toContain(join('browser', 'index.d.ts'));
    expect(names.filter((name) => /from '#/.test(readFileSync(join(types, name), 'utf8')))).toEqual([]);
  });

  test('takes its kernels: those with relaxed SIMD, where this engine has it', async () => {
    const { choice } = await bundle.load(saved.best);
    expect(choice.name).toBe('wasm128');
    expect(choice.roundsTwice).toBeUndefined();
  });
});

describe('training', () => {
  test('gives the same bytes as rnn train --kernel wasm128: state and best model', async () => {
    const training = bundle.train(PROSE, { ...RECIPE, seed: '7', limits: { steps: 200 } });
    let best = '';
    for await (const event of training) {
      if (event.type === 'checkpoint' && event.kind === 'best') best = bundle.serialize(event.snapshot());
    }
    expect(bundle.serialize(training.state()!)).toBe(saved.last);
    expect(parseCheckpoint(best, 'best').parameters).toEqual(parseCheckpoint(saved.best, 'saved').parameters);
  });

  test('gives the events of the library, and can be left, stopped and resumed to the same bytes', async () => {
    const options = { ...RECIPE, seed: '7', limits: { steps: 200 } };
    const first = bundle.train(PROSE, options);
    const types: TrainEvent['type'][] = [];
    for await (const event of first) {
      types.push(event.type);
      if (event.type === 'step' && event.step === 33) break;
    }
    expect(types.slice(0, 4)).toEqual(['start', 'step', 'step', 'step']);
    expect(types.filter((type) => type === 'checkpoint').length).toBeLessThan(10);
    const state = bundle.serialize(first.state()!);
    expect((await first.next()).done).toBe(true);
    const second = bundle.train(PROSE, { ...options, resume: await bundle.readCheckpoint(state) });
    await gather(second);
    expect(bundle.serialize(second.state()!)).toBe(saved.last);
  });

  test('ends after the step under way where its signal says so', async () => {
    const controller = new AbortController();
    const training = bundle.train(PROSE, { ...RECIPE, signal: controller.signal });
    let done: TrainEvent | undefined;
    for await (const event of training) {
      if (event.type === 'step' && event.step === 5) controller.abort();
      done = event;
    }
    expect(done).toMatchObject({ type: 'done', reason: 'interrupted', step: 6 });
  });

  test('goes on with another rate as a run that is resumed with it', async () => {
    const options = {
      ...RECIPE,
      rate: 0.01,
      limits: { steps: 60 },
      schedule: { name: 'constant', warmup: 0 },
    } as const;
    const training = bundle.train(PROSE, options);
    const rates: number[] = [];
    let starts = 0;
    for await (const event of training) {
      if (event.type === 'start') starts++;
      if (event.type !== 'step') continue;
      rates.push(event.rate);
      if (event.step === 40) training.rate = 0.001;
    }
    expect(rates).toEqual(Array.from({ length: 60 }, (_, step) => (step < 40 ? 0.01 : 0.001)));
    expect(starts).toBe(1);
    const { run } = await bundle.readCheckpoint(bundle.serialize(training.state()!));
    expect(run).toMatchObject({ step: 60, recipe: { rate: 0.001 } });
    expect(() => {
      training.rate = -1;
    }).toThrow(/^rate must be a number above 0, not -1$/);
  });

  test('learns pairs', async () => {
    const pairs = 'ab\tB A\na\tA\nb\tB\nba\tA B\naab\tB A A\nbb\tB B\n';
    const model = { hidden: 8, pairs: { task: 'transduce' } } as const;
    const training = bundle.train(pairs, {
      model,
      pairs: { targetUnit: 'token' },
      validation: 0,
      limits: { steps: 5 },
    });
    await gather(training);
    const trained = await bundle.loadPairs(bundle.serialize(training.state()!));
    expect(trained.task).toBe('transduce');
    // What the recipe leaves out has the defaults of models of pairs.
    const recipe = resolveRecipe({ model, validation: 0, limits: { steps: 5 } });
    expect(trained.checkpoint.run).toMatchObject({ recipe: JSON.parse(JSON.stringify(recipe)) });
    expect(await trained.beam('ab', { k: 2 })).toHaveLength(2);
  });

  test('refuses options as the library does', () => {
    expect(() => bundle.train(PROSE, { model: { hidden: 0 } })).toThrow(
      /^model\.hidden must be a whole number from 1 to 32768, not 0$/,
    );
    expect(() => bundle.train('')).toThrow(/is empty; give a text with at least one character/);
  });
});

describe('a model of texts', () => {
  let node: LanguageModel;
  let page: Awaited<ReturnType<Bundle['load']>>;

  beforeAll(async () => {
    node = new LanguageModel(parseCheckpoint(saved.best, 'prose'), 'prose', 'wasm128');
    page = await bundle.load(saved.best, 'prose');
  });

  test('writes, searches and scores as on Node, to the bit', async () => {
    for (const request of [
      { temperature: 0, length: 40 },
      { count: 3, seed: 'x', topP: 0.9, length: 30 },
    ])
      expect(await gather(page.sample(request))).toEqual(await gather(node.sample(request)));
    expect((await gather(page.stream({ length: 50 }))).join('')).toBe(
      (await gather(node.stream({ length: 50 }))).join(''),
    );
    expect(await page.beam('the', { k: 4, length: 12 })).toEqual(await node.beam('the', { k: 4, length: 12 }));
    expect(await page.score('the river')).toEqual(await node.score('the river'));
  });

  test('says what may come next: what greedy sampling takes, and how likely it is', async () => {
    const next = await page.next('the');
    expect(next).toEqual(await node.next('the'));
    expect(next.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
    expect(next.map(({ probability }) => probability)).toEqual(
      next.map(({ probability }) => probability).toSorted((a, b) => b - a),
    );
    const [greedy] = await gather(page.sample({ prefix: 'the', temperature: 0, length: 1 }));
    expect(next[0]).toMatchObject({ text: greedy!.completion, logProbability: greedy!.logProbability });
  });

  test('refuses constraints, which need the library on Node', async () => {
    await expect(gather(page.sample({ match: 'a+' }))).rejects.toThrow(
      /^match needs the library on Node; leave it out in a page$/,
    );
    await expect(page.beam('', { minLength: 3 })).rejects.toThrow(/^minLength needs/);
    expect(await gather(page.sample({ noRepeat: 2, length: 20 }))).toHaveLength(1);
  });

  test('is read from text, bytes, a file, JSON or a snapshot; what is wrong with it is said as on the command line', async () => {
    const bytes = new TextEncoder().encode(saved.best);
    const sources = [bytes, new Blob([bytes]), JSON.parse(saved.best), parseCheckpoint(saved.best, '')];
    for (const source of sources) {
      expect((await bundle.load(source)).checkpoint.parameters).toEqual(node.checkpoint.parameters);
    }
    const wrong = [saved.best.slice(0, 5000), '{}', saved.best.replace(/"version": \d+/, '"version": 99')];
    for (const text of wrong) {
      expect(() => parseCheckpoint(text, 'book.json')).toThrow(/^book\.json: /);
      const { message } = await bundle.load(text, 'book.json').then(
        () => new Error('nothing'),
        (error: Error) => error,
      );
      expect(() => parseCheckpoint(text, 'book.json')).toThrow(message);
    }
    await expect(bundle.load('nowhere:book.json')).rejects.toThrow(/^nowhere:book\.json: can't be loaded: /);
  });
});

test('a model of pairs gives the targets of Node, their probabilities and what it attends to', async () => {
  const json = await pairCheckpoint('transduce');
  const node = new PairModel(parseCheckpoint(json, 'pairs'), 'pairs', 'wasm128');
  const page = await bundle.loadPairs(json);
  for (const source of ['ab', 'cab']) {
    const found = await page.beam(source, { k: 3 });
    expect(found).toEqual(await node.beam(source, { k: 3 }));
    expect(await page.attention(source, found[0]!.text)).toEqual(await node.attention(source, found[0]!.text));
  }
  await expect(bundle.load(json)).rejects.toThrow(
    /a model of pairs \(task transduce\); a model of texts is needed here/,
  );
  expect((await bundle.loadModel(json)).constructor).toBe(page.constructor);
});

describe('charRNN', () => {
  test('generates, feeds, predicts and resets; its callbacks are told', async () => {
    const ready: unknown[] = [];
    const rnn = bundle.charRNN(saved.best, (...told) => ready.push(told));
    expect(await rnn.ready).toBe(rnn);
    expect(ready).toEqual([[undefined, rnn]]);
    const model = await bundle.load(saved.best);
    expect(rnn.vocabSize).toBe(model.vocabulary.size);

    let told: unknown;
    const { sample } = await rnn.generate({ seed: 'the', length: 12, temperature: 1 }, (_, result) => {
      told = result;
    });
    expect([...sample]).toHaveLength(12);
    expect(told).toEqual({ sample });

    rnn.reset();
    await rnn.feed('the');
    const characters: string[] = [];
    const { probabilities } = await rnn.predict(1, (character) => characters.push(character));
    const next = await model.next('the');
    for (const { id, probability } of next) expect(probabilities[id]!.probability).toBeCloseTo(probability, 9);
    expect(probabilities.map(({ char }) => char)).toContain(characters[0]);
    // The state stays where it is, and a low temperature takes the likeliest.
    expect((await rnn.predict(1e-6)).sample).toBe(next[0]!.text === '' ? '\n' : next[0]!.text);
  });

  test('tells a callback what went wrong', async () => {
    const rnn = bundle.charRNN(saved.best);
    let told: unknown;
    await expect(rnn.feed('漢', (error) => (told = error))).rejects.toThrow(/not in the vocabulary/);
    expect(told).toBeInstanceOf(Error);
  });
});
