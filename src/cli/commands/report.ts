import * as z from 'zod';
import { EXIT, type UserError } from '../../errors.ts';
import { factRows } from '../../library/facts.ts';
import { type ReportRequest, reportSchema } from '../../library/report-options.ts';
import type { SavedModel } from '../../library/saved-model.ts';
import { defineCommand } from '../command.ts';
import type { OpenOptions } from '../open.ts';
import { complain, Output, remark } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { requireNone } from '../sources.ts';

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

Of a model of pairs: the run, learning curves and, where --text names a file of
pairs, predictions for some of its sources, what the model attends to in them,
and how the gradient of the loss reaches the encoder.

Examples:
  rnn report --html report.html
  rnn report checkpoints/book.json --text book.txt --html book.html
  rnn report numbers.json --text numbers.tsv --html numbers.html`,
  async run({ checkpoint, html, kernel, quiet, ...request }, { nameOf }) {
    const [{ openSaved, openSavedFor }, { inspect }, { writeFile }] = await Promise.all([
      import('../open.ts'),
      import('../../library/inspect.ts'),
      import('../figures.ts'),
    ]);
    const { text } = request;
    const saved =
      text === undefined ? openSaved({ checkpoint, quiet }) : await openSavedFor([text], { checkpoint, quiet });
    const facts = factRows(inspect(saved));
    let skipped = 0;
    const page =
      saved.kind === 'pairs'
        ? await pairPage(saved, { ...request, kernel }, facts, reading(quiet), (problem) => {
            skipped++;
            complain(problem.messageWith(nameOf));
          })
        : await textPage(saved, { ...request, kernel }, facts, reading(quiet));
    const output = new Output();
    await writeFile(output, html, page, [saved.name, ...(text === undefined ? [] : [text])]);
    await output.flush();
    return skipped > 0 ? EXIT.failed : EXIT.done;
  },
});

type Request = ReportRequest & Pick<OpenOptions, 'kernel'>;
type Facts = ReturnType<typeof factRows>;

function reading(quiet: boolean | undefined): (name: string) => void {
  return (name) => {
    if (!quiet) remark(`reading: ${name}`);
  };
}

async function textPage(
  { checkpoint, name }: SavedModel,
  { kernel, ...request }: Request,
  facts: Facts,
  say: (name: string) => void,
): Promise<string> {
  const [{ LanguageModel }, { examineModel }, { renderReport }] = await Promise.all([
    import('../../library/language-model.ts'),
    import('../../library/report.ts'),
    import('../../insight/report.ts'),
  ]);
  return renderReport({ ...(await examineModel(new LanguageModel(checkpoint, name, kernel), request, say)), facts });
}

async function pairPage(
  { checkpoint, name }: SavedModel,
  { kernel, text, ...others }: Request,
  facts: Facts,
  say: (name: string) => void,
  onProblem: (problem: UserError) => void,
): Promise<string> {
  requireNone(others, ['length', 'seed'], 'texts');
  const [{ PairModel }, { examinePairModel }, { renderPairReport }] = await Promise.all([
    import('../../library/pair-model.ts'),
    import('../../library/pair-report.ts'),
    import('../../insight/pair-report.ts'),
  ]);
  const content = await examinePairModel(new PairModel(checkpoint, name, kernel), text, say, onProblem);
  return renderPairReport({ ...content, facts });
}
