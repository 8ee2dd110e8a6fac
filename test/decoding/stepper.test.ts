import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPrompt } from '../../src/decoding/prompt.ts';
import type { Stepper } from '../../src/nn/stepper.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { VARIANTS } from '../helpers/network.ts';
import { randomModel, stepperOf } from '../helpers/tiny-models.ts';
import { WholeRun } from '../helpers/whole-run.ts';

const V = 11;

/** More than any tile of the kernels has rows. */
const ROWS = 20;

const sequences = (rows: number, steps: number) =>
  fc.array(fc.array(fc.integer({ min: 0, max: V - 1 }), { minLength: steps, maxLength: steps }), {
    minLength: rows,
    maxLength: rows,
  });

/** One symbol of each of the first `rows` texts. */
const column = (texts: readonly (readonly number[])[], at: number, rows = texts.length) =>
  texts.slice(0, rows).map((text) => text[at]!);

const read = (stepper: Stepper, row: number) => [...stepper.logits(row)];

const CASES = KERNEL_CHOICES.flatMap((choice) =>
  VARIANTS.flatMap((variant) => [0, 3].map((embedding) => ({ ...variant, kernel: choice.name, choice, embedding }))),
);

describe.each(CASES)('stepper of the $label, embedding $embedding, $kernel', ({ choice, label: _, ...variant }) => {
  const { cell, activation, reset, embedding } = variant;
  const model = randomModel({ cell, activation, reset, embedding, layers: 2, hidden: 9, symbols: V }, 31, 1.5);
  const many = stepperOf(model, ROWS, choice);
  const one = stepperOf(model, 1, choice);
  const whole = new WholeRun(model, 8, choice);

  function restart(): void {
    for (let row = 0; row < ROWS; row++) many.resetState(row);
    one.resetState(0);
  }

  test('gives the logits of one forward pass over the text, to the bit', () => {
    fc.assert(
      fc.property(sequences(1, 8), ([text = []]) => {
        restart();
        const stepped = text.map((symbol) => {
          one.step([symbol]);
          return read(one, 0);
        });
        expect(stepped).toEqual(whole.logits(text));
      }),
      { numRuns: 10 },
    );
  });

  test('gives a row the same bits whatever stands beside it, and however many', () => {
    fc.assert(
      fc.property(
        sequences(ROWS, 6),
        fc.integer({ min: 0, max: ROWS - 1 }),
        fc.array(fc.integer({ min: 1, max: ROWS }), { minLength: 6, maxLength: 6 }),
        (texts, row, actives) => {
          restart();
          const stepped = actives.map((active, step) => {
            many.step(column(texts, step, Math.max(active, row + 1)));
            return read(many, row);
          });
          expect(stepped).toEqual(whole.logits(texts[row]!));
        },
      ),
      { numRuns: 20 },
    );
  });

  test('goes on in every row from the state that was moved there, even where states change places', () => {
    const from = fc.array(fc.integer({ min: 0, max: ROWS - 1 }), { minLength: 1, maxLength: ROWS });
    fc.assert(
      fc.property(sequences(ROWS, 3), sequences(ROWS, 2), from, (before, after, parents) => {
        restart();
        for (let at = 0; at < 3; at++) many.step(column(before, at));
        many.moveStates(parents);
        for (let at = 0; at < 2; at++) many.step(column(after, at, parents.length));
        for (const [row, parent] of parents.entries()) {
          expect(read(many, row)).toEqual(whole.next([...before[parent]!, ...after[row]!]));
        }
      }),
      { numRuns: 20 },
    );
  });

  test('leaves the rows that nothing was moved to as they were', () => {
    const texts = Array.from({ length: ROWS }, (_, row) => [row % V, (row * 7) % V, (row * 3) % V]);
    restart();
    for (let at = 0; at < 2; at++) many.step(column(texts, at));
    many.moveStates([4, 3]);
    many.step(column(texts, 2));
    for (let row = 2; row < ROWS; row++) expect(read(many, row)).toEqual(whole.next(texts[row]!));
  });

  test('takes up a saved state in another row, in another stepper, and after going on', () => {
    const [before, after] = [
      [3, 1, 4],
      [1, 5],
    ];
    restart();
    for (const symbol of before) many.step([symbol, 0, 2]);
    const saved = many.saveState(0);
    for (const symbol of [9, 2, 6]) many.step([symbol, symbol, symbol]); // a view would change now
    many.loadState(2, saved);
    one.loadState(0, saved);
    for (const symbol of after) {
      many.step([7, 7, symbol]);
      one.step([symbol]);
    }
    const expected = whole.next([...before, ...after]);
    expect(read(many, 2)).toEqual(expected);
    expect(read(one, 0)).toEqual(expected);
    expect(read(many, 0)).not.toEqual(expected);
    expect(saved).toHaveLength(cell === 'lstm' ? 4 : 2); // of each layer h, and c
  });

  test('starts a reset row anew, and leaves the others alone', () => {
    restart();
    for (const symbol of [2, 7]) many.step([symbol, symbol, symbol]);
    many.resetState(1);
    many.step([1, 8, 2]);
    expect(read(many, 0)).toEqual(whole.next([2, 7, 1]));
    expect(read(many, 1)).toEqual(whole.next([8]));
    expect(read(many, 2)).toEqual(whole.next([2, 7, 2]));
  });

  test('reads a prompt from s₀ whatever stood in its rows, and gives copies', () => {
    many.step(Array(ROWS).fill(5));
    const { logits, state } = readPrompt(many, [4, 2, 9]);
    const copies = [[...logits], state.map((part) => Array.from(part))];
    many.step(Array(ROWS).fill(6));
    expect([[...logits], state.map((part) => Array.from(part))]).toEqual(copies);
    expect([...logits]).toEqual(whole.next([4, 2, 9]));
    many.loadState(0, state);
    many.step([1]);
    expect(read(many, 0)).toEqual(whole.next([4, 2, 9, 1]));
  });
});
