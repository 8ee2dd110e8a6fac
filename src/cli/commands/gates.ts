import * as z from 'zod';
import type { GateSteps } from '../../insight/gate-steps.ts';
import { gateStepsSchema } from '../../insight/gate-steps-options.ts';
import { defineCommand } from '../command.ts';
import { readEscapes, TEXT_ESCAPES } from '../constraints.ts';
import { Output, paint } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { type StyledTable, tabbed, titled } from '../tables.ts';

/** `rnn gates`. */
export const command = defineCommand({
  schema: z.strictObject({
    ...gateStepsSchema.shape,
    text: z.string().describe('the text that the model reads'),
    checkpoint: OPTIONS.checkpoint,
    json: OPTIONS.json.describe('print a line of JSON for each symbol'),
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': {
      text: '<text>',
      checkpoint: FLAGS.checkpoint,
      layer: '--layer <n>',
      unit: '--unit <n>',
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
Prints a row for each symbol: what the unit's gates and states are after it.

LSTM         the forget gate f, the input gate i, the candidate C̃, the cell
             state C = f ⊙ C₋ + i ⊙ C̃, the output gate o, and h = o ⊙ tanh C
GRU          the reset gate r, the update gate z, the candidate h̃, and
             h = (1 − z) ⊙ h₋ + z ⊙ h̃
vanilla RNN  h

A terminal shows gates in grey, from shut to open, and states in blue below 0
and in orange above. In a pipe, columns are separated by tabs.

${TEXT_ESCAPES}

Examples:
  rnn gates "deep learning"
  rnn gates machine --layer 2 --unit 17
  rnn gates machine | cut -f1,2
  rnn gates machine --json | jq '.values[0]'`,
  async run({ text, json, checkpoint, quiet, ...options }) {
    const [{ open }, { gateSteps, gateTable }] = await Promise.all([
      import('../open.ts'),
      import('../../insight/gate-steps.ts'),
    ]);
    const { checkpoint: of, vocabulary } = open({ checkpoint, quiet });
    const read = readEscapes('text', text, vocabulary.unit);
    const found = gateSteps({ config: of.model, parameters: of.parameters, vocabulary }, read, options);
    const output = new Output();
    if (json) {
      for (const { id, values } of found.steps) {
        await output.json({ symbol: vocabulary.label(id), names: found.names, values });
      }
    } else {
      const table = gateTable(found, vocabulary);
      const style = paint.level > 0 ? { style: styleOf(found) } : {};
      await output.line(output.terminal ? titled({ ...table, ...style }) : tabbed(table));
    }
    await output.flush();
    return undefined;
  },
});

/** Each number on the colour of its value. The first column has symbols. */
function styleOf({ steps, isGate }: GateSteps): NonNullable<StyledTable['style']> {
  return (row, column) => (column === 0 ? (cell) => cell : shade(steps[row]!.values[column - 1]!, isGate[column - 1]!));
}

/** Okabe and Ito's blue and orange for states, grey for gates: the stronger, the further from 0. */
function shade(value: number, isGate: boolean): (text: string) => string {
  const strength = Math.min(1, Math.abs(value));
  const [red, green, blue] = isGate ? [150, 150, 150] : value < 0 ? [0, 114, 178] : [230, 159, 0];
  const part = (full: number): number => Math.round(full * strength);
  return paint.bgRgb(part(red!), part(green!), part(blue!)).rgb(255, 255, 255);
}
