import { expect, test } from 'vitest';
import { lossText } from '../../src/library/words.ts';

test('a loss has four digits after the point, and a loss of a run that diverges is short', () => {
  expect(lossText(1.5)).toBe('1.5000 nats (2.164 bits)');
  expect(lossText(3.68265863077103e29)).toBe('3.68e+29 nats (5.31e+29 bits)');
  expect(lossText(Number.NaN)).toBe('NaN nats (NaN bits)');
});
