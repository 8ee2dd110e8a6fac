import { describe, expect, test } from 'vitest';
import { toOnnx } from '../../src/exchange/onnx-export.ts';
import { checkpointOf, largestDifference, logitsOf, MODELS, randomSymbols } from './models.ts';
import { Runtime } from './onnx-runtime.ts';

describe('ONNX Runtime', () => {
  test.each(MODELS)(
    '$label: has our logits over 200 symbols, as one sequence and symbol by symbol',
    async ({ config }) => {
      const checkpoint = checkpointOf(config);
      const { hidden, symbols } = checkpoint.model;
      const text = randomSymbols(200, symbols);
      const ours = logitsOf(checkpoint, text);
      const runtime = await Runtime.open(toOnnx(checkpoint));
      expect(largestDifference(await runtime.logits(text, hidden), ours)).toBeLessThan(1e-5);
      expect(largestDifference(await runtime.logits(text, hidden, 1), ours)).toBeLessThan(1e-5);
    },
  );
});
