import * as z from 'zod';
import { message, option, UsageError } from '../../errors.ts';
import { defineCommand } from '../command.ts';
import { writeDrawings } from '../figures.ts';
import { tabbedHeatMap, terminalHeatMap } from '../heat-map.ts';
import { Output } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { isOfPairs, remarkUnknown } from '../sources.ts';

/** `rnn attention`. */
export const command = defineCommand({
  schema: z.strictObject({
    source: z.string().describe('the source'),
    target: z.string().optional().describe('the target (default: the best one that beam search finds)'),
    checkpoint: OPTIONS.checkpoint,
    kernel: OPTIONS.kernel,
    svg: OPTIONS.svg,
    html: OPTIONS.html,
    json: OPTIONS.json.describe('print JSON'),
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': {
      source: { flag: '<source>', spelling: 'nonEmpty' },
      target: { flag: '[target]', spelling: 'nonEmpty' },
      checkpoint: FLAGS.checkpoint,
      kernel: FLAGS.hiddenKernel,
      svg: FLAGS.svg,
      html: FLAGS.html,
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
For each symbol of the target, the weights of the symbols of the source when the
model predicts it. They add up to 1. A terminal shows them as shades, with the
symbol that has the largest weight; in a pipe they are numbers, separated by
tabs. The model must be one that transduces, with attention. Of an ensemble, a
weight is the mean over its members.

Examples:
  rnn attention "three hundred and five"
  rnn attention "three hundred and five" 305 -c numbers.json
  rnn attention ninety --svg attention.svg
  rnn attention ninety --json | jq '.weights[0]'`,
  async run({ source, target, checkpoint, kernel, svg, html, json, quiet }) {
    const [{ openModel }, { attentionMap }] = await Promise.all([
      import('../open.ts'),
      import('../../insight/attention-map.ts'),
    ]);
    const model = await openModel({ checkpoint, kernel, quiet });
    if (!isOfPairs(model)) {
      throw new UsageError(
        message`${model.name}: a model of texts has no attention; name one of pairs with ${option('checkpoint')}`,
      );
    }
    if (!quiet) remarkUnknown(model, source);
    const found = await model.attention(source, target);
    const map = attentionMap(found);
    const output = new Output();
    const { heatMapFile, inlineHeatMap } = await import('../../insight/heat-map.ts');
    await writeDrawings(
      output,
      `Attention of ${model.name}`,
      {
        svg: () => heatMapFile([map]),
        html: () => [inlineHeatMap(map)],
        json: () => [found],
        text: () => (output.terminal ? terminalHeatMap(map) : tabbedHeatMap(map)),
      },
      { svg, html, json, inputs: [model.name] },
    );
    await output.flush();
    return undefined;
  },
});
