import * as z from 'zod';
import { importRequestSchema } from '../../library/exchange-options.ts';
import { defineCommand } from '../command.ts';
import { Output, sayer } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';

/** `rnn import`. */
export const command = defineCommand({
  schema: importRequestSchema.extend({
    file: z.string().describe('a safetensors or an ONNX file, or the folder of a transducer as ONNX'),
    json: OPTIONS.json.describe('print JSON'),
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': {
      file: { flag: '<file>', spelling: 'file' },
      out: { flag: '-o, --out <file>', spelling: 'file' },
      symbols: { flag: '--symbols <file>', spelling: 'nonEmpty' },
      activation: '--activation <name>',
      reset: '--reset <place>',
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
A file that rnn export or its train.py wrote has the vocabulary and the history
of the training, too. Any other file has a model alone, of texts: --symbols says
which symbols it has. Nothing in a file is ever run, and a pickle (torch.save)
is not read: src/exchange/README.md has two lines of Python that make a
safetensors file of one.

Examples:
  rnn import trained.safetensors
  rnn import ice --out checkpoints/ice.json
  rnn import char-rnn.safetensors --symbols printable
  rnn import other.onnx --symbols vocabulary.json --out checkpoints/other.json`,
  async run({ file, json, quiet = false, ...request }, { nameOf }) {
    const { importModel } = await import('../../library/exchange.ts');
    const { model, path, notes } = importModel(file, request);
    for (const note of notes) sayer(quiet, nameOf)(note);
    const output = new Output();
    await (json ? output.json({ path, model: model.checkpoint.model, notes }) : output.line(path));
    await output.flush();
    return undefined;
  },
});
