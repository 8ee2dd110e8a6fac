import { expect, test } from 'vitest';
import { layoutOf, toOurs, toTheirs } from '../../src/exchange/layout.ts';
import { pytorchName } from '../../src/exchange/pytorch-names.ts';
import { CELL_KINDS } from '../../src/nn/cells/index.ts';
import { pairModelSchema } from '../../src/nn/config.ts';

test.each([
  ['embedding', 'embedding.weight'],
  ['output.weight', 'output.weight'],
  ['layers.0.input', 'recurrent.weight_ih_l0'],
  ['layers.11.recurrent', 'recurrent.weight_hh_l11'],
  ['layers.1.bias', 'recurrent.bias_ih_l1'],
  ['layers.1.recurrent_bias', 'recurrent.bias_hh_l1'],
  ['layers.0.reverse.input', 'recurrent.weight_ih_l0_reverse'],
  ['members.2.layers.0.reverse.recurrent', 'members.2.recurrent.weight_hh_l0_reverse'],
  ['encoder.embedding', 'encoder.embedding.weight'],
  ['members.1.encoder.layers.3.reverse.bias', 'members.1.encoder.recurrent.bias_ih_l3_reverse'],
])('%s is %s in PyTorch', (name, expected) => {
  expect(pytorchName({ name })).toBe(expected);
});

const TRANSDUCER = pairModelSchema.parse({ task: 'transduce' });

test.each([
  ['encoder.layers.1.input', 'encoder.recurrent.weight_ih_l1'],
  ['embedding', 'decoder.embedding.weight'],
  ['members.1.layers.1.bias', 'members.1.decoder.recurrent.bias_ih_l1'],
  ['layers.1.start.weight', 'decoder.start.1.weight'],
  ['members.1.layers.0.start_cell.bias', 'members.1.decoder.start_cell.0.bias'],
  ['attention.keys.weight', 'attention.keys.weight'],
  ['attention.vector', 'attention.vector'],
  ['members.0.output.weight', 'members.0.output.weight'],
])('%s of a transducer is %s', (name, expected) => {
  expect(pytorchName({ name }, TRANSDUCER)).toBe(expected);
});

test('layers that fuse their directions are modules of one layer each', () => {
  const fused = pairModelSchema.parse({ task: 'transduce', fusion: 'tanh' });
  const name = (own: string) => pytorchName({ name: own }, fused);
  expect(name('encoder.layers.1.reverse.recurrent')).toBe('encoder.recurrent.1.weight_hh_l0_reverse');
  expect(name('encoder.layers.1.fusion.weight')).toBe('encoder.fusion.1.weight');
  expect(name('layers.1.recurrent')).toBe('decoder.recurrent.weight_hh_l1');
});

test('a tensor without a counterpart is refused and not renamed', () => {
  expect(() => pytorchName({ name: 'layers.0.peephole' })).toThrow(/layers.0.peephole has no counterpart/);
});

test('gates go to their places, transposed and with their signs', () => {
  const { gates } = CELL_KINDS.gru; // r, z, n of one unit each, for two inputs
  const ours = Float32Array.of(1, 2, 3, 4, 5, 6); // [2, 3]
  expect([...toTheirs(ours, gates, 1, layoutOf('PyTorch', 'gru'))]).toEqual([1, 4, -2, -5, 3, 6]);
  expect([...toTheirs(ours, gates, 1, layoutOf('ONNX', 'gru'))]).toEqual([-2, -5, 1, 4, 3, 6]);
  expect([...toTheirs(Float32Array.of(1, 2, 3, 4), CELL_KINDS.lstm.gates, 1, layoutOf('ONNX', 'lstm'))]).toEqual([
    1, 4, 2, 3,
  ]);
  for (const layout of [layoutOf('PyTorch', 'gru'), layoutOf('ONNX', 'gru')]) {
    expect(toOurs(toTheirs(ours, gates, 1, layout), gates, 1, layout)).toEqual(ours);
  }
});
