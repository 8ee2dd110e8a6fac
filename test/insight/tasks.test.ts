import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { TASK, TASKS, type TaskName, taskLines } from '../../src/insight/tasks.ts';

const PAIR_BITS: Record<string, [number, number]> = { a: [0, 0], b: [0, 1], c: [1, 0], d: [1, 1] };

/** The two numbers and the result that a bit-serial line spells, by BigInt, the least significant bit first. */
function readSerial(line: string): { p: bigint; q: bigint; result: bigint; steps: number } {
  let [p, q, result] = [0n, 0n, 0n];
  const steps = line.length / 2;
  for (let at = 0; at < steps; at++) {
    const [first, second] = PAIR_BITS[line[2 * at]!]!;
    p |= BigInt(first) << BigInt(at);
    q |= BigInt(second) << BigInt(at);
    result |= BigInt(line[2 * at + 1]!) << BigInt(at);
  }
  return { p, q, result, steps };
}

function lines(name: TaskName, count: number, least: number, most = least, seed: string | number = 1): string[] {
  return [...taskLines(name, count, seed, { least, most })];
}

describe('addition', () => {
  test('is that of BigInt, of numbers of up to 64 bits, with a step more for the carry', () => {
    for (const [bits, line] of [8, 64].flatMap((length) =>
      lines('addition', 200, length).map((one) => [length, one] as const),
    )) {
      const { p, q, result, steps } = readSerial(line);
      expect(result).toBe(p + q);
      expect(steps).toBe(bits + 1);
      expect(line.at(-2)).toBe('a');
    }
  });

  test('has all pairs of three bits among enough lines', () => {
    const seen = new Set(lines('addition', 2000, 3).map((line) => `${readSerial(line).p}+${readSerial(line).q}`));
    expect(seen.size).toBe(64);
  });
});

test('xor is that of BigInt, at a length of 1,000', () => {
  for (const line of lines('xor', 20, 1000)) {
    const { p, q, result, steps } = readSerial(line);
    expect(result).toBe(p ^ q);
    expect(steps).toBe(1000);
  }
});

describe('parity', () => {
  const oddOnes = (bits: string): string => String([...bits].filter((bit) => bit === 'b').length % 2);

  test('is 1 for an odd number of ones, after every bit', () => {
    for (const line of [...lines('parity', 50, 1, 12), ...lines('parity', 5, 1000)]) {
      const bits = [...line].filter((_, at) => at % 2 === 0).join('');
      for (let count = 1; count <= bits.length; count++)
        expect(line[2 * count - 1]).toBe(oddOnes(bits.slice(0, count)));
    }
  });

  test('or at the end alone, after a question mark', () => {
    for (const line of [...lines('parity-final', 50, 1, 12), ...lines('parity-final', 5, 1000)]) {
      expect(line).toMatch(/^[ab]+\?[01]$/);
      expect(line.at(-1)).toBe(oddOnes(line));
    }
    expect(new Set(lines('parity-final', 50, 9).map((line) => line.at(-1)))).toEqual(new Set(['0', '1']));
  });
});

test('copy says again what was read, copy-reversed the other way round', () => {
  for (const line of lines('copy', 100, 1, 12)) {
    const [read, said] = line.split('>') as [string, string];
    expect(said).toBe(read.toUpperCase());
  }
  for (const line of lines('copy-reversed', 100, 1, 12)) {
    const [read, said] = line.split('>') as [string, string];
    expect([...said].reverse().join('')).toBe(read.toUpperCase());
  }
});

test('lag has its answer so many steps after the first symbol, and a question before it', () => {
  for (const line of lines('lag', 200, 30)) expect(line).toMatch(/^([abcd])[xyz]{28}\?[ABCD]$/);
  for (const line of lines('lag', 200, 2, 40)) expect(line.at(-1)).toBe(line[0]!.toUpperCase());
  expect(new Set(lines('lag', 500, 2, 9).map((line) => line.length - 1))).toEqual(new Set([2, 3, 4, 5, 6, 7, 8, 9]));
});

describe.each(TASKS)('%s', (name) => {
  test('has answers that stand nowhere but where they are determined', () => {
    const { answers, lengths } = TASK[name];
    for (const line of taskLines(name, 50, 3)) {
      const places = [...line].flatMap((symbol, at) => (answers.includes(symbol) ? [at] : []));
      const expected =
        name === 'lag' || name === 'parity-final'
          ? [line.length - 1]
          : name.startsWith('copy')
            ? [...line].flatMap((_, at) => (at > line.indexOf('>') ? [at] : []))
            : [...line].flatMap((_, at) => (at % 2 === 1 ? [at] : []));
      expect(places).toEqual(expected);
    }
    expect(lengths.least).toBeGreaterThanOrEqual(TASK[name].shortest);
  });

  test('gives the same lines for the same seed, more of them for a greater count, others for another seed', () => {
    const [few, many] = [[...taskLines(name, 20, 's')], [...taskLines(name, 40, 's')]];
    expect(many.slice(0, 20)).toEqual(few);
    expect([...taskLines(name, 20, 't')]).not.toEqual(few);
  });

  test('has no lines shorter than make sense', () => {
    const { shortest } = TASK[name];
    expect(lines(name, 1, shortest)).toHaveLength(1);
    expect(() => lines(name, 1, shortest - 1)).toThrow(UserError);
  });
});
