import type { Kernels } from './contract.ts';
import type { CallTeam } from './team.ts';

/** What the time of a step goes into, and the kernels that belong to each. */
const PARTS: Record<string, readonly (keyof Kernels)[]> = {
  'matrix products': ['multiply', 'multiplyTransposed'],
  gates: [
    'lstmForward',
    'lstmBackward',
    'gruResetForward',
    'gruForward',
    'gruBackward',
    'gruResetBackward',
    'gruAfterForward',
    'gruAfterBackward',
    'tanhForward',
    'tanhBackward',
    'logisticForward',
    'logisticBackward',
    'reluForward',
    'reluBackward',
  ],
  'rows and biases': ['gatherRows', 'scatterRows', 'sumRows', 'keepRows', 'addKeptRows', 'fill'],
  softmax: ['softmaxCrossEntropy'],
  packing: ['pack', 'packTransposed'],
  dropout: ['dropout'],
  optimizer: ['sumOfSquares', 'clamp', 'sgd', 'rmsProp', 'adagrad', 'adam', 'average'],
};

/** Milliseconds by part. */
export class Profile {
  readonly milliseconds = new Map<string, number>([...Object.keys(PARTS), 'waiting'].map((part) => [part, 0]));

  /** The same kernels, timed. */
  kernels(kernels: Kernels): Kernels {
    const timed: Record<string, unknown> = { ...kernels };
    for (const [part, names] of Object.entries(PARTS)) {
      for (const name of names) timed[name] = this.#timed(part, kernels[name] as (...operands: never[]) => unknown);
    }
    return timed as unknown as Kernels;
  }

  /** The same team, the time at its barriers counted as waiting. */
  team(team: CallTeam): CallTeam {
    return { ...team, barrier: this.#timed('waiting', team.barrier) };
  }

  clear(): void {
    for (const part of this.milliseconds.keys()) this.milliseconds.set(part, 0);
  }

  #timed<Result>(part: string, run: (...operands: never[]) => Result): (...operands: never[]) => Result {
    return (...operands) => {
      const start = performance.now();
      const result = run(...operands);
      this.milliseconds.set(part, this.milliseconds.get(part)! + performance.now() - start);
      return result;
    };
  }
}
