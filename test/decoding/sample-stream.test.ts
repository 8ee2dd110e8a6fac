import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type SampleOptions, sampleStream, sampleTexts } from '../../src/decoding/sample.ts';
import { Stops } from '../../src/decoding/stops.ts';
import { randomModel, recitingModel, stepperOf, type TinyModel, uniformModel } from '../helpers/tiny-models.ts';

const OPTIONS: SampleOptions = { prompt: [0], temperature: 1, length: 30, stops: new Stops(undefined), seed: 1 };

const MODEL = randomModel({ cell: 'gru', symbols: 3, hidden: 6 }, 21, 2);

function recite(text: readonly number[], ...strings: number[][]): number[] {
  const options = { ...OPTIONS, length: text.length, stops: new Stops(undefined, strings) };
  return [...sampleStream(stepperOf(recitingModel(text, 4), 1), options)].filter((id) => id !== undefined);
}

describe('sampleStream', () => {
  test('yields the symbols that sampleTexts gives the same index', () => {
    const streaming = stepperOf(MODEL, 1);
    const batched = stepperOf(MODEL, 4);
    const symbol = fc.integer({ min: 0, max: 2 });
    const requests = fc.record({
      prompt: fc.array(symbol, { minLength: 1, maxLength: 3 }),
      temperature: fc.constantFrom(0, 0.7, 1, 1.5),
      length: fc.integer({ min: 1, max: 40 }),
      stop: fc.constantFrom(undefined, 0),
      strings: fc.array(fc.array(symbol, { minLength: 1, maxLength: 5 }), { maxLength: 3 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(requests, ({ stop, strings, ...rest }) => {
        const options = { ...rest, stops: new Stops(stop, strings) };
        const texts = [...sampleTexts(batched, options, 6)];
        for (const { index, ids } of texts) expect([...sampleStream(streaming, options, index)]).toEqual(ids);
        expect([...sampleStream(batched, options)]).toEqual(texts[0]?.ids); // rows to spare don't matter
      }),
    );
  });

  test('emits partial matches of a stop string, and never the string', () => {
    expect(recite([1, 1, 1, 1, 2, 3], [1, 1, 2])).toEqual([1, 1]);
    expect(recite([1, 2, 1, 2, 1, 3, 3], [1, 2, 1, 3])).toEqual([1, 2]);
    expect(recite([3, 1, 2, 2, 1, 2, 3, 1], [1, 2, 3])).toEqual([3, 1, 2, 2]);
    expect(recite([1, 2, 3], [1, 2])).toEqual([]);
  });

  test('emits a partial match at the length', () => {
    expect(recite([3, 1, 1], [1, 1, 2])).toEqual([3, 1, 1]);
    expect(recite([1], [1, 2])).toEqual([1]);
  });

  test('ends where the string is complete with the last symbol of the length', () => {
    expect(recite([3, 1, 2], [1, 2])).toEqual([3]);
  });

  test('ends with whichever of several strings is complete first', () => {
    expect(recite([1, 2, 3, 1, 2, 1], [1, 2, 1], [2, 3])).toEqual([1]);
    expect(recite([1, 2, 2, 1, 2, 1], [1, 2, 1], [2, 3])).toEqual([1, 2, 2]);
  });

  test('finds a stop string that overlaps itself deep in a long text, as indexOf does', () => {
    const options = { ...OPTIONS, length: 50_000, seed: 'deep' };
    const whole = [...sampleStream(stepperOf(uniformModel(2), 1), options)].join('');
    const string = [1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1];
    const at = whole.indexOf(string.join(''));
    expect(at).toBeGreaterThan(1000);
    const cut = [...sampleStream(stepperOf(uniformModel(2), 1), { ...options, stops: new Stops(undefined, [string]) })];
    expect(cut.join('')).toBe(whole.slice(0, at));
  });

  test('yields a symbol before the next is computed where no string may begin with it', () => {
    const stepper = stepperOf(MODEL, 1);
    const step = vi.spyOn(stepper, 'step');
    const stream = sampleStream(stepper, { ...OPTIONS, length: 10_000 });
    for (let drawn = 1; drawn <= 100; drawn++) {
      expect(stream.next().done).toBe(false);
      expect(step).toHaveBeenCalledTimes(drawn); // the prompt, and every symbol but the last
    }
  });

  test('computes nothing after the last symbol', () => {
    const stepper = stepperOf(MODEL, 1);
    const step = vi.spyOn(stepper, 'step');
    expect([...sampleStream(stepper, { ...OPTIONS, prompt: [0, 1, 2], length: 5 })]).toHaveLength(5);
    expect(step).toHaveBeenCalledTimes(3 + 4);
  });

  test('never holds more than a stop string’s symbols: its memory is flat', () => {
    const stops = new Stops(undefined, [Array(6).fill(0).concat(1, 1, 1, 1, 1, 1)]);
    const ending = vi.spyOn(stops, 'ending');
    const pending = vi.spyOn(stops, 'pending');
    const stepper = stepperOf(peaked(), 1);
    const step = vi.spyOn(stepper, 'step');
    let yielded = 0;
    let lag = 0;
    for (const _ of sampleStream(stepper, { ...OPTIONS, length: 20_000, stops })) {
      lag = Math.max(lag, step.mock.calls.length - yielded);
      yielded++;
    }
    expect(yielded).toBe(20_000);
    expect(lag).toBeGreaterThan(6);
    expect(lag).toBeLessThanOrEqual(12);
    const held = [...ending.mock.calls, ...pending.mock.calls].map(([ids]) => ids.length);
    expect(held.reduce((most, length) => Math.max(most, length), 0)).toBeLessThanOrEqual(12);
  });
});

/** Draws 0 nine times out of ten: long runs of it, all of them the beginning of the stop string. */
function peaked(): TinyModel {
  const { config, parameters } = uniformModel(2);
  return { config, parameters: parameters.map((value, at) => (at === parameters.length - 2 ? Math.log(9) : value)) };
}
