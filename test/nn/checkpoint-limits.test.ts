import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { parseSetApart } from '../../src/nn/checkpoint-json.ts';
import { countValues, LIMITS, requireReadable } from '../../src/nn/checkpoint-limits.ts';

const SIZE = { symbols: 50, parameters: 1000, tensors: [1000], values: 1000, jsonBytes: 10_000 };

test('a checkpoint that could be written but not be read is refused, and the message says what to change', () => {
  expect(() => requireReadable(SIZE)).not.toThrow();
  for (const [size, said] of [
    [{ symbols: LIMITS.symbols + 1 }, /1200001 different symbols.*raise minCount/],
    [{ parameters: LIMITS.parameters + 1 }, /500000001 parameters.*fewer units/],
    [{ tensors: [4e8, 4e8] }, /a file of 4\.3 GB, and 4\.0 GB can be read; .* leave out averaging or onDivergence/],
    [{ values: LIMITS.values }, /values besides its tensors.*smaller batch/],
    [{ jsonBytes: LIMITS.jsonBytes + 1 }, /values besides its tensors/],
  ] as const) {
    const refused = () => requireReadable({ ...SIZE, ...size });
    expect(refused).toThrow(UserError);
    expect(refused).toThrow(said);
  }
});

test('values are counted as reading counts them: one more than the bound is refused, the bound is not', () => {
  const json = { list: Array.from({ length: LIMITS.values - 3 }, () => 0), empty: {} };
  // The object has one bracket and a comma, the list a bracket and its commas, the empty object a bracket.
  expect(countValues(json)).toBe(LIMITS.values);
  expect(() => parseSetApart(Buffer.from(JSON.stringify(json)))).not.toThrow();
  json.list.push(0);
  expect(() => parseSetApart(Buffer.from(JSON.stringify(json)))).toThrow('more than 4000000 values');
});
