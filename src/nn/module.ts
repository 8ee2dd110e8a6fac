import type { Kernels } from '../kernel/contract.ts';
import type { Team } from '../kernel/team.ts';
import type { Extent, Pass } from './batch.ts';
import type { State } from './state.ts';
import type { Weight } from './weight.ts';

/**
 * A part of a network. It reads signals and writes signals (nn/signal.ts), and finds its tensors when it is made. A network is a list of
 * modules: forward in order, backward in reverse order.
 *
 * Every method but `weightGradients` works on batch rows alone, and no row needs another row. So threads share out the rows, and meet
 * before the weights' gradients, which are sums over all rows.
 */
export interface Module {
  /** What carries from step to step. */
  readonly states: readonly State[];
  /** What has packed copies, which must be renewed when parameters changed. */
  readonly weights: readonly Weight[];
  forward(k: Kernels, pass: Pass): void;
  /** Takes the gradients of the signals that it wrote, which are complete by then, and adds to the gradients of those that it read. */
  backward(k: Kernels, pass: Pass): void;
  /** Adds this thread's share of the gradient of each tensor, summed over all rows and steps. */
  weightGradients(k: Kernels, team: Team, extent: Extent): void;
}
