import * as z from 'zod';

/** What an examination of backpropagation through time can be told. */
export const bpttSchema = z.strictObject({
  tensor: z
    .string()
    .min(1)
    .optional()
    .describe('W of the table: the name of a layer’s tensor; the recurrent matrix of the first layer if not given'),
  truncate: z.int().min(1).optional().describe('τ: show what is lost where each loss goes back over τ steps only'),
  start: z
    .boolean()
    .default(false)
    .describe('read <stop> before the first symbol, as in training, and predict the first symbol too'),
  copies: z
    .boolean()
    .default(false)
    .describe('also give every step of the unfolded network a copy of W of its own, and show ∂L/∂W of each copy'),
  samples: z
    .int()
    .min(1)
    .default(100)
    .describe('the most numbers of a tensor that are checked by central differences, spread evenly'),
});

export type BpttOptions = z.input<typeof bpttSchema>;
