import type { Address, Kernels } from '../kernel/contract.ts';
import type { Team } from '../kernel/team.ts';
import type { Extent, Pass } from './batch.ts';
import { BACKWARDS, FORWARDS } from './direction.ts';
import type { Module } from './module.ts';
import { Recurrent, type RecurrentPlan } from './recurrent.ts';
import type { Signal } from './signal.ts';
import type { State } from './state.ts';
import type { Packed } from './weight.ts';

/** What a bidirectional layer is made of. */
export interface BidirectionalPlan extends Omit<RecurrentPlan, 'inputs' | 'direction'> {
  /** The inputs. It is called once for each of the two recurrences, because each makes a reading of its own. */
  readonly inputs: () => RecurrentPlan['inputs'];
  /** `keep` of the recurrence that walks backwards: 0 at the last symbol of each sequence. */
  readonly keepBackwards: Address;
}

/**
 * A bidirectional layer (Schuster & Paliwal 1997): one recurrence over x_1 … x_T, another over x_T … x_1, each with tensors of its own. The
 * layer has two outputs, h_f and h_b. The layer above reads both: a_t = W_f h_f,t + W_b h_b,t + b.
 *
 * The names of the second recurrence's tensors have `reverse.` in them: `layers.0.reverse.input`.
 */
export class Bidirectional implements Module {
  readonly forwards: Recurrent;
  readonly backwards: Recurrent;

  constructor(plan: BidirectionalPlan) {
    const { prefix, keepBackwards, inputs } = plan;
    this.forwards = new Recurrent({ ...plan, inputs: inputs(), direction: FORWARDS });
    const reverse = { prefix: `${prefix}reverse.`, keep: keepBackwards, direction: BACKWARDS };
    this.backwards = new Recurrent({ ...plan, inputs: inputs(), ...reverse });
  }

  /** h_f and h_b of every step. */
  get outputs(): readonly [Signal, Signal] {
    return [this.forwards.output, this.backwards.output];
  }

  get states(): readonly State[] {
    return [...this.forwards.states, ...this.backwards.states];
  }

  get weights(): readonly Packed[] {
    return [...this.forwards.weights, ...this.backwards.weights];
  }

  forward(k: Kernels, pass: Pass): void {
    this.forwards.forward(k, pass);
    this.backwards.forward(k, pass);
  }

  backward(k: Kernels, pass: Pass): void {
    this.backwards.backward(k, pass);
    this.forwards.backward(k, pass);
  }

  weightGradients(k: Kernels, team: Team, extent: Extent): void {
    this.backwards.weightGradients(k, team, extent);
    this.forwards.weightGradients(k, team, extent);
  }
}
