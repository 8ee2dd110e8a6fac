import { expect, test } from 'vitest';
import { recipeFrom } from '../src/cli/recipe.ts';
import { trainCommand } from '../src/cli/train.ts';
import { completeRecipe } from '../src/library/train.ts';

test('a recipe of which nothing is said is that of rnn train without options', () => {
  const command = trainCommand().action(() => {});
  command.parse(['text.txt'], { from: 'user' });
  const given = (recipe: object) => JSON.parse(JSON.stringify(recipe)) as object;
  expect(given(completeRecipe())).toEqual(given(recipeFrom(command.opts())));
});

test('what is said takes the place of a default, and what depends on it follows', () => {
  const recipe = completeRecipe({ model: { hidden: 9 }, optimizer: { name: 'sgd' }, bptt: 20, clipValue: 3 });
  expect(recipe).toMatchObject({ model: { hidden: 9, layers: 2 }, rate: 0.5, bptt: 20, stride: 20, clipValue: 3 });
  expect(recipe.clipNorm).toBe(Number.POSITIVE_INFINITY);
});
