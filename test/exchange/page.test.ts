import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { exportModel } from '../../src/exchange/export.ts';
import { halfBytes, readFloats } from '../../src/exchange/numbers.ts';
import { halved, packModel, unpackModel } from '../../src/exchange/page-model.ts';
import { removeFolders, temporaryFolder } from '../helpers/cli.ts';
import { checkpointOf } from './models.ts';
import { PAIR_MODELS, pairCheckpointOf } from './pair-models.ts';

const PAGE = fileURLToPath(new URL('../../dist/pages/model.html', import.meta.url));
const WORDS = { name: 'a <model>', facts: [['model', 'an LSTM']] } as const;

afterAll(removeFolders);

describe('the model in a page', () => {
  test.each([checkpointOf({ members: 2 }), ...PAIR_MODELS.slice(0, 3).map(({ config }) => pairCheckpointOf(config))])(
    'comes out as it went in',
    (checkpoint) => {
      const packed = packModel({ ...WORDS, floats: 'float32', checkpoint });
      expect(unpackModel(packed)).toEqual({ ...WORDS, floats: 'float32', checkpoint });
    },
  );

  test('has the nearest float16 numbers in half the bytes, where that is asked for', () => {
    const checkpoint = checkpointOf({ hidden: 20 });
    const whole = packModel({ ...WORDS, floats: 'float32', checkpoint });
    const packed = packModel({ ...WORDS, floats: 'float16', checkpoint });
    expect(whole.length - packed.length).toBe(2 * checkpoint.parameters.length);
    const { parameters } = unpackModel(packed).checkpoint;
    expect(parameters).toEqual(halved(checkpoint).parameters);
    for (const [at, value] of parameters.entries())
      expect(Math.abs(value - checkpoint.parameters[at]!)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11 + 2 ** -25);
  });

  test('is refused where numbers are missing', () => {
    const packed = packModel({ ...WORDS, floats: 'float32', checkpoint: checkpointOf({}) });
    expect(() => unpackModel(packed.subarray(0, -4))).toThrow(/parameters are not as many as it says; get the page/);
  });
});

describe('float16', () => {
  test('every float16 number stays as it is', () => {
    const all = new Uint8Array(Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).buffer);
    const numbers = readFloats(all, 'float16');
    const again = new Uint16Array(halfBytes(numbers).buffer);
    for (const [bits, number] of numbers.entries()) if (!Number.isNaN(number)) expect(again[bits]).toBe(bits);
  });

  test('a number goes to the nearest, and from the middle to the even one', () => {
    const rounded = (value: number) => readFloats(halfBytes(Float32Array.of(value)), 'float16')[0];
    expect(rounded(1 + 2 ** -11)).toBe(1);
    expect(rounded(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
    expect(rounded(1 + 2 ** -11 + 2 ** -20)).toBe(1 + 2 ** -10);
    expect(rounded(2 ** -25)).toBe(0);
    expect(rounded(-3 * 2 ** -26)).toBe(-(2 ** -24));
    expect(rounded(2 - 2 ** -12)).toBe(2);
    expect(rounded(65519)).toBe(65504);
    expect(rounded(65520)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the page', () => {
  test('has at most 250 kB without a model, which adds at most 1.4 times its float32 bytes, and half of that as float16', () => {
    const folder = temporaryFolder();
    const checkpoint = checkpointOf({ cell: 'lstm', layers: 2, hidden: 128, symbols: 65 });
    exportModel(checkpoint, join(folder, 'whole.html'), {}, undefined, WORDS);
    exportModel(checkpoint, join(folder, 'half.html'), { half: true }, undefined, WORDS);
    const page = statSync(PAGE).size;
    const [whole, half] = ['whole', 'half'].map((name) => statSync(join(folder, `${name}.html`)).size - page);
    expect(page).toBeLessThanOrEqual(250_000);
    expect(whole).toBeLessThanOrEqual(1.4 * 4 * checkpoint.parameters.length);
    expect(half).toBeLessThanOrEqual(1.4 * 2 * checkpoint.parameters.length);
  });

  test('refuses a model that is too large for a browser', () => {
    const checkpoint = { ...checkpointOf({}), parameters: { length: 76e6 } as Float32Array };
    const refused = () => exportModel(checkpoint, join(temporaryFolder(), 'large.html'));
    expect(refused).toThrow(
      'its parameters have 304 MB, and a browser reads a page with at most 300; store them by half, or export it as safetensors',
    );
  });

  test('refuses float16 for a number beyond its range, and for another format', () => {
    const checkpoint = checkpointOf({});
    const large = { ...checkpoint, parameters: checkpoint.parameters.map((value, at) => (at === 3 ? -7e4 : value)) };
    const folder = temporaryFolder();
    expect(() => exportModel(large, join(folder, 'a.html'), { half: true })).toThrow(
      'a parameter is -70000, and float16 ends at ±65504; leave out half',
    );
    expect(() => exportModel(checkpoint, join(folder, 'a.onnx'), { half: true })).toThrow(
      'half is for html, not for onnx; leave it out',
    );
  });
});
