import * as z from 'zod';
import { KERNEL_NAMES } from '../kernel/contract.ts';

/**
 * Where a run or an evaluation is computed. No bit of a run's result depends on the threads, or on which of the two WebAssembly kernels
 * computes. The kernel `js` rounds differently, and so does a processor that has no fused multiply-add.
 */
export const placeSchema = z.strictObject({
  kernel: z
    .enum(['auto', ...KERNEL_NAMES])
    .default('auto')
    .describe('the kernels that compute; auto takes the fastest that this machine has'),
  threads: z
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe('threads that compute; left out, all that there are, or fewer where the model is small'),
});

/** A place as a caller gives it: each field may be left out. */
export type PlaceOptions = z.input<typeof placeSchema>;

export type Place = Readonly<z.output<typeof placeSchema>>;
