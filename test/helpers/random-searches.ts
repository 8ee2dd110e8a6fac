import fc from 'fast-check';
import { Stops } from '../../src/decoding/stops.ts';
import { VARIANTS } from './network.ts';
import { randomModel, type TinyModel } from './tiny-models.ts';

/** A small model, and when its texts are over: a `<stop>` (lines mode), strings, both, or nothing (stream mode). */
export interface RandomSearch {
  readonly model: TinyModel;
  readonly prompt: readonly number[];
  readonly length: number;
  readonly stop: number | undefined;
  readonly strings: readonly (readonly number[])[];
}

/**
 * A relu RNN's units die, and whole subtrees of hypotheses are then equally likely: ties have tests of their own. The logits of a linear
 * RNN grow until their powers overflow in the naive sums.
 */
const SMOOTH = VARIANTS.filter(({ activation }) => activation !== 'relu' && activation !== 'linear');

const models = (symbols: number) =>
  fc
    .record({
      variant: fc.constantFrom(...SMOOTH),
      layers: fc.constantFrom(1, 2),
      hidden: fc.integer({ min: 2, max: 6 }),
      embedding: fc.constantFrom(0, 3),
      seed: fc.nat(),
      scale: fc.constantFrom(1, 3),
    })
    .map(({ variant, seed, scale, ...part }) => randomModel({ ...variant, ...part, symbols }, seed, scale));

/** Texts of at most 5 symbols over at most 4: no more than 256 of them. */
export const randomSearches: fc.Arbitrary<RandomSearch> = fc
  .constantFrom({ symbols: 1, most: 3 }, { symbols: 2, most: 5 }, { symbols: 3, most: 5 }, { symbols: 4, most: 4 })
  .chain(({ symbols, most }) => {
    const symbol = fc.integer({ min: 0, max: symbols - 1 });
    return fc.record({
      model: models(symbols),
      prompt: fc.array(symbol, { minLength: 1, maxLength: 3 }),
      length: fc.integer({ min: 1, max: most }),
      stop: fc.constantFrom(undefined, 0),
      strings: fc.array(fc.array(symbol, { minLength: 1, maxLength: 2 }), { maxLength: 2 }),
    });
  });

/** V^T: no step has more hypotheses. */
export function hypothesesOf({ model, length }: RandomSearch): number {
  return model.config.symbols ** length;
}

export function stopsOf({ stop, strings }: RandomSearch): Stops {
  return new Stops(stop, strings);
}

/** Whether a text is over, from the text alone. Ids are digits. */
export function isOver(ids: readonly number[], { stop, strings }: RandomSearch): boolean {
  return ids.at(-1) === stop || strings.some((string) => ids.join('').endsWith(string.join('')));
}
