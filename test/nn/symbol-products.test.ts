import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/kernel/arena.ts';
import { openKernels } from '../../src/kernel/engine.ts';
import { SOLO } from '../../src/kernel/team.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { initialize } from '../../src/nn/initializers.ts';
import { Model } from '../../src/nn/model.ts';
import { SymbolProducts } from '../../src/nn/symbol-products.ts';
import type { PassDirection } from '../../src/nn/weight.ts';
import { Random } from '../../src/random.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { SMALL, VARIANTS } from '../helpers/network.ts';

const STEPS = 9;
const [FEW, MANY] = [2, 13];

/** A model over a batch of rows, the first of which are the same however many there are. */
function run(choice: (typeof KERNEL_CHOICES)[number], config: ModelConfig, rows: number) {
  const arena = new Arena();
  const model = new Model(arena, config, { steps: STEPS, rows, training: true });
  const kernels = openKernels(choice, arena);
  const { floats, ints } = kernels;
  const { manifest, values, gradients } = model.parameters;
  const extent = { steps: STEPS };
  const all = { start: 0, end: rows };
  for (let step = 0; step < STEPS; step++) {
    for (let row = 0; row < rows; row++) {
      const at = step * rows + row;
      ints[model.keep + at] = 1;
      ints[model.inputs + at] = (step * step + 3 * row) % config.symbols;
      // The other rows have no loss, so the gradients are those of the first ones.
      ints[model.targets + at] = row < FEW ? (step + row) % config.symbols : -1;
    }
  }
  return (seed: string, threads: number): number[] => {
    initialize(floats.subarray(values), manifest, config, new Random(seed));
    for (const state of model.states) state.reset(kernels);
    const pack = (direction: PassDirection) => {
      for (let rank = 0; rank < threads; rank++) model.pack(kernels, { ...SOLO, rank, size: threads }, direction);
    };
    pack('forward');
    kernels.fill(gradients, 0, manifest.size);
    model.forward(kernels, all, extent);
    const logits = Array.from({ length: STEPS }, (_, step) => {
      const at = model.members[0]!.logits + step * rows * config.symbols;
      return [...floats.subarray(at, at + FEW * config.symbols)];
    });
    model.loss(kernels, all, extent, 1);
    pack('backward');
    model.backward(kernels, all, extent);
    model.weightGradients(kernels, SOLO, extent);
    return [...logits.flat(), ...floats.subarray(gradients, gradients + manifest.size)];
  };
}

describe('the products of all symbols', () => {
  test('are made where a symbol is read many times, or where the table is small', () => {
    const embedded = { ids: 0, table: { value: 0, gradient: 0 }, symbols: 100, positions: 400 };
    expect(SymbolProducts.isWorthwhile(embedded, 1 << 20, true)).toBe(true);
    expect(SymbolProducts.isWorthwhile({ ...embedded, positions: 399 }, 1, true)).toBe(false);
    expect(SymbolProducts.isWorthwhile({ ...embedded, positions: 1 }, 10_000, false)).toBe(true);
    expect(SymbolProducts.isWorthwhile({ ...embedded, positions: 1 }, 20_000, false)).toBe(false);
  });

  test.each(VARIANTS)(
    'give the logits and gradients of the products of the positions, to the bit: $label',
    (variant) => {
      const { label: _, ...cell } = variant;
      const config = { ...SMALL, ...cell, embedding: 17, hidden: 21 };
      const positions = [FEW * STEPS, MANY * STEPS];
      expect(positions.map((count) => 4 * config.symbols <= count)).toEqual([false, true]);
      for (const choice of KERNEL_CHOICES) {
        const [own, ofSymbols] = [run(choice, config, FEW), run(choice, config, MANY)];
        for (const seed of ['one', 'other']) {
          for (const threads of [1, 2, 3]) expect(ofSymbols(seed, threads)).toEqual(own(seed, 1));
        }
      }
    },
  );
});
