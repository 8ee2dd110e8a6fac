import * as z from 'zod';

/**
 * Dynamic evaluation (Graves 2013; Krause et al. 2018): how a model keeps learning from what it has just been measured on. After every window,
 * θ ← θ − η·g / (√s + ε) by RMSprop, then θ ← θ + λ(θ₀ − θ). η is `rate`, and λ is `decay`. `steps` is the length of a window, and so how far the
 * gradient goes back.
 */
export const dynamicSchema = z.strictObject({
  rate: z.number().positive().default(0.0003).describe('learning rate of dynamic evaluation'),
  steps: z.int().min(1).max(100_000).default(32).describe('symbols between its updates'),
  decay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.001)
    .describe('share of the way that the parameters go back to the checkpoint after each update'),
});

export type DynamicConfig = Readonly<z.output<typeof dynamicSchema>>;
