import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CELLS, type ModelConfig, RESETS } from '../../src/nn/config.ts';
import { extendParameters } from '../../src/nn/extend.ts';
import { Random } from '../../src/random.ts';
import { SMALL } from '../helpers/network.ts';
import { randomPairModel, WholePairRun } from '../helpers/pair-models.ts';
import { memberOf, randomModel } from '../helpers/tiny-models.ts';
import { WholeRun } from '../helpers/whole-run.ts';

const configs: fc.Arbitrary<ModelConfig> = fc
  .record({
    cell: fc.constantFrom(...CELLS),
    reset: fc.constantFrom(...RESETS),
    layers: fc.integer({ min: 1, max: 2 }),
    hidden: fc.integer({ min: 1, max: 6 }),
    members: fc.integer({ min: 1, max: 2 }),
    input: fc.constantFrom('one-hot', 'embedding', 'tied'),
    symbols: fc.integer({ min: 1, max: 6 }),
  })
  .map(({ input, ...rest }) => {
    const embedding = { 'one-hot': 0, embedding: 3, tied: rest.hidden }[input]!;
    return { ...SMALL, ...rest, embedding, tied: input === 'tied' };
  });

test('of old symbols, whatever their new ids, the extended model says what the old one said, to the bit', () => {
  fc.assert(
    fc.property(
      configs,
      fc.nat(5),
      fc.nat(),
      fc.array(fc.nat(5), { minLength: 1, maxLength: 9 }),
      (config, more, seed, text) => {
        const old = randomModel(config, seed);
        const symbols = config.symbols + more;
        const fresh = randomModel({ ...config, symbols }, seed + 1);
        const order = Array.from({ length: symbols }, (_, id) => id);
        new Random(seed).shuffle(order);
        const ids = order.slice(0, config.symbols);
        const begun = fresh.parameters.slice();
        extendParameters(old.parameters, config, ids, fresh.parameters, symbols);
        const read = text.map((id) => id % config.symbols);
        for (let member = 0; member < config.members; member++) {
          const before = new WholeRun(memberOf(old, member), read.length).logits(read);
          const after = new WholeRun(memberOf(fresh, member), read.length).logits(read.map((id) => ids[id]!));
          expect(after.map((logits) => ids.map((id) => logits[id]!))).toEqual(before);
        }
        // New symbols keep what was drawn for them: their biases, to name some.
        const bias = fresh.parameters.length - symbols;
        for (const id of order.slice(config.symbols)) expect(fresh.parameters[bias + id]).toBe(begun[bias + id]);
      },
    ),
  );
});

const pairConfigs = fc.record({
  cell: fc.constantFrom(...CELLS),
  layers: fc.integer({ min: 1, max: 2 }),
  embedding: fc.constantFrom(0, 3),
  members: fc.integer({ min: 1, max: 2 }),
  pairs: fc.oneof(
    fc.record({
      task: fc.constant('transduce' as const),
      context: fc.constantFrom('first', 'every'),
      attention: fc.constantFrom('none', 'dot', 'additive'),
    }),
    fc.record({ task: fc.constantFrom('tag', 'classify') }),
  ),
});

/** `count` different ids below `count + more`. */
function newIds(count: number, more: number, seed: number): number[] {
  const order = Array.from({ length: count + more }, (_, id) => id);
  new Random(seed).shuffle(order);
  return order.slice(0, count);
}

test('the same holds for a model of pairs, whose sources and targets both get new symbols', () => {
  fc.assert(
    fc.property(pairConfigs, fc.nat(3), fc.nat(3), fc.nat(), (options, more, moreSources, seed) => {
      const old = randomPairModel(options, seed);
      const [V, S] = [old.config.symbols, old.config.sourceSymbols!];
      const sizes = { symbols: V + more, sourceSymbols: S + moreSources };
      const fresh = randomModel({ ...old.config, ...sizes }, seed + 1);
      // The decoder starts from symbol 0, so that keeps its place, as <stop> does.
      const ids = [0, ...newIds(V - 1, more, seed).map((id) => id + 1)];
      const sourceIds = newIds(S, moreSources, seed + 2);
      const source = { ids: sourceIds, symbols: sizes.sourceSymbols };
      extendParameters(old.parameters, old.config, ids, fresh.parameters, sizes.symbols, source);
      const [text, read] = [
        [2, 0, 1, 2],
        [0, 2, 1, 1],
      ].map((list, side) => list.map((id) => id % (side === 0 ? S : V))) as [number[], number[]];
      const steps = options.pairs.task === 'classify' ? read.slice(0, 1) : read;
      const before = new WholePairRun(old, text.length, steps.length).memberLogits(text, steps);
      const after = new WholePairRun(fresh, text.length, steps.length).memberLogits(
        text.map((id) => sourceIds[id]!),
        steps.map((id) => ids[id]!),
      );
      expect(after.map((own) => own.map((logits) => ids.map((id) => logits[id]!)))).toEqual(before);
    }),
    { numRuns: 60 },
  );
});
