import { fixedPoints, gradient, type IteratedUnit, orbit } from '../insight/iterated-unit.ts';
import { gradientNorms, symmetricMatrix } from '../insight/linear-system.ts';
import { iteratedUnitCharts, linearChart } from '../insight/small-system-charts.ts';
import { columns } from './columns.ts';
import type { DemoCommandOptions, DemoName } from './demo.ts';
import { writeCharts } from './figures.ts';
import { Output } from './output.ts';

/** Eigenvalues below, at and above 1. */
const EIGENVALUES = [0.9, 1, 1.1];

/** h_1 of the table's rows, besides the fixed points. */
const STARTS = [0, 0.25, 0.49, 0.5, 0.51, 0.75, 1];

/** Draws one of the small systems, with its numbers. */
export async function demo(system: DemoName, options: DemoCommandOptions): Promise<void> {
  const output = new Output();
  if (system === 'linear') {
    const { eigenvalue = EIGENVALUES, steps } = options;
    const charts = [linearChart(eigenvalue, steps)];
    await writeCharts(output, 'The linear system', charts, options, [linearTable(eigenvalue, steps)]);
  } else {
    const unit = { weight: options.weight, bias: options.bias };
    const tables = [fixedPointTable(unit), orbitTable(unit, options.steps)];
    await writeCharts(output, 'The iterated unit', iteratedUnitCharts(unit, options.steps), options, tables);
  }
  await output.flush();
}

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
