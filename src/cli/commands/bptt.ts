import * as z from 'zod';
import { backpropagationSchema } from '../../library/backpropagation-options.ts';
import { defineCommand } from '../command.ts';
import { readEscapes, TEXT_ESCAPES } from '../constraints.ts';
import { Output, sayer } from '../output.ts';
import { FLAGS, FRESH_FLAGS, OPTIONS } from '../shared.ts';
import { titled } from '../tables.ts';

/** `rnn bptt`. */
export const command = defineCommand({
  schema: backpropagationSchema.extend({
    text: z.string().describe('a short text; its first symbol is given, and each of the others is predicted'),
    json: OPTIONS.json.describe(
      'print the parameters, every matrix ∂s_t/∂s_k and the tensor ∂⁺s_k/∂W as one line of JSON',
    ),
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': { text: '<text>', checkpoint: FLAGS.checkpoint, fresh: '--fresh' },
    ...FRESH_FLAGS,
    'What is shown:': {
      tensor: '--tensor <name>',
      truncate: '--truncate <n>',
      copies: '--copies',
      start: '--start',
      samples: '--samples <n>',
    },
    'Output:': { json: FLAGS.json, quiet: FLAGS.quiet },
  },
  help: `
Backpropagation through time, written out in float64 for one short text:

  ∂L_t/∂W = Σ_k≤t ∂L_t/∂s_t · ∂s_t/∂s_k · ∂⁺s_k/∂W

where ∂⁺ treats s_{k−1} as a constant, and s is the state of all layers: the h
of each layer and, of an LSTM, its c. It prints the states, the distributions
beside the true symbols with L_t, the norm of every term of the sum, and three
columns that agree: the explicit sum over k, backpropagation as in training, and
central differences.

A matrix has a row for each number that is read, and a column for each number
that is computed: s_t = σ(x_t U + s_{t−1} W + b). So W_ij leads from unit i to
unit j. --json has the parameters, too: input is U, recurrent is W.

${TEXT_ESCAPES}

Examples:
  rnn bptt deep --fresh
  rnn bptt deep --fresh --cell lstm --hidden 4 --truncate 2
  rnn bptt deep --fresh --activation linear --copies
  rnn bptt deep --start
  rnn bptt deep --fresh --json | jq '.stateJacobians[3][0]'`,
  async run({ text, json, quiet = false, ...request }, { nameOf }) {
    const { backpropagation, bpttJson, bpttTables } = await import('../../library/backpropagation.ts');
    const { found, vocabulary } = backpropagation(
      (unit) => readEscapes('text', text, unit),
      request,
      sayer(quiet, nameOf),
    );
    const output = new Output();
    if (json) await output.json(bpttJson(found, vocabulary));
    else await output.line(bpttTables(found, vocabulary).map(titled).join('\n\n'));
    await output.flush();
    return undefined;
  },
});
