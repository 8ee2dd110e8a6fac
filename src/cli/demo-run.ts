import { demonstrate } from '../insight/demonstrations.ts';
import { columns } from './columns.ts';
import type { DemoCommandOptions, DemoName } from './demo.ts';
import { writeCharts } from './figures.ts';
import { Output } from './output.ts';

/** Draws one of the small systems, with its numbers. */
export async function demo(system: DemoName, options: DemoCommandOptions): Promise<void> {
  const output = new Output();
  const { weight, bias, eigenvalue, steps } = options;
  const own = system === 'linear' ? { ...(eigenvalue ? { eigenvalue } : {}), steps } : { weight, bias, steps };
  const { title, charts, tables } = demonstrate(system, own);
  const drawn = tables.map((table) => columns([...table.header], table.rows));
  await writeCharts(output, title, charts, options, drawn);
  await output.flush();
}
