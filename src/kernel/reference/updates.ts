import type {
  AdagradSettings,
  AdamSettings,
  KernelFunctions,
  Memory,
  RmsPropSettings,
  SgdSettings,
} from '../contract.ts';
import { power } from '../power.ts';

/** Updates of parameters, and what they need to know of the gradient. */
export function updates({ floats: x }: Memory) {
  return {
    sumOfSquares(g, n) {
      let sum = 0;
      for (let j = g; j < g + n; j++) sum += x[j]! * x[j]!;
      return sum;
    },

    clamp(g, limit, n) {
      for (let j = g; j < g + n; j++) {
        if (x[j]! > limit) x[j] = limit;
        else if (x[j]! < -limit) x[j] = -limit;
      }
    },

    sgd(p, g, velocity, n, settings: SgdSettings) {
      const { rate, scale, momentum, weightDecay } = settings;
      for (let j = 0; j < n; j++) {
        const gradient = scale * x[g + j]! + weightDecay * x[p + j]!;
        x[velocity + j] = momentum * x[velocity + j]! + gradient;
        x[p + j]! -= rate * x[velocity + j]!;
      }
    },

    rmsProp(p, g, s, n, settings: RmsPropSettings) {
      const { rate, scale, smoothing, epsilon, weightDecay } = settings;
      for (let j = 0; j < n; j++) {
        const gradient = scale * x[g + j]! + weightDecay * x[p + j]!;
        x[s + j] = smoothing * x[s + j]! + (1 - smoothing) * gradient * gradient;
        x[p + j]! -= (rate * gradient) / (Math.sqrt(x[s + j]!) + epsilon);
      }
    },

    adagrad(p, g, s, n, settings: AdagradSettings) {
      const { rate, scale, epsilon, weightDecay } = settings;
      for (let j = 0; j < n; j++) {
        const gradient = scale * x[g + j]! + weightDecay * x[p + j]!;
        x[s + j]! += gradient * gradient;
        x[p + j]! -= (rate * gradient) / (Math.sqrt(x[s + j]!) + epsilon);
      }
    },

    adam(p, g, m, v, n, settings: AdamSettings) {
      const { rate, scale, beta1, beta2, epsilon, weightDecay, step } = settings;
      const correction1 = 1 - power(beta1, step);
      const correction2 = 1 - power(beta2, step);
      for (let j = 0; j < n; j++) {
        const gradient = scale * x[g + j]!;
        x[m + j] = beta1 * x[m + j]! + (1 - beta1) * gradient;
        x[v + j] = beta2 * x[v + j]! + (1 - beta2) * gradient * gradient;
        const update = x[m + j]! / correction1 / (Math.sqrt(x[v + j]! / correction2) + epsilon);
        x[p + j]! -= rate * (update + weightDecay * x[p + j]!);
      }
    },

    average(mean, p, n, share) {
      for (let j = 0; j < n; j++) x[mean + j]! += share * (x[p + j]! - x[mean + j]!);
    },
  } satisfies Partial<KernelFunctions>;
}
