/**
 * Trains models of several recipes here and with train.py, each from the same parameters, and compares the learning curves: losses and norms of
 * the gradient to 1e-5, relative. Texts are long ones, whose order is the same in both; lists are shuffled by other random numbers.
 *
 *     pip install torch==2.13.0 safetensors
 *     npm run build; node test/exchange/training.ts torchrun        two processes for each model
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportModel } from '../../src/exchange/export.ts';
import { importModel } from '../../src/exchange/import.ts';
import type { Checkpoint } from '../../src/nn/checkpoint.ts';
import { readCorpus } from '../../src/text/read-corpus.ts';
import { resolveRecipe } from '../../src/training/complete-recipe.ts';
import type { HistoryPoint } from '../../src/training/history.ts';
import type { RecipeOptions } from '../../src/training/recipe.ts';
import { readRun } from '../../src/training/record.ts';
import { train } from '../../src/training/trainer.ts';
import { corpus as corpusPath } from '../helpers/cli.ts';

const [torchrun = 'torchrun'] = process.argv.slice(2);
const STEPS = 20;
const MOST = 1e-5;
const SHARED: RecipeOptions = {
  batch: 8,
  bptt: 20,
  validation: 0.1,
  test: 0.1,
  validateEvery: STEPS / 2,
  limits: { steps: STEPS },
};

const RECIPES: Readonly<Record<string, RecipeOptions>> = {
  'LSTM, BPTT(7, 20)': { model: { hidden: 24 }, stride: 7 },
  'GRU, reset after, tied, SGD with weight decay': {
    model: { hidden: 24, cell: 'gru', reset: 'after', embedding: 24, tied: true },
    optimizer: { name: 'sgd', weightDecay: 0.01 },
  },
  'GRU, reset before, RMSprop, clipped by norm': {
    model: { hidden: 24, cell: 'gru' },
    optimizer: { name: 'rmsprop' },
    clipNorm: 0.1,
  },
  'logistic RNN, Adagrad, clipped by value, linear': {
    model: { hidden: 24, cell: 'rnn', activation: 'logistic' },
    optimizer: { name: 'adagrad' },
    clipValue: 0.01,
    schedule: { name: 'linear' },
  },
  'relu RNN, AdamW, step': {
    model: { hidden: 24, cell: 'rnn', activation: 'relu' },
    optimizer: { weightDecay: 0.1 },
    schedule: { name: 'step', warmup: 0 },
  },
  'ensemble of 3, moving average': { model: { hidden: 24, members: 3 }, averaging: 0.9 },
};

const text = await readCorpus([corpusPath('lighthouse.txt')], { mode: 'stream' });
const ids = Uint32Array.from({ length: text.vocabulary.size }, (_, id) => id);

/** The last checkpoint of a run, and the points of its curve. */
async function run(
  recipe: RecipeOptions,
  origin?: Checkpoint,
): Promise<{ checkpoint: Checkpoint; points: HistoryPoint[] }> {
  const points: HistoryPoint[] = [];
  let checkpoint: Checkpoint | undefined;
  const from = origin ? { origin: { model: origin.model, parameters: origin.parameters, ids } } : {};
  for await (const event of train(text, { recipe: resolveRecipe(recipe), place: { kernel: 'auto' }, ...from })) {
    if (event.type === 'report') points.push(event.point);
    if (event.type === 'checkpoint') checkpoint = structuredClone(event.snapshot());
  }
  return { checkpoint: checkpoint!, points };
}

const NUMBERS = ['loss', 'validation', 'test', 'gradientNorm', 'rate'] as const;
let worst = 0;
for (const [label, recipe] of Object.entries(RECIPES)) {
  const scratch = mkdtempSync(join(tmpdir(), 'rnn-training-'));
  const folder = join(scratch, 'folder');
  const { checkpoint } = await run({ ...SHARED, ...recipe, limits: { steps: 1 } });
  const whole = {
    ...checkpoint,
    run: { ...(checkpoint.run as object), recipe: JSON.parse(JSON.stringify(resolveRecipe({ ...SHARED, ...recipe }))) },
  };
  const { points } = await run({ ...SHARED, ...recipe }, checkpoint);
  exportModel(whole, folder, { to: 'pytorch' }, text);
  const { status, stderr } = spawnSync(torchrun, ['--nproc-per-node', '2', 'train.py', '--device', 'cpu'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  if (status !== 0) throw new Error(stderr);
  const path = join(folder, 'trained.safetensors');
  const { history } = readRun(importModel(readFileSync(path), path).checkpoint, path);
  const differences = points.flatMap((point, index) =>
    NUMBERS.map((key) => Math.abs(point[key]! - (history[index]?.[key] ?? Number.NaN)) / Math.abs(point[key]!)),
  );
  const most = differences.some(Number.isNaN) ? Number.NaN : Math.max(...differences);
  worst = Number.isNaN(most) || most > worst ? most : worst;
  console.log(`${label}: ${most.toExponential(1)}`);
  rmSync(scratch, { recursive: true });
}
console.log(`the largest relative difference is ${worst.toExponential(1)}; at most ${MOST.toExponential()} is allowed`);
process.exitCode = worst < MOST ? 0 : 1;
