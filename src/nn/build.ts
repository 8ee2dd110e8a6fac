import { languageNetwork } from './language.ts';
import type { Network, NetworkPlan } from './network.ts';
import { pairNetwork } from './pair-network.ts';

/** The network that a configuration describes. */
export function buildNetwork(plan: NetworkPlan): Network {
  return plan.config.pairs ? pairNetwork(plan) : languageNetwork(plan);
}
