import * as z from 'zod';
import { fixedPoints, gradient, type IteratedUnit, NOTES_UNIT, orbit } from '../../insight/iterated-unit.ts';
import { gradientNorms, symmetricMatrix } from '../../insight/linear-system.ts';
import { iteratedUnitCharts, linearChart } from '../../insight/small-system-charts.ts';
import { defineCommand } from '../command.ts';
import { Output } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { columns } from '../tables.ts';

/** Eigenvalues below, at and above 1. */
const EIGENVALUES = [0.9, 1, 1.1];

/** h_1 of the table's rows, besides the fixed points. */
const STARTS = [0, 0.25, 0.49, 0.5, 0.51, 0.75, 1];

const schema = z.strictObject({
  system: z.enum(['iterated-unit', 'linear']).describe('which system'),
  weight: z.number().default(NOTES_UNIT.weight).describe('iterated-unit: w of h ← σ(w·h + b)'),
  bias: z.number().default(NOTES_UNIT.bias).describe('iterated-unit: b'),
  eigenvalue: z
    .array(z.number())
    .optional()
    .describe(`linear: the larger eigenvalue of W (default: ${EIGENVALUES.join(' ')})`),
  steps: z.int().min(2).max(10_000).default(100).describe('n of h_n'),
  svg: OPTIONS.svg,
  html: OPTIONS.html,
  json: OPTIONS.json.describe('print the points as JSON Lines, one chart a line'),
});

/** `rnn demo`. */
export const command = defineCommand({
  schema,
  flags: {
    '': {
      system: '<system>',
      weight: '--weight <w>',
      bias: '--bias <b>',
      eigenvalue: '--eigenvalue <x...>',
      steps: '--steps <n>',
      svg: FLAGS.svg,
      html: FLAGS.html,
      json: FLAGS.json,
    },
  },
  help: `
iterated-unit  h ← σ(6h − 3): its fixed points, which of them are sources and which sinks, the phase plot, h_100 as a
               function of h_1, and the gradient ∂h_100/∂h_1, which explodes at h_1 = 0.5 and vanishes elsewhere
linear         h ← W h, W symmetric: the gradient ‖∂h_t/∂h_1‖ with the eigenvalue below, at and above 1

Examples:
  rnn demo iterated-unit
  rnn demo iterated-unit --weight 4 --bias -2
  rnn demo linear --eigenvalue 0.5 0.99 1.01
  rnn demo iterated-unit --svg unit.svg`,
  async run(given) {
    const { system, weight, bias, eigenvalue = EIGENVALUES, steps, ...options } = schema.parse(given);
    const { writeCharts } = await import('../figures.ts');
    const output = new Output();
    if (system === 'linear') {
      const charts = [linearChart(eigenvalue, steps)];
      await writeCharts(output, 'The linear system', charts, options, [linearTable(eigenvalue, steps)]);
    } else {
      const unit = { weight, bias };
      const tables = [fixedPointTable(unit), orbitTable(unit, steps)];
      await writeCharts(output, 'The iterated unit', iteratedUnitCharts(unit, steps), options, tables);
    }
    await output.flush();
    return undefined;
  },
});

function fixedPointTable(unit: IteratedUnit): string {
  const rows = fixedPoints(unit).map(({ h, slope, kind }) => [h.toFixed(4), slope.toFixed(4), kind]);
  return columns(['fixed point', 'slope there', 'kind'], rows);
}

function orbitTable(unit: IteratedUnit, steps: number): string {
  const rows = STARTS.map((first) => [
    String(first),
    orbit(unit, first, steps).at(-1)!.toFixed(4),
    gradient(unit, first, steps).toExponential(2),
  ]);
  return columns(['h_1', `h_${steps}`, `∂h_${steps}/∂h_1`], rows);
}

function linearTable(eigenvalues: readonly number[], steps: number): string {
  const shown = [...new Set([2, 10, 50, steps])].filter((t) => t <= steps);
  const rows = eigenvalues.map((eigenvalue) => {
    const norms = gradientNorms(symmetricMatrix(eigenvalue), steps);
    return [String(eigenvalue), ...shown.map((t) => norms[t - 1]!.toExponential(2))];
  });
  return columns(['eigenvalue', ...shown.map((t) => `‖∂h_${t}/∂h_1‖`)], rows);
}
