import type { Kernels } from '../kernel/contract.ts';
import type { Team } from '../kernel/team.ts';
import type { Extent, Pass } from './batch.ts';
import type { State } from './state.ts';
import type { Packed } from './weight.ts';

/**
 * A part of a network. It reads signals and writes signals (nn/signal.ts), and declares its tensors when it is made. A network is a list of
 * modules, which run forward in order, and backward in reverse order.
 *
 * In `forward` and `backward`, no batch row needs another row. Each thread runs them over rows of its own. The threads meet before
 * `weightGradients`, which sums over all rows.
 */
export interface Module {
  /** What carries from step to step. */
  readonly states: readonly State[];
  /** What must be renewed when parameters have changed. */
  readonly weights: readonly Packed[];
  forward(k: Kernels, pass: Pass): void;
  /** Reads the gradients of the signals that the module wrote, which are complete by then. Contributes to the gradients of those that it read. */
  backward(k: Kernels, pass: Pass): void;
  /** Adds to this thread's share of the gradient of each tensor, summing over all rows and steps. */
  weightGradients(k: Kernels, team: Team, extent: Extent): void;
}
