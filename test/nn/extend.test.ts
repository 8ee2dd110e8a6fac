import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CELLS, type ModelConfig, RESETS } from '../../src/nn/config.ts';
import { extendParameters } from '../../src/nn/extend.ts';
import { Random } from '../../src/random.ts';
import { SMALL } from '../helpers/network.ts';
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
