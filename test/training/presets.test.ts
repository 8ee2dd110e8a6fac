import { describe, expect, test } from 'vitest';
import { resolveRecipe } from '../../src/training/complete-recipe.ts';
import { PRESET_RECIPES, PRESETS, presetRecipe, type TextSize } from '../../src/training/presets.ts';

const MEGABYTE: TextSize = { characters: 1_115_394, symbols: 65 };
const MINUTE = 60;

/** What `best` is with a time, in short. */
function best(minutes: number, text: TextSize = MEGABYTE): string {
  const { model, rate, dropout, limits } = presetRecipe('best', { limits: { seconds: minutes * MINUTE } }, text);
  return `${model?.members} × ${model?.hidden}, ${rate}, ${dropout?.layers}, ${limits?.epochs} epochs`;
}

describe('best with a time', () => {
  test.each([
    [0.1, '1 × 160, 0.007, 0, 6 epochs'],
    [1, '1 × 160, 0.007, 0, 6 epochs'],
    [3, '3 × 160, 0.007, 0, 6 epochs'],
    [10, '10 × 160, 0.007, 0, 6 epochs'],
    [20, '5 × 256, 0.003, 0.03, 10 epochs'],
    [60, '14 × 256, 0.003, 0.03, 10 epochs'],
    [600, '16 × 256, 0.003, 0.03, 10 epochs'],
  ])('of %s minutes on a megabyte is %s', (minutes, networks) => {
    expect(best(minutes)).toBe(networks);
  });

  test('of three minutes is balanced, and of twenty minutes best without a time, which end after their epochs', () => {
    const within = (minutes: number) => presetRecipe('best', { limits: { seconds: minutes * MINUTE } }, MEGABYTE);
    expect(within(3)).toEqual({ ...PRESET_RECIPES.balanced, limits: { epochs: 6 } });
    expect(within(20)).toEqual(PRESET_RECIPES.best);
  });

  test.each([
    [20, { characters: 228_145, symbols: 27 }, '16 × 256, 0.003, 0.03, 10 epochs'],
    [20, { characters: 5_000_000, symbols: 65 }, '4 × 160, 0.007, 0, 6 epochs'],
    // A softmax over 4,000 symbols takes longer than the rest of the network.
    [20, { characters: 1_115_394, symbols: 4000 }, '5 × 160, 0.007, 0, 6 epochs'],
    [60, { characters: 50_000_000, symbols: 65 }, '1 × 160, 0.007, 0, 6 epochs'],
  ])('of %s minutes on a text of another size, %o, is %s', (minutes, text, networks) => {
    expect(best(minutes, text)).toBe(networks);
  });

  test('counts the members of the network that is given', () => {
    const membersOf = (model: object) =>
      presetRecipe('best', { model, limits: { seconds: 20 * MINUTE } }, MEGABYTE).model?.members;
    // 6 · (9 · 512² + 65 · 512) operations a symbol, 6 epochs: 600 seconds a member.
    expect(membersOf({ hidden: 512 })).toBe(2);
    expect(membersOf({ hidden: undefined, members: 3 })).toBe(5);
    expect(membersOf({ cell: 'lstm' })).toBe(4);
    expect(membersOf({ layers: 1 })).toBeGreaterThan(8);
  });

  test('leaves the number of steps or epochs to who gives one', () => {
    const recipe = presetRecipe('best', { limits: { seconds: 60 * MINUTE, steps: 100 } }, MEGABYTE);
    expect(recipe).toMatchObject({ model: { members: 14 } });
    expect(recipe.limits).toBeUndefined();
    expect(presetRecipe('best', { limits: { seconds: 60, epochs: 2 } }, MEGABYTE).limits).toBeUndefined();
  });
});

test('without a time, no preset depends on the size of the text', () => {
  for (const name of PRESETS) {
    for (const limits of [{}, { steps: 10 }, { epochs: 2 }]) {
      expect(presetRecipe(name, { limits }, MEGABYTE)).toEqual(presetRecipe(name, { limits }));
      expect(presetRecipe(name, { limits }).limits).toEqual(
        'steps' in limits || 'epochs' in limits ? undefined : PRESET_RECIPES[name].limits,
      );
    }
  }
});

test('quick and balanced are the same for every time', () => {
  for (const name of ['quick', 'balanced'] as const) {
    expect(presetRecipe(name, { limits: { seconds: 3600 } }, MEGABYTE)).toEqual(PRESET_RECIPES[name]);
  }
});

test('a text of a few words is read more than ten times', () => {
  const text = { characters: 100, symbols: 10 };
  expect(presetRecipe('best', {}, text).limits).toEqual({ epochs: 200 });
  expect(best(1, text)).toMatch(/, 200 epochs$/);
});

test('every preset is a recipe, and quick is the defaults', () => {
  for (const name of PRESETS) expect(() => resolveRecipe(PRESET_RECIPES[name])).not.toThrow();
  expect(resolveRecipe(PRESET_RECIPES.quick)).toEqual(resolveRecipe());
});
