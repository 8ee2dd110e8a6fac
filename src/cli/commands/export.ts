import { existsSync } from 'node:fs';
import * as z from 'zod';
import { message, option, UsageError } from '../../errors.ts';
import { exportRequestSchema } from '../../library/exchange-options.ts';
import { defineCommand } from '../command.ts';
import { Output, sayer } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';

/** `rnn export`. */
export const command = defineCommand({
  schema: exportRequestSchema.extend({
    paths: z
      .array(z.string())
      .min(1)
      .max(2)
      .describe('a checkpoint (if there are two paths), and the file or folder to write'),
    checkpoint: OPTIONS.checkpoint,
    json: OPTIONS.json.describe('print JSON'),
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': {
      paths: { flag: '<path...>', spelling: 'file' },
      checkpoint: FLAGS.checkpoint,
      to: '--to <format>',
      half: '--half',
      text: { flag: '--text <file...>', spelling: 'nonEmpty' },
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
The ending .safetensors, .onnx or .html says the format; any other path needs
--to. An ending and --to that differ are refused. Nothing is overwritten. What
is in each: src/exchange/README.md.
A model of pairs can be exported as safetensors, as ONNX and as a page.

  safetensors  tensors with PyTorch's names and layout
  onnx         one graph, for ONNX Runtime and what else reads ONNX; a
               transducer is a folder of two, encoder.onnx and decoder.onnx
  html         a page with the model in it. It opens from a disk, loads nothing,
               and writes, searches and scores. With --half, the change of the
               loss is measured on --text, or on what the model writes itself
  ml5          a folder for ml5's charRNN; the model is an LSTM of two layers
  pytorch      a folder with which torchrun goes on training: the model, the
               text (--text), the recipe, and a short train.py

Examples:
  rnn export book.safetensors
  rnn export checkpoints/book.json book.onnx
  rnn export checkpoints/book.json book.html
  rnn export checkpoints/book.json book.html --half --text book.txt
  rnn export checkpoints/ice.json ice --to onnx
  rnn export checkpoints/book.json sketch/model --to ml5
  rnn export checkpoints/book.json cluster --to pytorch --text book.txt`,
  async run({ paths, checkpoint: named, json, quiet = false, ...request }, { nameOf }) {
    if (paths.length > (named === undefined ? 2 : 1)) {
      throw new UsageError(
        named === undefined
          ? `${paths.length} paths are too many; name a checkpoint and what to write`
          : message`${option('checkpoint')} names the model, so that one path is enough: what to write`,
      );
    }
    if (paths.length === 1 && named === undefined) requireTarget(paths[0]!);
    const [checkpoint, path] = paths.length === 1 ? [named, paths[0]!] : [paths[0], paths[1]!];
    const [{ exportModel }, { openModel }] = await Promise.all([
      import('../../library/exchange.ts'),
      import('../open.ts'),
    ]);
    const { format, notes } = await exportModel(await openModel({ checkpoint, quiet }), path, request);
    for (const note of notes) sayer(quiet, nameOf)(note);
    const output = new Output();
    await (json ? output.json({ path, format, notes }) : output.line(path));
    await output.flush();
    return undefined;
  },
});

/** UsageError for a path that is a checkpoint already: it names the model, and what to write is missing. */
function requireTarget(path: string): void {
  if (!path.endsWith('.json') || !existsSync(path)) return;
  throw new UsageError(`name the file to write, too: rnn export ${path} ${path.slice(0, -'.json'.length)}.onnx`);
}
