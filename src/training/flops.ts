import { gateCount } from '../nn/cells/index.ts';
import type { ModelConfig } from '../nn/config.ts';

/**
 * Floating-point operations of the products that training needs for a symbol. Each weight takes 2 of them forward, 2 for the gradient of
 * its input, and 2 for its own gradient. A matrix whose rows are picked by one-hot symbols takes none.
 */
export function trainingFlops({ cell, hidden, layers, symbols, embedding, members }: ModelConfig): number {
  const gates = gateCount(cell) * hidden;
  const inputs = embedding * gates + (layers - 1) * hidden * gates;
  return members * 3 * 2 * (inputs + layers * hidden * gates + hidden * symbols);
}
