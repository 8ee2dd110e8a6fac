import type { Kernels } from '../kernel/contract.ts';
import type { Team } from '../kernel/team.ts';
import type { Extent, Pass } from './batch.ts';
import type { Module } from './module.ts';

/** A module that runs over the steps of the source, in place of those of the window. */
export function onSource(module: Module): Module {
  return withSteps(module, ({ sourceSteps = 0 }) => sourceSteps);
}

/** A module that runs once for a window. */
export function atOneStep(module: Module): Module {
  return withSteps(module, () => 1);
}

function withSteps(module: Module, stepsOf: (extent: Extent) => number): Module {
  const inside = <E extends Extent>(extent: E): E => ({ ...extent, steps: stepsOf(extent) });
  return {
    states: module.states,
    weights: module.weights,
    forward: (k: Kernels, pass: Pass) => module.forward(k, inside(pass)),
    backward: (k: Kernels, pass: Pass) => module.backward(k, inside(pass)),
    weightGradients: (k: Kernels, team: Team, extent: Extent) => module.weightGradients(k, team, inside(extent)),
  };
}
