import * as z from 'zod';
import { UsageError, UserError } from '../../errors.ts';
import type { Chart } from '../../insight/chart.ts';
import { comparisonChart, type FlowExamination, flowChart, jacobianChart } from '../../insight/examine.ts';
import { flowComparisonTable, flowTables } from '../../insight/flow-tables.ts';
import { gradientFlowSchema } from '../../library/gradient-flow-options.ts';
import { defineCommand } from '../command.ts';
import { Output, sayer } from '../output.ts';
import { FLAGS, FRESH_FLAGS, OPTIONS } from '../shared.ts';
import { titled } from '../tables.ts';

/** `rnn gradflow`. */
export const command = defineCommand({
  schema: gradientFlowSchema.extend({
    text: z.string().describe('a text file to read; - is standard input'),
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
      text: '<text>',
      checkpoint: FLAGS.checkpoint,
      fresh: '--fresh',
      compare: '--compare [checkpoints...]',
    },
    ...FRESH_FLAGS,
    'Measurement:': {
      lags: '--lags <n>',
      positions: '--positions <n>',
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

Examples:
  rnn gradflow book.txt
  rnn gradflow book.txt --compare
  rnn gradflow book.txt --svg flow.svg \\
    --compare checkpoints/rnn.json checkpoints/lstm.json
  rnn gradflow book.txt --fresh --cell rnn --activation logistic --double
  rnn gradflow book.txt --json | jq '.layers[0].hidden'`,
  async run({ text, layer, svg, html, json, quiet = false, ...request }, { nameOf }) {
    const [{ gradientFlow }, { writeCharts }] = await Promise.all([
      import('../../library/gradient-flow.ts'),
      import('../figures.ts'),
    ]);
    const models = await gradientFlow(text, request, sayer(quiet, nameOf));
    const output = new Output();
    if (json) {
      for (const model of models) await output.line(JSON.stringify(model));
    } else {
      const comparing = request.compare !== undefined;
      if (layer !== undefined && !comparing) throw new UsageError('--layer is for --compare; leave it out');
      const charts = comparing ? comparisonCharts(models, layer) : models.flatMap(chartsOf);
      const tables = comparing ? [flowComparisonTable(models, layer)] : models.flatMap(flowTables);
      const title = `Gradient flow: ${models.map(({ name }) => name).join(', ')}`;
      const inputs = [text, request.checkpoint, request.compare].flat().filter((path) => typeof path === 'string');
      await writeCharts(output, title, charts, { svg, html, inputs }, tables.map(titled));
    }
    await output.flush();
    return undefined;
  },
});

function chartsOf(model: FlowExamination): Chart[] {
  const jacobians = jacobianChart(model);
  return [flowChart(model), ...(jacobians ? [jacobians] : [])];
}

function comparisonCharts(models: readonly FlowExamination[], layer: number | undefined): Chart[] {
  const chart = comparisonChart(models, layer);
  if (chart.series.length === 0) throw new UserError(`none of the models has a layer ${layer}; give a smaller --layer`);
  return [chart];
}
