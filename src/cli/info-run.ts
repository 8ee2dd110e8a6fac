import { availableParallelism } from 'node:os';
import { chooseKernel } from '../kernel/choose.ts';
import { Manifest } from '../nn/manifest.ts';
import type { History } from '../training/history.ts';
import { type RunRecord, readRun } from '../training/record.ts';
import { type LoadedModel, openCheckpoint } from './checkpoints.ts';
import type { InfoOptions } from './info.ts';
import { grouped, lossText, Output, paint, table } from './output.ts';

/** The most points of a history that are printed; the rest is in --json. */
const POINTS = 12;

/** Prints what a checkpoint, or the runtime, is. */
export async function info(path: string | undefined, options: InfoOptions): Promise<void> {
  const output = new Output();
  if (options.runtime) {
    await output.line(options.json ? JSON.stringify(runtime()) : table(Object.entries(runtime())));
  } else {
    const model = openCheckpoint(path, options.quiet === true);
    const run = readRun(model.checkpoint, model.path);
    await output.line(options.json ? JSON.stringify(facts(model, run)) : text(model, run));
  }
  await output.flush();
}

function runtime(): Record<string, string | number> {
  const { name, reason } = chooseKernel('auto');
  return {
    kernel: name,
    reason,
    threads: availableParallelism(),
    node: process.version,
    v8: process.versions.v8 ?? '',
    platform: `${process.platform} ${process.arch}`,
  };
}

/** Everything, as JSON. */
function facts({ path, checkpoint, vocabulary }: LoadedModel, run: RunRecord): object {
  const manifest = new Manifest(checkpoint.model);
  return {
    path,
    model: checkpoint.model,
    parameters: manifest.size,
    tensors: manifest.views.map(({ name, shape }) => ({ name, shape })),
    vocabulary: { unit: vocabulary.unit, size: vocabulary.size, symbols: labels(vocabulary) },
    ...run,
    resumable: checkpoint.resume !== undefined,
  };
}

function labels(vocabulary: LoadedModel['vocabulary']): string[] {
  return Array.from({ length: vocabulary.size }, (_, id) => vocabulary.label(id));
}

/** What a model is and how it was trained, by name, in words. */
export function factRows({ path, checkpoint, vocabulary }: LoadedModel, run: RunRecord): [string, string][] {
  const { model } = checkpoint;
  const manifest = new Manifest(model);
  const { recipe, corpus } = run;
  const { optimizer } = recipe;
  const cell = { rnn: `${model.activation} RNN`, lstm: 'LSTM', gru: `GRU, reset ${model.reset}` }[model.cell];
  const [ensemble, all] = model.members > 1 ? [`ensemble of ${model.members}, each `, ' in all'] : ['', ''];
  const input = model.embedding > 0 ? `embedding of ${model.embedding}` : 'one-hot';
  const best = Math.min(...run.history.map((point) => point.validation ?? Number.POSITIVE_INFINITY));
  const held = `${grouped(corpus.trainSymbols)} symbols to train on, ${grouped(corpus.validationSymbols)} to validate, ${grouped(corpus.testSymbols)} to test`;
  const rows: [string, string][] = [
    ['checkpoint', path],
    [
      'model',
      `${ensemble}${cell}, ${model.layers} × ${model.hidden} units, ${input} input, ${grouped(manifest.size)} parameters${all}`,
    ],
    ['vocabulary', `${vocabulary.size} symbols (${vocabulary.unit}s): ${shortened(labels(vocabulary).join(' '), 200)}`],
    ['corpus', `${corpus.mode} mode, ${grouped(corpus.characters)} characters: ${held}`],
    [
      'training',
      `${optimizer.name}, rate ${recipe.rate}, ${recipe.schedule.name} schedule, batch ${recipe.batch ?? 'fitted'}, BPTT ${recipe.bptt}, seed ${recipe.seed}`,
    ],
    ['done', `${grouped(run.step)} steps, ${run.epoch.toFixed(2)} epochs`],
  ];
  if (Number.isFinite(best)) rows.push(['validation', `${lossText(best)} a symbol at best`]);
  return rows;
}

function text(model: LoadedModel, run: RunRecord): string {
  const manifest = new Manifest(model.checkpoint.model);
  const rows = factRows(model, run);
  const tensors = manifest.views.map(({ name, shape, size }): [string, string] => [
    name,
    `[${shape.join(', ')}]  ${grouped(size)}`,
  ]);
  return [table(rows), '', paint.bold('tensors'), table(tensors), '', paint.bold('history'), history(run.history)].join(
    '\n',
  );
}

function history(points: History): string {
  const every = Math.ceil(points.length / POINTS);
  const shown = points.filter((_, index) => (points.length - 1 - index) % every === 0);
  const head = '    step   epoch  training  validation  gradient norm  clipped      rate';
  const rows = shown.map(({ step, epoch, loss, validation, gradientNorm, clipped, rate }) =>
    [
      String(step).padStart(8),
      epoch.toFixed(2).padStart(8),
      loss.toFixed(4).padStart(10),
      (validation?.toFixed(4) ?? '–').padStart(12),
      gradientNorm.toPrecision(3).padStart(15),
      `${Math.round(100 * clipped)} %`.padStart(9),
      rate.toPrecision(2).padStart(10),
    ].join(''),
  );
  return [paint.dim(head), ...rows].join('\n');
}

function shortened(value: string, length: number): string {
  return value.length <= length ? value : `${value.slice(0, length)} …`;
}
