import * as z from 'zod';
import { UserError } from '../../errors.ts';
import { ABSCISSAE, learningCurves, QUANTITIES, type Run } from '../../insight/learning-curves.ts';
import type { SavedModel } from '../../library/saved-model.ts';
import { defineCommand } from '../command.ts';
import { Output } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';

const schema = z.strictObject({
  checkpoints: z
    .array(z.string())
    .default([])
    .describe('checkpoint files (default: the newest); NAME.json and the states beside it are one run'),
  what: z
    .array(z.enum(QUANTITIES))
    .optional()
    .describe('what to draw (default: loss; with --html, everything there is)'),
  by: z.enum(ABSCISSAE).default('step').describe('what it is drawn against'),
  svg: OPTIONS.svg,
  html: OPTIONS.html,
  json: OPTIONS.json.describe('print the points as JSON Lines, one chart a line'),
  quiet: OPTIONS.quiet,
});

/** `rnn plot`. */
export const command = defineCommand({
  schema,
  flags: {
    '': {
      checkpoints: { flag: '[checkpoints...]', also: '-c, --checkpoint <file>', spelling: 'nonEmpty' },
      what: '-w, --what <quantities...>',
      by: '--by <what>',
      svg: FLAGS.svg,
      html: FLAGS.html,
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
Curves differ in colour and, for grey print, in dashes and marks. Where a file
is written, its path is printed in place of the drawing. The page of --html
loads nothing from elsewhere.

Examples:
  rnn plot
  rnn plot checkpoints/lstm.json checkpoints/gru.json
  rnn plot --what gradient clipped
  rnn plot checkpoints/*.json --svg curves.svg
  rnn plot --what loss --json | jq .series`,
  async run(given) {
    const [{ openSaved }, { writeCharts }, { withoutTwins }] = await Promise.all([
      import('../open.ts'),
      import('../figures.ts'),
      import('../../library/checkpoints.ts'),
    ]);
    const { checkpoints, what, by, ...options } = schema.parse(given);
    const named = checkpoints.length > 0 ? withoutTwins(checkpoints) : [undefined];
    const runs = await Promise.all(
      named.map((checkpoint) => curvesOf(openSaved({ checkpoint, quiet: options.quiet }))),
    );
    const wanted = what ?? (options.html === undefined ? (['loss'] as const) : QUANTITIES);
    const charts = wanted
      .map((quantity) => learningCurves(runs, quantity, by))
      .filter(({ series }) => what !== undefined || series.length > 0);
    const missing = what?.find((_, at) => charts[at]!.series.length === 0);
    const names = runs.map(({ name }) => name).join(', ');
    if (missing) throw new UserError(`${names}: nothing was recorded of: ${missing}; ${recordedText(runs, by)}`);
    const output = new Output();
    await writeCharts(output, `Learning curves: ${names}`, charts, { ...options, inputs: checkpoints });
    await output.flush();
    return undefined;
  },
});

/** Which quantities can be drawn. */
function recordedText(runs: readonly Run[], by: (typeof ABSCISSAE)[number]): string {
  const recorded = QUANTITIES.filter((quantity) => learningCurves(runs, quantity, by).series.length > 0);
  return `there is: ${recorded.join(', ')}`;
}

/** The run of a model, by its file's name. UserError where the run ended before its first report. */
async function curvesOf(model: SavedModel): Promise<Run> {
  const { runOf, shortName } = await import('../../library/inspect.ts');
  const { history } = runOf(model);
  if (history.length > 0) return { name: shortName(model), history };
  throw new UserError(
    `${model.name}: its run ended before its first report, so there is no curve; train longer: rnn train TEXT --resume`,
  );
}
