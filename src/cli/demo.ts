import { Argument, Command } from 'commander';
import { collect, filePath, number, whole } from './options.ts';

export interface DemoCommandOptions {
  readonly weight: number;
  readonly bias: number;
  readonly eigenvalue?: readonly number[];
  readonly steps: number;
  readonly svg?: string;
  readonly html?: string;
  readonly json?: boolean;
}

export type DemoName = 'iterated-unit' | 'linear';

/** `rnn demo`. */
export function demoCommand(): Command {
  const systems: readonly DemoName[] = ['iterated-unit', 'linear'];
  const any = number(Number.NEGATIVE_INFINITY);
  return new Command('demo')
    .description('Show the lecture notes’ small systems, in which gradients vanish and explode.')
    .addArgument(new Argument('<system>', 'which system').choices(systems))
    .option('--weight <w>', 'iterated-unit: w of h ← σ(w·h + b)', any, 6)
    .option('--bias <b>', 'iterated-unit: b', any, -3)
    .option('--eigenvalue <x...>', 'linear: the larger eigenvalue of W (default: 0.9 1 1.1)', eigenvalues)
    .option('--steps <n>', 'n of h_n', whole(2, 10_000), 100)
    .option('--svg <file>', 'write the drawings as SVG', filePath)
    .option('--html <file>', 'write them as one page', filePath)
    .option('--json', 'print the points as JSON Lines, a chart in each')
    .addHelpText(
      'after',
      `
iterated-unit  h ← σ(6h − 3): its fixed points, which of them are sources and which sinks, the phase plot, h_100 as a
               function of h_1, and the gradient ∂h_100/∂h_1, which explodes at h_1 = 0.5 and vanishes elsewhere
linear         h ← W h, W symmetric: the gradient ‖∂h_t/∂h_1‖ with the eigenvalue below, at and above 1

Examples:
  rnn demo iterated-unit
  rnn demo iterated-unit --weight 4 --bias -2
  rnn demo linear --eigenvalue 0.5 0.99 1.01
  rnn demo iterated-unit --svg unit.svg`,
    )
    .action(async (system: DemoName, options: DemoCommandOptions) => {
      const { demo } = await import('./demo-run.ts');
      await demo(system, options);
    });

  function eigenvalues(text: string, before: readonly number[] = []): readonly number[] {
    collect(text);
    return [...before, any(text)];
  }
}
