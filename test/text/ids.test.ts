import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IdBuffer, type Ids, mapIds } from '../../src/text/ids.ts';

function filled(buffer: IdBuffer, count: number, id: (index: number) => number): void {
  buffer.reserve(count);
  for (let i = 0; i < count; i++) buffer.ids[buffer.length++] = id(i);
}

describe('IdBuffer', () => {
  test('keeps its ids through any sequence of growing and widening', () => {
    const events = fc.array(
      fc.oneof(fc.record({ write: fc.integer({ min: 1, max: 5000 }) }), fc.record({ widen: fc.nat(100_000) })),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(events, (list) => {
        const buffer = new IdBuffer();
        const expected: number[] = [];
        for (const event of list) {
          if ('widen' in event) buffer.widen(event.widen);
          else {
            const next = (i: number) => (expected.length + i * 7919) % buffer.symbols;
            const ids = Array.from({ length: event.write }, (_, i) => next(i));
            filled(buffer, event.write, (i) => ids[i]!);
            expected.push(...ids);
          }
        }
        expect([...buffer.ids.subarray(0, buffer.length)]).toEqual(expected);
      }),
    );
  });

  test('widens from one byte to two in place, so that a text never takes more than its ids', () => {
    const buffer = new IdBuffer();
    filled(buffer, 100_000, (i) => i % 256);
    const { buffer: memory } = buffer.ids;
    buffer.widen(257);
    expect(buffer.ids).toBeInstanceOf(Uint16Array);
    expect(buffer.ids.buffer).toBe(memory);
    expect(buffer.ids.subarray(0, 100_000).every((id, i) => id === i % 256)).toBe(true);
  });
});

describe('mapIds', () => {
  const sources: Ids[] = [Uint8Array.of(3, 0, 255, 1), Uint16Array.of(3, 0, 300, 1), Uint32Array.of(3, 0, 99_999, 1)];

  test.each([
    { symbols: 256, width: 1 },
    { symbols: 257, width: 2 },
    { symbols: 65_537, width: 4 },
  ])('to $symbols symbols takes $width bytes an id, and new memory only where that is more', ({ symbols, width }) => {
    for (const source of sources) {
      const ids = source.slice();
      const table = Uint32Array.from({ length: 100_000 }, (_, id) => (id * 31 + 7) % symbols);
      const mapped = mapIds(ids, table, symbols);
      expect([...mapped]).toEqual([...source].map((id) => table[id]));
      expect(mapped.BYTES_PER_ELEMENT).toBe(width);
      expect(mapped.buffer === ids.buffer).toBe(width <= source.BYTES_PER_ELEMENT);
    }
  });
});
