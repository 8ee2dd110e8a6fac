import { Arena } from '../../src/kernel/arena.ts';
import type { KernelChoice } from '../../src/kernel/choose.ts';
import type { Kernels } from '../../src/kernel/contract.ts';
import { openKernels } from '../../src/kernel/engine.ts';
import { SOLO } from '../../src/kernel/team.ts';
import { Model } from '../../src/nn/model.ts';
import { JS, type TinyModel } from './tiny-models.ts';

/** Runs whole sequences of at most `steps` symbols from s₀ = 0, in one forward pass each: no state is carried, saved or moved. */
export class WholeRun {
  readonly #model: Model;
  readonly #kernels: Kernels;

  constructor({ config, parameters }: TinyModel, steps: number, choice: KernelChoice = JS) {
    const arena = new Arena();
    this.#model = new Model(arena, config, { steps, rows: 1, training: false });
    this.#kernels = openKernels(choice, arena);
    this.#kernels.floats.set(parameters, this.#model.parameters.values);
    this.#kernels.ints.fill(1, this.#model.keep, this.#model.keep + steps);
    this.#model.pack(this.#kernels, SOLO);
  }

  /** [T][V] logits after each symbol. */
  logits(symbols: readonly number[]): number[][] {
    const { ints, floats } = this.#kernels;
    const { symbols: V } = this.#model.config;
    ints.set(symbols, this.#model.inputs);
    this.#model.forward(this.#kernels, { start: 0, end: 1 }, { steps: symbols.length });
    return symbols.map((_, step) => [
      ...floats.subarray(this.#model.members[0]!.logits + step * V, this.#model.members[0]!.logits + (step + 1) * V),
    ]);
  }

  /** Logits after the last symbol. */
  next(symbols: readonly number[]): number[] {
    return this.logits(symbols).at(-1)!;
  }

  /** Σ log p of `ids` after `prompt`. */
  logProbability(prompt: readonly number[], ids: readonly number[]): number {
    const logits = this.logits([...prompt, ...ids]);
    return ids.reduce((sum, id, at) => sum + logProbabilityOf(logits[prompt.length - 1 + at]!, id), 0);
  }
}

/** log softmax(logits / τ)_id, as −log(1 + Σ of the others relative to it): exact for probabilities close to 1, too. */
export function logProbabilityOf(logits: readonly number[], id: number, temperature = 1): number {
  const others = logits.filter((_, other) => other !== id);
  return -Math.log1p(others.reduce((sum, logit) => sum + Math.exp((logit - logits[id]!) / temperature), 0));
}
