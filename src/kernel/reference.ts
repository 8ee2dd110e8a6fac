import type { Kernels, Memory } from './contract.ts';
import { attention } from './reference/attention.ts';
import { gates } from './reference/gates.ts';
import { products } from './reference/products.ts';
import { rows } from './reference/rows.ts';
import { softmax } from './reference/softmax.ts';
import { updates } from './reference/updates.ts';

/**
 * The contract in plain loops. Every other back end is tested against these kernels, gradient checks run on them in float64, and the
 * program uses them where there is no WebAssembly. Each function is its formula; speed does not matter here, except that
 * loops run along rows.
 */
export function referenceKernels(memory: Memory): Kernels {
  return {
    name: 'js',
    floats: memory.floats,
    ints: memory.ints,
    ...products(memory),
    ...rows(memory),
    ...gates(memory),
    ...softmax(memory),
    ...attention(memory),
    ...updates(memory),
  };
}
