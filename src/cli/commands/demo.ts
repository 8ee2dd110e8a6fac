import * as z from 'zod';
import { DEMONSTRATIONS, demonstrate, demonstrationSchemas } from '../../insight/demonstrations.ts';
import { defineCommand } from '../command.ts';
import { Output, paint } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { titled } from '../tables.ts';

/** Every option of every demonstration, without its default: each demonstration fills in its own. */
const shapes = {
  ...demonstrationSchemas['iterated-unit'].shape,
  ...demonstrationSchemas.quadratic.shape,
  ...demonstrationSchemas.linear.shape,
};

/** Characters of a phase line where the output is no terminal, or one that does not tell its size. */
const WIDTH = 72;

/** `rnn demo`. */
export const command = defineCommand({
  schema: z.strictObject({
    system: z.enum(DEMONSTRATIONS).describe('which system'),
    weight: shapes.weight.unwrap().optional().describe('iterated-unit: w of h ← σ(w·h + b) (default: 6)'),
    bias: shapes.bias.unwrap().optional().describe('iterated-unit: b (default: -3)'),
    activation: shapes.activation.unwrap().optional().describe('iterated-unit: σ (default: logistic)'),
    constant: shapes.constant.unwrap().optional().describe('quadratic: c of x ← x² + c (default: 0.15)'),
    start: shapes.start.unwrap().optional().describe('iterated-unit, quadratic: draw the iterations from these states'),
    eigenvalue: shapes.eigenvalue.describe('linear: the larger eigenvalue of a symmetric W (default: 0.9 1 1.1)'),
    matrix: z.array(z.number()).optional().describe('linear: W of 2 × 2, row by row, in place of the eigenvalues'),
    input: z.array(z.number()).optional().describe('linear: U x of the first step (default: 1 0)'),
    steps: shapes.steps.unwrap().optional().describe('n of h_n and x_n (default: 100)'),
    svg: OPTIONS.svg,
    html: OPTIONS.html,
    json: OPTIONS.json.describe('print the points as JSON Lines, one chart a line'),
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': {
      system: '<system>',
      weight: '--weight <w>',
      bias: '--bias <b>',
      activation: '--activation <name>',
      constant: '--constant <c>',
      start: '--start <x...>',
      eigenvalue: '--eigenvalue <x...>',
      matrix: '--matrix <x...>',
      input: '--input <x...>',
      steps: '--steps <n>',
      svg: FLAGS.svg,
      html: FLAGS.html,
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
iterated-unit  h ← σ(6h − 3): its fixed points, which of them are sources and
               which sinks, the graph of f, the phase plot (a line of states
               with arrows), h_100 as a function of h_1, and the gradient
               ∂h_100/∂h_1, which explodes at h_1 = 0.5 and vanishes elsewhere
quadratic      x ← x² + c: the same
linear         h ← W h: the gradient ‖∂h_t/∂h_1‖ with the eigenvalue below, at
               and above 1, and the forward magnitude ‖W^(t−1) U x‖, which is
               what is left of the first input

Examples:
  rnn demo iterated-unit
  rnn demo iterated-unit --weight 4 --bias -2
  rnn demo iterated-unit --activation tanh --weight 2 --bias 0
  rnn demo quadratic --constant 0.15 --start 0.5 0.8 0.9 --steps 20
  rnn demo linear --eigenvalue 0.5 0.99 1.01
  rnn demo linear --matrix 1 1 0 1 --input 0 1
  rnn demo iterated-unit --svg unit.svg`,
  async run({ system, svg, html, json, quiet: _, ...given }) {
    const { writeCharts } = await import('../figures.ts');
    const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const { title, charts, tables, phaseLine } = demonstrate(system, options);
    const output = new Output();
    const line = phaseLine?.(Math.min(process.stdout.columns || WIDTH, 110));
    const drawn = [...(line ? [`${paint.bold('Phase plot: ● sink, ○ source')}\n${line}`] : []), ...tables.map(titled)];
    // In characters the phase plot is a line by itself.
    const shown = svg === undefined && html === undefined && !json;
    const drawings = shown && line ? charts.filter((chart) => chart.title !== 'Phase plot') : charts;
    await writeCharts(output, title, drawings, { svg, html, json }, drawn);
    await output.flush();
    return undefined;
  },
});
