import { expect } from 'vitest';
import type { Address, Floats, Memory } from '../../src/kernel/contract.ts';

/** Of central differences of a double-precision loss near 50: rounding 1e-16·50/h against truncation h². */
const STEP = 1e-5;

/** Numbers that a loss depends on, and where its gradient by them has been left. */
export interface Differentiated {
  readonly name: string;
  readonly value: Address;
  readonly gradient: Address;
  readonly size: number;
}

/**
 * Compares gradients that a backward pass has left with central differences of the loss: of every block, the largest error relative to the
 * block's largest gradient, ‖analytic − numeric‖∞ / ‖numeric‖∞, is below 1e-6. That gradient must not be 0.
 *
 * @param step h of the differences: a longer one suits gradients that are small beside the loss
 */
export function expectGradientsRight(
  { floats }: Memory,
  blocks: readonly Differentiated[],
  loss: () => number,
  step = STEP,
): void {
  const analytic = blocks.map(({ gradient, size }) => floats.slice(gradient, gradient + size));
  for (const [index, { name, value, size }] of blocks.entries()) {
    let largest = 0;
    let error = 0;
    for (let j = 0; j < size; j++) {
      const numeric = centralDifference(floats, value + j, loss, step);
      largest = Math.max(largest, Math.abs(numeric));
      error = Math.max(error, Math.abs(numeric - analytic[index]![j]!));
    }
    expect(largest, `${name} has an effect on the loss`).toBeGreaterThan(1e-6);
    expect(error / largest, name).toBeLessThan(1e-6);
  }
}

function centralDifference(floats: Floats, address: Address, loss: () => number, step: number): number {
  const value = floats[address]!;
  floats[address] = value + step;
  const above = loss();
  floats[address] = value - step;
  const below = loss();
  floats[address] = value;
  return (above - below) / (2 * step);
}
