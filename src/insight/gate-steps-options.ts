import * as z from 'zod';

/** What following a unit's gates can be told. */
export const gateStepsSchema = z.strictObject({
  layer: z.int().min(1).default(1).describe('the layer, counted from the bottom'),
  unit: z.int().min(1).default(1).describe('the unit of the layer'),
});

export type GateStepsOptions = z.input<typeof gateStepsSchema>;
