import * as z from 'zod';
import { reportSchema } from '../../library/report-options.ts';
import { defineCommand } from '../command.ts';
import { factRows } from '../facts.ts';
import { Output, remark } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';

/** `rnn report`. */
export const command = defineCommand({
  schema: reportSchema.extend({
    checkpoint: OPTIONS.checkpoint,
    html: z.string().describe('where the page is written; - is standard output'),
    kernel: OPTIONS.kernel,
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': {
      checkpoint: FLAGS.checkpointArgument,
      html: { ...FLAGS.html, required: true },
      text: '--text <file>',
      length: '--length <n>',
      seed: '--seed <seed>',
      kernel: FLAGS.hiddenKernel,
      quiet: FLAGS.quiet,
    },
  },
  help: `
One file that needs no network: the run, learning curves, gradient flow, samples
at several temperatures, the text coloured by surprisal, by what each prediction
depends on, and by any gate or state of any unit, units ranked by what they seem
to track, and the symbols in two dimensions.

Examples:
  rnn report --html report.html
  rnn report checkpoints/book.json --text book.txt --html book.html`,
  async run({ checkpoint, html, kernel, quiet, ...request }) {
    const [{ open, openFor }, { inspect }, { examineModel }, { renderReport }, { writeFile }] = await Promise.all([
      import('../open.ts'),
      import('../../library/inspect.ts'),
      import('../../library/report.ts'),
      import('../../insight/report.ts'),
      import('../figures.ts'),
    ]);
    const { text } = request;
    const options = { checkpoint, kernel, quiet };
    const model = text === undefined ? open(options) : await openFor([text], options);
    const facts = factRows(inspect(model));
    const content = await examineModel(model, request, (name) => {
      if (!quiet) remark(`reading: ${name}`);
    });
    const output = new Output();
    const inputs = [model.name, ...(text === undefined ? [] : [text])];
    await writeFile(output, html, renderReport({ ...content, facts }), inputs);
    await output.flush();
    return undefined;
  },
});
