import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { Parameters } from '../nn/model.ts';
import type { OptimizerConfig } from './recipe.ts';

/** How many buffers each rule keeps: sgd a velocity, rmsprop a mean of squares, adagrad a sum of squares, adam two means. */
const MOMENTS: Record<OptimizerConfig['name'], number> = { sgd: 1, rmsprop: 1, adagrad: 1, adam: 2 };

/** Numbers that change from update to update. */
export interface UpdateSettings {
  readonly rate: number;
  /** The gradient is multiplied by this: clipping by norm. */
  readonly scale: number;
  /** The number of this update, from 1. */
  readonly step: number;
}

/** Updates the flat buffer of parameters, one range at a time. Its moments are buffers of the same layout. */
export class Optimizer {
  /** Addresses of the moments. */
  readonly moments: readonly Address[];
  readonly #config: OptimizerConfig;
  readonly #parameters: Parameters;

  constructor(arena: Arena, parameters: Parameters, config: OptimizerConfig) {
    this.#config = config;
    this.#parameters = parameters;
    this.moments = Array.from({ length: MOMENTS[config.name] }, () => arena.float(parameters.manifest.size));
  }

  update(k: Kernels, range: Range, settings: UpdateSettings): void {
    const { start, end } = range;
    const p = this.#parameters.values + start;
    const g = this.#parameters.gradients + start;
    const [first = 0, second = 0] = this.moments.map((moment) => moment + start);
    const all = { ...this.#config, ...settings };
    switch (this.#config.name) {
      case 'sgd':
        k.sgd(p, g, first, end - start, all);
        break;
      case 'rmsprop':
        k.rmsProp(p, g, first, end - start, all);
        break;
      case 'adagrad':
        k.adagrad(p, g, first, end - start, all);
        break;
      case 'adam':
        k.adam(p, g, first, second, end - start, all);
        break;
    }
  }
}
