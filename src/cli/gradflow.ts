import { Command, Option } from 'commander';
import type { Activation, CellName, Reset } from '../nn/config.ts';
import type { Mode } from '../text/mode.ts';
import { filePath, type KernelRequest, kernelOption, whole } from './options.ts';

export interface GradflowCommandOptions {
  readonly checkpoint?: string;
  readonly compare?: readonly string[] | true;
  readonly fresh?: boolean;
  readonly cell: CellName;
  readonly activation: Activation;
  readonly reset: Reset;
  readonly layers: number;
  readonly hidden: number;
  readonly mode: Mode | 'auto';
  readonly seed: string;
  readonly lags?: number;
  readonly positions: number;
  readonly jacobians?: number;
  readonly layer?: number;
  readonly double?: boolean;
  readonly kernel: KernelRequest;
  readonly svg?: string;
  readonly html?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `rnn gradflow`. */
export function gradflowCommand(): Command {
  return new Command('gradflow')
    .description('Measure how the gradient of the loss at time t reaches back to time t − n, layer by layer.')
    .argument('<text>', 'a text file to read; - is standard input')
    .option(
      '-c, --checkpoint <file>',
      'the model, of an ensemble its first member; the newest in ./checkpoints if not given',
      filePath,
    )
    .option('--fresh', 'a model as it is before training, instead of a checkpoint')
    .option('--compare [checkpoints...]', 'several checkpoints over each other; without any, a fresh RNN, LSTM and GRU')
    .optionsGroup('Fresh models:')
    .addOption(new Option('--cell <name>', 'recurrent cell').choices(['lstm', 'gru', 'rnn']).default('lstm'))
    .addOption(
      new Option('--activation <name>', 'of the vanilla RNN')
        .choices(['tanh', 'logistic', 'relu', 'linear'])
        .default('tanh'),
    )
    .addOption(new Option('--reset <when>', 'of the GRU').choices(['before', 'after']).default('before'))
    .option('--layers <n>', 'recurrent layers', whole(1, 64), 1)
    .option('--hidden <n>', 'units of a layer', whole(1, 32_768), 64)
    .addOption(new Option('--mode <mode>', 'how the text is read').choices(['auto', 'stream', 'lines']).default('auto'))
    .option('--seed <seed>', 'of the parameters', '1')
    .optionsGroup('Measurement:')
    .option('--lags <n>', 'the greatest lag (default: 100, of a checkpoint twice its BPTT if more)', whole(1, 10_000))
    .option('--positions <n>', 'times t to average over', whole(1, 100_000), 64)
    .option(
      '--jacobians <n>',
      'times t for the products of Jacobians; 0 for none (default: 4, of wide layers 1)',
      whole(0),
    )
    .option('--layer <n>', 'of --compare: the layer drawn, counted from the bottom (default: the top)', whole(1, 64))
    .option('--double', 'compute in float64, slowly: for gradients that vanish below 1e-38')
    .addOption(kernelOption().hideHelp())
    .optionsGroup('Output:')
    .option('--svg <file>', 'write the curves as SVG', filePath)
    .option('--html <file>', 'write them as one page', filePath)
    .option('--json', 'print every number as JSON Lines, a model in each')
    .option('--quiet', 'say nothing on standard error')
    .addHelpText(
      'after',
      `
Norms are means over positions t of ‖∂L_t/∂h_{t−n}‖, and of ‖∂L_t/∂c_{t−n}‖ along the cell state of an LSTM. Products of
Jacobians ∂h_t/∂h_{t−n} are those of a layer by itself; of a vanilla RNN their norm is at most (γλ)^n, γ being the
activation's steepest slope (1; 1/4 of the logistic) and λ the largest singular value of W.

Examples:
  rnn gradflow book.txt
  rnn gradflow book.txt --compare
  rnn gradflow book.txt --compare checkpoints/rnn.json checkpoints/lstm.json --svg flow.svg
  rnn gradflow book.txt --fresh --cell rnn --activation logistic --double
  rnn gradflow book.txt --json | jq '.layers[0].hidden'`,
    )
    .action(async (text: string, options: GradflowCommandOptions) => {
      const { gradflow } = await import('./gradflow-run.ts');
      await gradflow(text, options);
    });
}
