import { describe, expect, test } from 'vitest';
import { safetensorsOf } from '../../src/exchange/export.ts';
import { importModel } from '../../src/exchange/import.ts';
import { toOnnx } from '../../src/exchange/onnx-export.ts';
import type { Checkpoint } from '../../src/nn/checkpoint.ts';
import { textOf } from '../helpers/training.ts';
import { checkpointOf, joined, MODELS } from './models.ts';

const FORMATS: readonly { readonly format: string; readonly write: (checkpoint: Checkpoint) => Uint8Array }[] = [
  { format: 'safetensors', write: (checkpoint) => joined(safetensorsOf(checkpoint)) },
  { format: 'ONNX', write: toOnnx },
];

describe.each(FORMATS)('$format', ({ write }) => {
  test.each(MODELS)('$label: what is imported is what was exported, to the bit', ({ config }) => {
    const checkpoint = checkpointOf(config);
    const { checkpoint: back, notes } = importModel(write(checkpoint), 'it');
    expect(notes).toEqual([]);
    expect(Buffer.from(back.parameters.buffer)).toEqual(Buffer.from(checkpoint.parameters.buffer));
    expect(textOf(back)).toBe(textOf(checkpoint));
  });

  test('equal models give equal files', () => {
    expect(write(checkpointOf({}))).toEqual(write(checkpointOf({})));
  });
});
