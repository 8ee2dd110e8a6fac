import { gateCount } from '../nn/cells/index.ts';
import type { ModelConfig } from '../nn/config.ts';

/**
 * Floating-point operations of the products that training needs for a symbol. Forward, 2 for each weight that isn't met by a
 * one-hot row; as many again for the gradient of what is multiplied, and for the gradient of the weight.
 */
export function trainingFlops({ cell, hidden, layers, symbols, embedding, members }: ModelConfig): number {
  const gates = gateCount(cell) * hidden;
  const inputs = embedding * gates + (layers - 1) * hidden * gates;
  return members * 3 * 2 * (inputs + layers * hidden * gates + hidden * symbols);
}
