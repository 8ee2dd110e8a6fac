import type { Arena } from '../../src/kernel/arena.ts';
import type { Address, Kernels } from '../../src/kernel/contract.ts';
import type { Team } from '../../src/kernel/team.ts';
import type { BatchShape, Pass } from '../../src/nn/batch.ts';
import type { Module } from '../../src/nn/module.ts';
import type { State } from '../../src/nn/state.ts';
import type { Packed } from '../../src/nn/weight.ts';
import type { LossModule } from './composed.ts';

/** A module without tensors and without states. */
abstract class Plain {
  readonly states: readonly State[] = [];
  readonly weights: readonly Packed[] = [];
  weightGradients(): void {}
}

/** Makes the final states of some layers the initial states of others, one by one. */
export class StateCopy extends Plain implements Module {
  readonly #from: readonly State[];
  readonly #to: readonly State[];

  constructor(from: readonly State[], to: readonly State[]) {
    super();
    this.#from = from;
    this.#to = to;
  }

  forward(k: Kernels, { rows, steps }: Pass): void {
    for (const [index, { width, initial }] of this.#to.entries()) {
      copyRows(k, initial, this.#from[index]!.final(steps), rows, width);
    }
  }

  backward(k: Kernels, { rows }: Pass): void {
    for (const [index, { width, carried }] of this.#to.entries()) {
      copyRows(k, this.#from[index]!.carried, carried, rows, width);
    }
  }
}

function copyRows({ floats }: Kernels, out: Address, from: Address, { start, end }: Pass['rows'], width: number): void {
  floats.copyWithin(out + start * width, from + start * width, from + end * width);
}

/** A loss of final states: Σ_j ½ w_j s_j² for each row, with w_j = 1, 2, … through the row's states. */
export class StateLoss extends Plain implements LossModule {
  readonly rowLosses: Address;
  readonly #states: readonly State[];

  constructor(arena: Arena, { rows }: BatchShape, states: readonly State[]) {
    super();
    this.rowLosses = arena.float(rows);
    this.#states = states;
  }

  forward({ floats }: Kernels, { rows, steps }: Pass): void {
    for (let row = rows.start; row < rows.end; row++) {
      let loss = 0;
      this.#each(row, (weight, state, at) => {
        loss += 0.5 * weight * floats[state.final(steps) + at]! ** 2;
      });
      floats[this.rowLosses + row] = loss;
    }
  }

  backward({ floats }: Kernels, { rows, steps }: Pass): void {
    for (let row = rows.start; row < rows.end; row++) {
      this.#each(row, (weight, state, at) => {
        floats[state.carried + at] = weight * floats[state.final(steps) + at]!;
      });
    }
  }

  #each(row: number, visit: (weight: number, state: State, at: number) => void): void {
    let weight = 1;
    for (const state of this.#states) {
      for (let unit = 0; unit < state.width; unit++) visit(weight++, state, row * state.width + unit);
    }
  }
}

/** A module that runs over another number of steps than the rest of its network. */
export class OwnSteps implements Module {
  readonly #module: Module;
  readonly #steps: number;

  constructor(module: Module, steps: number) {
    this.#module = module;
    this.#steps = steps;
  }

  get states(): readonly State[] {
    return this.#module.states;
  }

  get weights(): readonly Packed[] {
    return this.#module.weights;
  }

  forward(k: Kernels, pass: Pass): void {
    this.#module.forward(k, { ...pass, steps: this.#steps });
  }

  backward(k: Kernels, pass: Pass): void {
    this.#module.backward(k, { ...pass, steps: this.#steps });
  }

  weightGradients(k: Kernels, team: Team): void {
    this.#module.weightGradients(k, team, { steps: this.#steps });
  }
}
