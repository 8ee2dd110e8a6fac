import * as z from 'zod';
import { type Message, message, option, UsageError, UserError } from '../../errors.ts';
import type { Chart } from '../../insight/chart.ts';
import type { FlowExamination } from '../../insight/examine.ts';
import { comparisonChart, flowChart, jacobianChart } from '../../insight/flow-charts.ts';
import { flowComparisonTable, flowTables } from '../../insight/flow-tables.ts';
import {
  comparedPairCharts,
  comparedPairTables,
  pairFlowCharts,
  pairFlowTables,
} from '../../insight/pair-flow-tables.ts';
import type { Table } from '../../insight/table.ts';
import {
  type GradientFlowRequest,
  gradientFlowSchema,
  type PairFlowRequest,
  pairFlowSchema,
} from '../../library/gradient-flow-options.ts';
import { defineCommand } from '../command.ts';
import { Output, sayer } from '../output.ts';
import { FLAGS, FRESH_FLAGS, OPTIONS } from '../shared.ts';
import { requireOneOf } from '../sources.ts';
import { textsOf } from '../standard-input.ts';
import { titled } from '../tables.ts';

/** `rnn gradflow`. */
export const command = defineCommand({
  schema: gradientFlowSchema.extend({
    text: z
      .string()
      .optional()
      .describe(
        'a file to read, of text or of pairs, as the model is; - is standard input, which is read if none is given',
      ),
    columns: pairFlowSchema.shape.columns,
    layer: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe('with --compare: the layer to draw, counted from the bottom (default: the top)'),
    svg: OPTIONS.svg,
    html: OPTIONS.html,
    json: OPTIONS.json.describe('print every number as JSON Lines, one model a line'),
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': {
      text: '[text]',
      checkpoint: FLAGS.checkpoint,
      fresh: '--fresh',
      compare: '--compare [checkpoints...]',
    },
    ...FRESH_FLAGS,
    'Measurement:': {
      lags: '--lags <n>',
      positions: '--positions <n>',
      columns: { flag: '--columns <source,target>', spelling: 'columns' },
      jacobians: '--jacobians <n>',
      layer: '--layer <n>',
      double: '--double',
      kernel: FLAGS.hiddenKernel,
    },
    'Output:': { svg: FLAGS.svg, html: FLAGS.html, json: FLAGS.json, quiet: FLAGS.quiet },
  },
  help: `
Norms are means over positions t of ‖∂L_t/∂h_{t−n}‖, and of ‖∂L_t/∂c_{t−n}‖
along the cell state of an LSTM. Products of Jacobians ∂h_t/∂h_{t−n} are those
of a layer by itself; in a vanilla RNN their norm is at most (γλ)^n, where γ is
the activation's steepest slope (1; 1/4 for the logistic) and λ the largest
singular value of W.

Of a model of pairs, the norms are those of the encoder's and the decoder's
states. The lag counts the steps of the recurrences from a state to the loss of
a target symbol: a decoder's first, then, back from the last symbol that is
read, the encoder's. The norms by place in the source show what reversing it
changes; attention has a way of one step to every place.

Examples:
  rnn gradflow book.txt
  rnn gradflow book.txt --compare
  rnn gradflow book.txt --svg flow.svg \\
    --compare checkpoints/rnn.json checkpoints/lstm.json
  rnn gradflow book.txt --fresh --cell rnn --activation logistic --double
  rnn gradflow sums.tsv --compare plain.json reversed.json attention.json
  rnn gradflow book.txt --json | jq '.layers[0].hidden'`,
  async run({ text: named, layer, columns, svg, html, json, quiet = false, ...request }, { nameOf }) {
    requireOneOf(request, ['double', 'kernel']);
    const [text = '-'] = textsOf(named === undefined ? undefined : [named], 'text');
    const { measuredModels } = await import('../../library/gradient-flow.ts');
    const say = sayer(quiet, nameOf);
    const comparing = request.compare !== undefined;
    if (layer !== undefined && !comparing) throw new UsageError('--layer is for --compare; leave it out');
    const { kind, checkpoints } = await measuredModels(text, request, say);
    const found =
      kind === 'pairs'
        ? await pairFigures(text, checkpoints, { ...request, columns, layer }, say)
        : await textFigures(text, { ...request, columns, layer, checkpoints }, say);
    const output = new Output();
    const { writeDrawings, chartForms } = await import('../figures.ts');
    const forms = { ...chartForms(found.charts, found.tables.map(titled)), json: () => found.models };
    const title = `Gradient flow: ${found.models.map(({ name }) => name).join(', ')}`;
    const inputs = [text, ...checkpoints].filter((path) => path !== '-');
    await writeDrawings(output, title, forms, { svg, html, json, inputs });
    await output.flush();
    return undefined;
  },
});

/** What was measured, and how it is shown. */
interface Found {
  readonly models: readonly { readonly name: string }[];
  readonly charts: readonly Chart[];
  readonly tables: readonly Table[];
}

interface Options extends GradientFlowRequest {
  readonly columns?: PairFlowRequest['columns'];
  readonly layer?: number | undefined;
}

type Say = (note: Message) => void;

async function textFigures(
  text: string,
  { columns, layer, checkpoints: [only, ...others], ...request }: Options & { readonly checkpoints: readonly string[] },
  say: Say,
): Promise<Found> {
  if (columns !== undefined) throw new UsageError(message`${option('columns')} is for models of pairs; leave it out`);
  const { gradientFlow } = await import('../../library/gradient-flow.ts');
  const isOne = only !== undefined && others.length === 0 && request.compare === undefined;
  const models = await gradientFlow(text, isOne ? { ...request, checkpoint: only } : request, say);
  if (request.compare === undefined) {
    return { models, charts: models.flatMap(chartsOf), tables: models.flatMap(flowTables) };
  }
  const charts = [comparisonChart(models, layer)];
  return { models, charts: requireLayer(charts, layer), tables: [flowComparisonTable(models, layer)] };
}

async function pairFigures(
  pairs: string,
  checkpoints: readonly string[],
  { columns, layer, compare, positions, double, kernel, ...others }: Options,
  say: Say,
): Promise<Found> {
  const key = (['lags', 'jacobians'] as const).find((each) => others[each] !== undefined);
  if (key !== undefined) throw new UsageError(message`${option(key)} is for models of texts; leave it out`);
  const { pairGradientFlow } = await import('../../library/pair-flow.ts');
  const models = await pairGradientFlow(pairs, checkpoints, { columns, positions, double, kernel }, say);
  if (compare === undefined) {
    return { models, charts: models.flatMap(pairFlowCharts), tables: models.flatMap(pairFlowTables) };
  }
  const charts = comparedPairCharts(models, layer);
  return { models, charts: requireLayer(charts, layer), tables: comparedPairTables(models, layer) };
}

function chartsOf(model: FlowExamination): Chart[] {
  const jacobians = jacobianChart(model);
  return [flowChart(model), ...(jacobians ? [jacobians] : [])];
}

/** UserError where a comparison has no curve. */
function requireLayer(charts: readonly Chart[], layer: number | undefined): readonly Chart[] {
  if (charts[0]!.series.length > 0) return charts;
  throw new UserError(`none of the models has a layer ${layer}; give a smaller --layer`);
}
