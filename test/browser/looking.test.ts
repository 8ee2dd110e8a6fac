import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CELLS } from '../../src/nn/config.ts';
import type { TrainEvent } from '../../src/training/events.ts';
import { type Bundle, importBundle } from '../helpers/browser-bundle.ts';
import { file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { gather } from '../helpers/iteration.ts';

/** Another text, with a symbol that PROSE does not have. */
const SEQUEL = 'the lazy dog rests; the fox jumps over it.\n'.repeat(6);

let bundle: Bundle;
let cwd: string;

beforeAll(async () => {
  bundle = await importBundle();
  cwd = temporaryFolder();
  file(cwd, 'prose.txt', PROSE);
  file(cwd, 'sequel.txt', SEQUEL);
  file(cwd, 'words.txt', 'deep\nlearn\nmachine\n');
  for (const cell of CELLS) await trained(`${cell}.json`, 'prose.txt', '--cell', cell);
}, 120_000);

afterAll(removeFolders);

async function trained(out: string, text: string, ...options: string[]): Promise<void> {
  const args = ['train', text, ...TINY, '--steps', '30', '--kernel', 'wasm128', '--quiet', '--out', out];
  expect(await rnn([...args, ...options], { cwd })).toMatchObject({ status: 0, stderr: '' });
}

async function printed(...args: string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await rnn([...args, '--json', '--quiet', '--kernel', 'wasm128'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

function saved(name: string): string {
  return readFileSync(join(cwd, name), 'utf8');
}

test.each(CELLS)('gradientFlow of the cell %s is what rnn gradflow prints', async (cell) => {
  const flow = await printed('gradflow', 'prose.txt', '-c', `${cell}.json`, '--lags', '12', '--positions', '9');
  const model = await bundle.load(saved(`${cell}.json`));
  const { counts, layers } = bundle.gradientFlow(model, PROSE, { lags: 12, positions: 9 });
  expect(counts).toEqual(flow.counts);
  expect(flow.layers).toMatchObject(layers);
  expect(layers[0]!.hidden.every((norm) => norm > 0)).toBe(true);
  expect('carousel' in layers[0]!).toBe(cell === 'lstm');
});

test('evaluate gives what rnn eval prints, of all symbols and of some', async () => {
  const model = await bundle.load(saved('lstm.json'));
  for (const only of [undefined, 'eo']) {
    const found = await printed('eval', 'prose.txt', '-c', 'lstm.json', ...(only ? ['--only', only] : []));
    expect(found).toMatchObject(await bundle.evaluate(model, PROSE, { only }));
  }
  await expect(bundle.evaluate(model, 'é')).rejects.toThrow(/not in the vocabulary/);
});

describe('activations', () => {
  test('are those of each unit after each symbol, with how surprising the symbol was', async () => {
    const model = await bundle.load(saved('gru.json'));
    const { symbols, layers, hidden, values } = bundle.activations(model, PROSE, { length: 40 });
    expect(symbols.map(({ text }) => text).join('')).toBe(PROSE.slice(0, 40));
    expect({ layers, hidden, count: values.length }).toEqual({ layers: 1, hidden: 8, count: 40 * 8 });
    expect(values.every((value) => Math.abs(value) <= 1)).toBe(true);
    expect(symbols[0]!.bits).toBeNaN();
    // A text is scored after the end of a line.
    const { symbols: scored } = await model.score(PROSE.slice(0, 40));
    const read = bundle.activations(model, `\n${PROSE}`, { length: 41 }).symbols.slice(1);
    for (const [at, { bits }] of read.entries()) expect(bits).toBeCloseTo(scored[at]!.bits, 4);
    // What was read before decides, and what comes later does not.
    const shorter = bundle.activations(model, PROSE.slice(0, 20));
    expect(shorter.values).toEqual(values.slice(0, 20 * 8));
  });

  test('of a model of lines begin anew in each line, whose end is a newline', async () => {
    await trained('words.json', 'words.txt', '--validation', '0');
    const model = await bundle.load(saved('words.json'));
    const { symbols, values } = bundle.activations(model, 'deep\ndeep\n');
    expect(symbols.map(({ text }) => text).join('')).toBe('deep\ndeep\n');
    expect(symbols[4]!.symbol).toBe('<stop>');
    expect(values.slice(0, 5 * 8)).toEqual(values.slice(5 * 8));
  });
});

test('a text that has nothing to predict is refused', async () => {
  const model = await bundle.load(saved('rnn.json'));
  expect(() => bundle.gradientFlow(model, 't')).toThrow(/nothing to predict/);
  expect(() => bundle.activations(model, '')).toThrow(/is empty/);
});

test('Training.step takes one step at a time, and gives all events', async () => {
  const options = { model: { hidden: 8, layers: 1 }, batch: 4, bptt: 16, limits: { steps: 25 } } as const;
  const byStep: (readonly TrainEvent[])[] = [];
  const training = bundle.train(PROSE, options);
  for (let events = await training.step(); events.length > 0; events = await training.step()) {
    byStep.push(events);
    const [step] = events.filter((event) => event.type === 'step');
    if (step) expect(training.state()!.run).toMatchObject({ step: step.step });
  }
  expect(byStep[0]!.map(({ type }) => type)).toEqual(['start', 'step']);
  expect(byStep.filter((events) => events.filter(({ type }) => type === 'step').length === 1)).toHaveLength(25);
  const types = (await gather(bundle.train(PROSE, options))).map(({ type }) => type);
  expect(byStep.flat().map(({ type }) => type)).toEqual(types);
});

test('fineTune gives the parameters of rnn train --fine-tune, with new symbols', async () => {
  const tune = ['train', 'sequel.txt', '--fine-tune', 'gru.json', '--batch', '4', '--bptt', '16', '--steps', '20'];
  const place = ['--kernel', 'wasm128', '--quiet', '--out', 'tuned.json'];
  expect(await rnn([...tune, ...place], { cwd })).toMatchObject({ status: 0, stderr: '' });
  const model = await bundle.load(saved('gru.json'));
  const training = bundle.fineTune(model, SEQUEL, { batch: 4, bptt: 16, limits: { steps: 20 } });
  await gather(training);
  const expected = await bundle.load(saved('tuned.last.json'));
  expect(expected.vocabulary.size).toBe(model.vocabulary.size + 1);
  expect(bundle.serialize(training.state()!)).toBe(bundle.serialize(expected.checkpoint));
});
