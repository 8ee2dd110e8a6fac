import type { Kernels } from '../kernel/contract.ts';
import type { Team } from '../kernel/team.ts';
import type { Extent, Pass } from './batch.ts';
import type { Module } from './module.ts';

/** A module that runs over the steps of the source, in place of those of the window. */
export function onSource(module: Module): Module {
  return within(module, ({ sourceSteps = 0, activeSource }) => ({ steps: sourceSteps, active: activeSource }));
}

/** A module that runs once for a window. */
export function atOneStep(module: Module): Module {
  return within(module, () => ({ steps: 1, active: undefined }));
}

function within(module: Module, stepsOf: (extent: Extent) => Pick<Extent, 'steps' | 'active'>): Module {
  const inside = <E extends Extent>(extent: E): E => ({ ...extent, ...stepsOf(extent) });
  return {
    states: module.states,
    weights: module.weights,
    forward: (k: Kernels, pass: Pass) => module.forward(k, inside(pass)),
    backward: (k: Kernels, pass: Pass) => module.backward(k, inside(pass)),
    weightGradients: (k: Kernels, team: Team, extent: Extent) => module.weightGradients(k, team, inside(extent)),
  };
}
