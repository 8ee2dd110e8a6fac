import { describe, expect, test } from 'vitest';
import { openKernels } from '../../src/kernel/engine.ts';
import { Bidirectional } from '../../src/nn/bidirectional.ts';
import { BACKWARDS } from '../../src/nn/direction.ts';
import { Embedding } from '../../src/nn/embedding.ts';
import { Recurrent } from '../../src/nn/recurrent.ts';
import { Softmax } from '../../src/nn/softmax.ts';
import {
  type Arithmetic,
  clearFlags,
  compose,
  fillStates,
  fillSymbols,
  type Parts,
  type Run,
  run,
  SINGLE,
} from '../helpers/composed.ts';
import { relativeError } from '../helpers/golden.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { VARIANTS } from '../helpers/network.ts';
import { StateCopy } from '../helpers/state-modules.ts';

// Wide enough that every weight's columns fall into several shares, whose bounds lie within gates.
const SHAPE = { steps: 6, rows: 5, training: true };
const SYMBOLS = 37;
const HIDDEN = 22;

type Variant = (typeof VARIANTS)[number];

/**
 * An embedding that is read by a bidirectional layer and by a recurrence; another bidirectional layer that reads both; a recurrence whose initial
 * state is that layer's final state backwards; and a softmax that reads three of them. Rows are masked.
 */
function everything(variant: Variant) {
  const config = { ...variant, hidden: HIDDEN };
  return (parts: Parts) => {
    const { arena, tensors, shape, places, add } = parts;
    const { keep, keepBackwards, mask } = places;
    const plan = { ...parts, config, keep, keepBackwards, mask };
    const embedding = add(new Embedding(arena, tensors, shape, { ids: places.ids, symbols: SYMBOLS }, 34)).output;
    const first = add(new Bidirectional({ ...plan, prefix: 'first.', inputs: () => [embedding.read()] }));
    const beside = add(
      new Recurrent({
        ...plan,
        prefix: 'beside.',
        inputs: [embedding.read()],
        keep: keepBackwards,
        direction: BACKWARDS,
      }),
    );
    const inputs = () => [...first.outputs, beside.output].map((signal) => signal.read());
    const second = add(new Bidirectional({ ...plan, prefix: 'second.', inputs, givesFinalState: true }));
    const last = new Recurrent({ ...plan, prefix: 'last.', inputs: inputs(), learnsInitialState: true });
    add(new StateCopy(second.backwards.states, last.states));
    add(last);
    const read = [...second.outputs, last.output];
    return { output: add(new Softmax({ ...parts, inputs: read, symbols: SYMBOLS })) };
  };
}

function runWith(
  variant: Variant,
  arithmetic: Arithmetic,
  ranks?: readonly number[],
): { run: Run; memory: Int32Array } {
  const composed = compose(SHAPE, everything(variant), 501, arithmetic);
  const { places, kernels } = composed;
  fillSymbols(composed, SYMBOLS, 502);
  fillStates(composed, 503);
  clearFlags(composed, places.keep, [
    [0, 2],
    [2, 1],
    [3, 4],
  ]);
  clearFlags(composed, places.keepBackwards, [
    [5, 2],
    [3, 3],
    [1, 0],
  ]);
  const masked = [
    [5, 0],
    [4, 0],
    [5, 3],
    [0, 4],
  ] as const;
  clearFlags(composed, places.mask, masked);
  for (const [step, row] of masked) kernels.ints[places.targets + step * SHAPE.rows + row] = -1;
  return { run: run(composed, ranks ? { ranks } : {}), memory: kernels.ints };
}

describe.each(VARIANTS)('a composed network of the $label', (variant) => {
  test.each([
    { ranks: [0, 1] },
    { ranks: [2, 0, 1] },
    { ranks: [6, 5, 4, 3, 2, 1, 0] }, // more threads than rows
  ])('whose work is shared out between threads gives the same float32 to the bit: ranks $ranks', ({ ranks }) => {
    const alone = runWith(variant, SINGLE);
    const together = runWith(variant, SINGLE, ranks);
    expect(together.run).toEqual(alone.run);
    expect(alone.run.gradients.filter((gradient) => gradient !== 0).length).toBeGreaterThan(1000);
    // Every number in memory: activations, gates, packed weights, the signs of zeros.
    expect(Buffer.from(together.memory.buffer).equals(Buffer.from(alone.memory.buffer))).toBe(true);
  });

  test('gives the same float32 to the bit on every WebAssembly kernel and any threads, near to the reference', () => {
    const reference = runWith(variant, SINGLE).run;
    const runs = KERNEL_CHOICES.filter(({ name }) => name !== 'js').flatMap((choice) => {
      const arithmetic: Arithmetic = { bytesPerFloat: 4, open: (arena) => openKernels(choice, arena) };
      return [[0], [1, 0, 2]].map((ranks) => runWith(variant, arithmetic, ranks).run);
    });
    for (const each of runs) expect(each).toEqual(runs[0]);
    for (const { logits, losses, gradients, finalStates } of runs.slice(0, 1)) {
      expect(relativeError(logits, reference.logits)).toBeLessThan(1e-5);
      expect(relativeError(losses, reference.losses)).toBeLessThan(1e-5);
      expect(relativeError(gradients, reference.gradients)).toBeLessThan(1e-5);
      for (const [index, state] of finalStates.entries()) {
        expect(relativeError(state, reference.finalStates[index]!)).toBeLessThan(1e-5);
      }
    }
  });
});
