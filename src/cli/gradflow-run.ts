import { basename } from 'node:path';
import { UsageError, UserError } from '../errors.ts';
import {
  comparisonChart,
  type ExamineOptions,
  examineFlow,
  type FlowExamination,
  flowChart,
  jacobianChart,
} from '../insight/examine.ts';
import { firstMember } from '../insight/first-member.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { CELLS, type CellName, type ModelConfig } from '../nn/config.ts';
import { freshParameters } from '../nn/initializers.ts';
import type { Arithmetic } from '../nn/open.ts';
import { type Corpus, readCorpus } from '../text/corpus.ts';
import { wholeCorpus } from '../text/split.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { readRun } from '../training/record.ts';
import { openCheckpoint } from './checkpoints.ts';
import { columns } from './columns.ts';
import { writeCharts } from './figures.ts';
import type { GradflowCommandOptions } from './gradflow.ts';
import { Output, oneLine, paint, remark } from './output.ts';

/** N where nothing is said. */
const LAGS = 100;

/** Positions for products of Jacobians: each costs a backward pass for every unit, so that a wide layer gets by with one. */
const JACOBIANS = { narrow: 4, wide: 1, width: 256 };

/** Lags in the table, and truncations whose loss is told. */
const SHOWN_LAGS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 300, 500, 1000];
const TRUNCATIONS = [10, 25, 50, 100];

/** A model that is to be looked into, and the text as its vocabulary reads it. */
interface Subject {
  readonly name: string;
  readonly config: ModelConfig;
  readonly parameters: Float32Array;
  readonly corpus: Corpus;
  /** k2 of its training, where it had one. */
  readonly bptt?: number;
}

/** Measures gradient flow, and draws it. */
export async function gradflow(text: string, options: GradflowCommandOptions): Promise<void> {
  const subjects = await subjectsOf(text, options);
  const examined: FlowExamination[] = [];
  for (const subject of subjects) examined.push(examine(subject, subjects, options));
  const output = new Output();
  if (options.json) {
    for (const model of examined) await output.line(JSON.stringify(model));
  } else {
    const comparing = options.compare !== undefined;
    if (options.layer !== undefined && !comparing) throw new UsageError('--layer is for --compare; leave it out');
    const charts = comparing ? comparisonCharts(examined, options.layer) : examined.flatMap(chartsOf);
    const tables = comparing ? [comparisonTable(examined, options.layer)] : examined.flatMap(tablesOf);
    await writeCharts(output, `Gradient flow: ${examined.map(({ name }) => name).join(', ')}`, charts, options, tables);
  }
  await output.flush();
}

async function subjectsOf(text: string, options: GradflowCommandOptions): Promise<Subject[]> {
  const { compare, checkpoint, fresh } = options;
  if ([compare !== undefined, checkpoint !== undefined, fresh === true].filter(Boolean).length > 1) {
    throw new UsageError('give one of --checkpoint, --fresh and --compare: they name different models');
  }
  if (compare === true || fresh) return await freshSubjects(text, options, fresh ? [options.cell] : CELLS);
  const named = compare ?? [checkpoint];
  if (text === '-' && named.length > 1)
    throw new UsageError('standard input is read only once; name a file to --compare on');
  const subjects: Subject[] = [];
  for (const path of named) subjects.push(await checkpointSubject(text, path, options.quiet === true));
  return subjects;
}

async function freshSubjects(
  text: string,
  { mode, activation, reset, layers, hidden, seed, quiet }: GradflowCommandOptions,
  cells: readonly CellName[],
): Promise<Subject[]> {
  const corpus = await readCorpus([text], { mode });
  if (mode === 'auto' && !quiet) remark(`read as ${corpus.mode}: ${corpus.modeReason} (--mode overrides)`);
  return cells.map((cell) => {
    const size = { layers, hidden, embedding: 0, tied: false, members: 1, symbols: corpus.vocabulary.size };
    const config: ModelConfig = { cell, activation, reset, ...size };
    return { name: `fresh ${nameOf(config)}`, config, parameters: freshParameters(config, seed), corpus };
  });
}

async function checkpointSubject(text: string, path: string | undefined, quiet: boolean): Promise<Subject> {
  const { checkpoint, vocabulary, path: name } = openCheckpoint(path, quiet);
  const corpus = await readWith(text, vocabulary);
  const { bptt } = readRun(checkpoint, name).recipe;
  const { model: config, parameters } = checkpoint;
  return firstMember({ name: oneLine(basename(name, '.json')), config, parameters, corpus, bptt });
}

async function readWith(text: string, vocabulary: Vocabulary): Promise<Corpus> {
  return await readCorpus([text], { vocabulary });
}

function examine(subject: Subject, all: readonly Subject[], options: GradflowCommandOptions): FlowExamination {
  const { name, config, parameters, corpus } = subject;
  const bptts = all.flatMap(({ bptt }) => bptt ?? []);
  const lags = options.lags ?? Math.max(LAGS, ...bptts.map((bptt) => 2 * bptt));
  const wide = config.hidden > JACOBIANS.width;
  const truncations = [...new Set([...TRUNCATIONS, ...bptts])].filter((steps) => steps <= lags);
  const settings: ExamineOptions = {
    arithmetic: arithmeticOf(options),
    lags,
    positions: options.positions,
    jacobians: options.jacobians ?? (wide ? JACOBIANS.wide : JACOBIANS.narrow),
    truncations: truncations.sort((a, b) => a - b),
  };
  if (!options.quiet) remark(`${name}: ${nameOf(config)}, lags up to ${lags}`);
  return examineFlow(name, config, parameters, wholeCorpus(corpus), settings);
}

function arithmeticOf({ double, kernel }: GradflowCommandOptions): Arithmetic {
  return double ? 'double' : chooseKernel(kernel);
}

function nameOf({ cell, activation, layers, hidden }: ModelConfig): string {
  const kind = { rnn: activation === 'tanh' ? 'RNN' : `${activation} RNN`, lstm: 'LSTM', gru: 'GRU' }[cell];
  return `${kind} ${layers} × ${hidden}`;
}

function chartsOf(model: FlowExamination): ReturnType<typeof flowChart>[] {
  const jacobians = jacobianChart(model);
  return [flowChart(model), ...(jacobians ? [jacobians] : [])];
}

function comparisonCharts(
  models: readonly FlowExamination[],
  layer: number | undefined,
): ReturnType<typeof flowChart>[] {
  const chart = comparisonChart(models, layer);
  if (chart.series.length === 0) throw new UserError(`none of the models has a layer ${layer}; give a smaller --layer`);
  return [chart];
}

function tablesOf(model: FlowExamination): string[] {
  const truncated = model.layers.some(({ truncations }) => truncations.length > 0);
  return [normTable(model), spectrumTable(model), ...(truncated ? [truncationTable(model)] : [])];
}

function normTable({ counts, layers }: FlowExamination): string {
  const curves = layers.flatMap(({ hidden, cell, carousel, jacobian, bound }, index) => [
    { name: `‖∂L/∂h‖ ${index + 1}`, values: hidden },
    ...(cell ? [{ name: `‖∂L/∂c‖ ${index + 1}`, values: cell }] : []),
    ...(jacobian ? [{ name: `‖∂h/∂h‖ ${index + 1}`, values: jacobian.mean }] : []),
    ...(carousel ? [{ name: `carousel ${index + 1}`, values: carousel }] : []),
    ...(jacobian && bound ? [{ name: `(γλ)ⁿ ${index + 1}`, values: bound }] : []),
  ]);
  const rows = SHOWN_LAGS.filter((lag) => (counts[lag] ?? 0) > 0).map((lag) => [
    String(lag),
    String(counts[lag]),
    ...curves.map(({ values }) => numberText(values[lag])),
  ]);
  return columns(['lag', 'positions', ...curves.map(({ name }) => name)], rows);
}

function spectrumTable({ layers }: FlowExamination): string {
  const rows = layers.flatMap(({ spectra }, layer) =>
    spectra.map(({ gate, radius, norm }) => [String(layer + 1), gate, radius.toFixed(4), norm.toFixed(4)]),
  );
  return columns(['layer', 'recurrent W of', 'spectral radius', 'largest singular value λ'], rows);
}

function truncationTable({ layers }: FlowExamination): string {
  const rows = layers.flatMap(({ truncations }, layer) =>
    truncations.map(({ steps, sliding, chunked }) => [
      String(layer + 1),
      String(steps),
      percent(sliding),
      percent(chunked),
    ]),
  );
  return columns(['layer', 'truncated at τ', 'cut off, k1 = 1', 'cut off, k1 = k2 = τ'], rows);
}

function comparisonTable(models: readonly FlowExamination[], layer: number | undefined): string {
  const shown = models.flatMap(({ name, counts, layers }) => {
    const its = layer === undefined ? layers.at(-1) : layers[layer - 1];
    return its ? [{ name, counts, hidden: its.hidden }] : [];
  });
  const lags = SHOWN_LAGS.filter((lag) => shown.some(({ counts }) => (counts[lag] ?? 0) > 0));
  const rows = lags.map((lag) => [String(lag), ...shown.map(({ hidden }) => numberText(hidden[lag]))]);
  return `${paint.dim('‖∂L(t)/∂h(t−n)‖')}\n${columns(['lag', ...shown.map(({ name }) => name)], rows)}`;
}

function numberText(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toExponential(2);
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(3)} %`;
}
