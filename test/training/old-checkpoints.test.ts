import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { LanguageModel, type SampledText } from '../../src/library/language-model.ts';
import { parseCheckpoint } from '../../src/nn/checkpoint.ts';
import { VERSION } from '../../src/nn/checkpoint-versions.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import type { Mode } from '../../src/text/mode.ts';
import { readResume, readRun } from '../../src/training/record.ts';
import { run } from '../helpers/training.ts';

/**
 * One last checkpoint of each version, written by the last program of that version with `rnn train tobe.txt --hidden 2 --batch 2 --bptt 4
 * --steps 6 --validation 0.2` on this text, and with:
 *
 * 1. `--mode stream --layers 1 --embedding 2`
 * 2. `--mode stream --layers 1 --embedding 2 --cell gru --tied --validate-every 3 --dropout 0.1 --ema 0.9 --schedule plateau
 *    --on-divergence rollback`
 * 3. `--mode lines --layers 2 --cell rnn --members 2 --validate-every 3 --bptt-stride 3 --dropconnect 0.1 --optimizer rmsprop`
 * 4. `--mode stream --layers 2 --validate-every 3 --schedule step`
 * 5. `--mode lines --layers 1 --cell gru --validate-every 3 --finish all`
 */
const TEXT = 'to be or not to be\n'.repeat(6);
const golden = (version: number): string =>
  readFileSync(new URL(`../golden/checkpoint-v${version}.json`, import.meta.url), 'utf8');

const VERSIONS = Array.from({ length: VERSION }, (_, index) => index + 1);

describe.each(VERSIONS)('a checkpoint of version %i', (version) => {
  const text = golden(version);
  const checkpoint = parseCheckpoint(text, 'old.json');
  const { recipe, corpus } = readRun(checkpoint, 'old.json');

  test('says so, and is read', () => {
    expect(JSON.parse(text)).toMatchObject({ version });
    expect(checkpoint.resume).toBeDefined();
  });

  test('completes text', async () => {
    const model = new LanguageModel(checkpoint, 'old.json');
    const samples: SampledText[] = [];
    for await (const sample of model.sample({ length: 5, count: 9 })) samples.push(sample);
    expect(samples.map(({ logProbability }) => logProbability < 0)).toEqual(Array(9).fill(true));
    expect(samples.some(({ completion }) => completion !== '')).toBe(true);
    expect((await model.beam('t', { k: 3, length: 4 }))[0]!.text).toMatch(/^t/u);
  });

  test('has the same record when it is written and read again', () => {
    expect(readRun({ run: JSON.parse(JSON.stringify(readRun(checkpoint, ''))) }, '')).toEqual(readRun(checkpoint, ''));
  });

  test('is resumed: its run goes on, and is written by the version of today', async () => {
    const again = { ...recipe, limits: { steps: 9 } };
    const finished = await run(corpusFromText(TEXT, { mode: corpus.mode as Mode }), again, { resume: checkpoint });
    expect(finished.steps.map(({ step }) => step).slice(0, 3)).toEqual([7, 8, 9]);
    expect(finished.done.step).toBe(9 + finished.done.finishSteps);
    const { history } = readRun(finished.last.checkpoint, '');
    expect(history.slice(0, -1)).toEqual(readRun(checkpoint, '').history);
    expect(JSON.parse(finished.last.text)).toMatchObject({ version: VERSION, model: checkpoint.model });
  });
});

test('what a version did not have is filled in with what it did', () => {
  const [first, second] = [1, 2].map((version) => parseCheckpoint(golden(version), 'old.json'));
  expect(first!.model).toMatchObject({ tied: false, members: 1 });
  expect(readRun(first!, '').recipe).toMatchObject({
    model: { tied: false, members: 1 },
    schedule: { name: 'cosine', factor: 0.5, drops: 5, patience: 3 },
    dropout: { input: 0, layers: 0, output: 0, recurrent: 0, variational: false },
    averaging: 0,
    onDivergence: 'stop',
  });
  expect(readResume(first!)).toMatchObject({ sinceBest: 0, plateaus: 0, sincePlateau: 0, rollbacks: 0 });
  expect(readRun(parseCheckpoint(golden(3), 'old.json'), '')).toMatchObject({ origin: null, corpus: { files: null } });
  expect(readRun(parseCheckpoint(golden(4), 'old.json'), '')).toMatchObject({
    finishSteps: 0,
    recipe: { finish: 'best' },
  });
  expect(second!.model).toMatchObject({ tied: true, members: 1 });
  expect(readRun(second!, '').recipe).toMatchObject({
    model: { tied: true, members: 1 },
    dropout: { layers: 0.1 },
    averaging: 0.9,
  });
});

describe('a checkpoint of today’s version', () => {
  type Json = { [key: string]: Json };

  /** The path of every field below an object. */
  function pathsOf(object: Json, above: readonly string[] = []): string[][] {
    return Object.entries(object).flatMap(([key, value]) => {
      const path = [...above, key];
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return [path, ...(isObject ? pathsOf(value, path) : [])];
    });
  }

  /** The file without the field at a path. */
  function without(file: string, path: readonly string[]): string {
    const json = JSON.parse(file) as Json;
    const owner = path.slice(0, -1).reduce<Json>((at, key) => at[key]!, json);
    delete owner[path.at(-1)!];
    return JSON.stringify(json);
  }

  const file = golden(VERSION);
  const parts = JSON.parse(file) as { run: Json; resume: { data: Json } };
  /** Fields of the recipe that the text decides where they are left out. */
  const OPTIONAL = ['recipe.batch', 'recipe.finish', 'recipe.validateEvery', 'recipe.limits.steps'];

  test.each(pathsOf(parts.run).map((path) => path.join('.')))(
    'without run.%s is called damaged, or may do without',
    (path) => {
      const read = () => readRun(parseCheckpoint(without(file, ['run', ...path.split('.')]), 'it.json'), 'it.json');
      if (OPTIONAL.includes(path)) expect(read).not.toThrow();
      else {
        expect(read).toThrow(UserError);
        expect(read).toThrow(
          new RegExp(`^it\\.json: the checkpoint is damaged: run\\.${path.replaceAll('.', '\\.')}: `, 'u'),
        );
      }
    },
  );

  test.each(pathsOf(parts.resume.data).map((path) => path.join('.')))('without resume.%s can’t be resumed', (path) => {
    const read = () => readResume(parseCheckpoint(without(file, ['resume', 'data', ...path.split('.')]), 'it.json'));
    expect(read).toThrow(UserError);
    expect(read).toThrow(/^the checkpoint can't be resumed: resume\./u);
  });
});
