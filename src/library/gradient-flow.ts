import type * as z from 'zod';
import { message, option, UsageError } from '../errors.ts';
import { examineFlow, type FlowExamination } from '../insight/examine.ts';
import { firstMember } from '../insight/first-member.ts';
import { truncationsUpTo } from '../insight/flow-tables.ts';
import { greatestLag } from '../insight/positions.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { CELLS, type CellName, type ModelConfig, modelSchema } from '../nn/config.ts';
import { freshParameters } from '../nn/initializers.ts';
import { parseOptions, requirePath } from '../schema.ts';
import type { Corpus } from '../text/corpus.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { wholeCorpus } from '../text/split.ts';
import { cellLabel } from './cell-label.ts';
import { defaultModelFor } from './checkpoints.ts';
import { freshSchema, requireMeaning, requireOfCell } from './fresh-options.ts';
import { type GradientFlowRequest, gradientFlowSchema, LAGS } from './gradient-flow-options.ts';
import { runOf, shortName } from './inspect.ts';
import { load } from './load.ts';
import { readSaved } from './saved-model.ts';

type Request = z.output<typeof gradientFlowSchema>;

/** Positions for products of Jacobians: each costs a backward pass for every unit, so a wide layer has one position. */
const JACOBIANS = { narrow: 4, wide: 1, width: 256 };

/** A model to look into, and the text as its vocabulary reads it. */
interface Subject {
  readonly name: string;
  readonly config: ModelConfig;
  readonly parameters: Float32Array;
  readonly corpus: Corpus;
  /** k2 of its training, where it was trained. */
  readonly bptt?: number;
}

/**
 * Measures how the gradient of the loss at time t reaches back to time t − n, for one model or several, on a text file (`-` is standard
 * input). `say` is told what is being done. UserError for a text or a checkpoint that can't be read.
 */
export async function gradientFlow(
  text: string,
  request: GradientFlowRequest = {},
  say: (note: ReturnType<typeof message>) => void = () => {},
): Promise<FlowExamination[]> {
  requirePath(text, 'text');
  const options = parseOptions(gradientFlowSchema, request);
  requireFreshModels(request);
  const subjects = await subjectsOf(text, options, say);
  return subjects.map((subject) => examine(subject, subjects, options, say));
}

type Say = (note: ReturnType<typeof message>) => void;

/**
 * The checkpoints that a request names, or the newest where it names no model, and whether they are of texts or of pairs, as the first of them is.
 * None, where the models are as they are before training.
 */
export async function measuredModels(
  text: string,
  request: GradientFlowRequest,
  say: Say = () => {},
): Promise<{ readonly kind: 'text' | 'pairs'; readonly checkpoints: readonly string[] }> {
  const { compare, checkpoint, fresh } = request;
  requireOneKind(request);
  requireFreshModels(request);
  if (compare === true || fresh) return { kind: 'text', checkpoints: [] };
  const checkpoints = compare ?? [checkpoint ?? (await defaultModelFor([text], say))];
  return { kind: readSaved(checkpoints[0]!).kind, checkpoints };
}

/** UsageError for options of fresh models that change nothing: without one, or the cell where every cell is compared. */
function requireFreshModels({ compare, fresh, model }: GradientFlowRequest): void {
  requireMeaning(model, (key) => fresh === true || (compare === true && key !== 'cell'));
  if (fresh) requireOfCell(model, freshSchema.shape.cell.parse(model?.cell));
}

/** UsageError for a request that names models in two ways. */
function requireOneKind({ compare, checkpoint, fresh }: GradientFlowRequest): void {
  if ([compare !== undefined, checkpoint !== undefined, fresh].filter(Boolean).length > 1) {
    throw new UsageError(
      message`give one of ${option('checkpoint')}, ${option('fresh')} and ${option('compare')}: they name different models`,
    );
  }
}

async function subjectsOf(text: string, options: Request, say: Say): Promise<Subject[]> {
  const { compare, checkpoint, fresh, model } = options;
  requireOneKind(options);
  if (compare === true || fresh) return await freshSubjects(text, model, fresh ? [model.cell] : CELLS, say);
  const named = compare ?? [checkpoint];
  if (text === '-' && named.length > 1)
    throw new UsageError(message`standard input is read only once; name a file to ${option('compare')} on`);
  const subjects: Subject[] = [];
  for (const path of named) subjects.push(await checkpointSubject(text, path, say));
  return subjects;
}

async function freshSubjects(
  text: string,
  { mode, seed, ...options }: Request['model'],
  cells: readonly CellName[],
  say: Say,
): Promise<Subject[]> {
  const corpus = await readCorpus([text], { mode });
  if (mode === 'auto') say(message`read as ${corpus.mode}: ${corpus.modeReason} (${option('mode')} overrides)`);
  return cells.map((cell) => {
    const config = { ...modelSchema.parse({ ...options, cell }), symbols: corpus.vocabulary.size };
    return { name: `fresh ${nameOf(config)}`, config, parameters: freshParameters(config, seed), corpus };
  });
}

async function checkpointSubject(text: string, named: string | undefined, say: Say): Promise<Subject> {
  const path = named ?? (await defaultModelFor([text], say));
  const model = load(path);
  const corpus = await readCorpus([text], { vocabulary: model.vocabulary });
  const { model: config, parameters } = model.checkpoint;
  return firstMember({ name: shortName(model), config, parameters, corpus, bptt: runOf(model).recipe.bptt });
}

function examine(subject: Subject, all: readonly Subject[], options: Request, say: Say): FlowExamination {
  const { name, config, parameters, corpus } = subject;
  const bptts = all.flatMap(({ bptt }) => bptt ?? []);
  const part = wholeCorpus(corpus);
  const wanted = options.lags ?? Math.max(LAGS, ...bptts.map((bptt) => 2 * bptt));
  const lags = Math.min(wanted, greatestLag(part));
  const isWide = config.hidden > JACOBIANS.width;
  say(message`${name}: ${nameOf(config)}, lags up to ${lags}`);
  return examineFlow(name, config, parameters, part, {
    arithmetic: options.double ? 'double' : chooseKernel(options.kernel),
    lags,
    positions: options.positions,
    jacobians: options.jacobians ?? (isWide ? JACOBIANS.wide : JACOBIANS.narrow),
    truncations: truncationsUpTo(lags, bptts),
  });
}

function nameOf(config: ModelConfig): string {
  return `${cellLabel(config)}, ${config.layers} × ${config.hidden}`;
}
