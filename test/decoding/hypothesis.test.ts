import { describe, expect, test } from 'vitest';
import { lengthScore } from '../../src/decoding/hypothesis.ts';

describe('lengthScore', () => {
  test.each([
    { log: -6, symbols: 4, penalty: 0, score: -6 },
    { log: -6, symbols: 4, penalty: 0.5, score: -3 },
    { log: -6, symbols: 4, penalty: 1, score: -1.5 },
    { log: -6, symbols: 4, penalty: 2, score: -0.375 },
    { log: -6, symbols: 1, penalty: 1, score: -6 },
    { log: 0, symbols: 0, penalty: 1, score: 0 },
  ])('of Σ log p = $log over $symbols symbols with α = $penalty is $score', ({ log, symbols, penalty, score }) => {
    expect(lengthScore(log, symbols, penalty)).toBe(score);
  });
});
