import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { exportModel, safetensorsOf } from '../../src/exchange/export.ts';
import { readBounded } from '../../src/exchange/files.ts';
import { importModel } from '../../src/exchange/import.ts';
import { toOnnx } from '../../src/exchange/onnx-export.ts';
import type { AttributeProto, ModelProto, NodeProto } from '../../src/exchange/onnx-proto.ts';
import { readModelProto } from '../../src/exchange/onnx-read.ts';
import { writeModelProto } from '../../src/exchange/onnx-write.ts';
import type { ImportOptions } from '../../src/exchange/options.ts';
import { readSafetensors, writeSafetensors } from '../../src/exchange/safetensors.ts';
import type { Tensor } from '../../src/exchange/tensor.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { checkpointOf, joined } from './models.ts';

const scratch = mkdtempSync(join(tmpdir(), 'rnn-exchange-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The one line that refuses a file. */
function refusal(bytes: Uint8Array, options?: ImportOptions): string {
  try {
    importModel(bytes, 'it', options);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/^[^\p{Cc}\u2028\u2029]+$/u);
    return (error as Error).message;
  }
  throw new Error('it was taken');
}

function tensor(name: string, shape: readonly number[], value = 0.5): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return { name, shape, values: () => new Float32Array(size).fill(value) };
}

/** A file of an LSTM of 2 units over 3 one-hot symbols, as PyTorch would save it, with some tensors replaced, added, or (undefined) left out. */
function lstm(changes: Readonly<Record<string, Tensor | undefined>> = {}): Uint8Array {
  const whole: Record<string, Tensor | undefined> = Object.fromEntries(
    [
      tensor('rnn.weight_ih_l0', [8, 3]),
      tensor('rnn.weight_hh_l0', [8, 2]),
      tensor('rnn.bias_ih_l0', [8]),
      tensor('rnn.bias_hh_l0', [8]),
      tensor('out.weight', [3, 2]),
      tensor('out.bias', [3]),
    ].map((each) => [each.name, each]),
  );
  const all = Object.values({ ...whole, ...changes }).filter((each) => each !== undefined);
  return joined(writeSafetensors(all, new Map()));
}

/** A safetensors file with this header, and as many bytes of data. */
function withHeader(header: unknown, bytes: number): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(bytes)]);
}

const entry = (from: number, to: number, shape = [(to - from) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

describe('a safetensors file', () => {
  const whole = lstm();
  test.each<[string, Uint8Array, RegExp]>([
    ['of no bytes at all', Buffer.alloc(0), /neither safetensors nor a whole ONNX file/],
    ['cut off in its header', whole.subarray(0, 40), /its header should have \d+ bytes, but 32 are there/],
    ['cut off in its data', whole.subarray(0, -1), /its tensors have \d+ bytes, but \d+ are there/],
    [
      'with more than its tensors',
      Buffer.concat([whole, Buffer.alloc(4)]),
      /its tensors have \d+ bytes, but \d+ are there/,
    ],
    ['with a header that is no JSON', withHeader('{"a": ', 0), /its header is no JSON/],
    [
      'with overlapping tensors',
      withHeader({ a: entry(0, 8), b: entry(4, 12) }, 12),
      /the tensor b starts at 4, inside the tensor before it/,
    ],
    ['with a gap', withHeader({ a: entry(0, 4), b: entry(8, 12) }, 12), /no tensor has the bytes from 4 to 8/],
    [
      'with an offset beyond its end',
      withHeader({ a: entry(0, 2 ** 40) }, 8),
      /its tensors have 1099511627776 bytes, but 8 are there/,
    ],
    [
      'with offsets the wrong way round',
      withHeader({ a: entry(8, 0, [2]) }, 8),
      /a, F32 \[2\], needs 8 bytes, but its offsets are 8 and 0/,
    ],
    ['with a shape that needs other bytes', withHeader({ a: entry(0, 8, [3]) }, 8), /a, F32 \[3\], needs 12 bytes/],
    [
      'with a kind that nobody knows',
      withHeader({ a: entry(0, 8, [2], 'F31') }, 8),
      /the tensor a is of an unknown kind, F31/,
    ],
    ['with a negative offset', withHeader({ a: entry(-4, 0, [1]) }, 0), /the header.a.data_offsets.0/],
    ['with metadata that are no texts', withHeader({ __metadata__: { a: 1 } }, 0), /__metadata__.a/],
    ['with an absurd shape', withHeader({ a: entry(0, 8, [2 ** 52, 2 ** 52]) }, 8), /the tensor a, F32/],
  ])('%s', (_, bytes, expected) => {
    expect(refusal(bytes)).toMatch(expected);
  });

  test('with a header of 2^63 bytes is refused before anything is allocated', () => {
    const bytes = Buffer.alloc(16, '{');
    bytes.writeBigUInt64LE(2n ** 63n);
    expect(refusal(bytes)).toMatch(/its header would have 9223372036854775808 bytes/);
  });
});

describe('a model of PyTorch', () => {
  const symbols = 'abc';
  test('of three symbols is taken', () => {
    expect(importModel(lstm(), 'it', { symbols }).checkpoint.model).toMatchObject({
      cell: 'lstm',
      hidden: 2,
      layers: 1,
      symbols: 3,
    });
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['with one bias of two', lstm({ 'rnn.bias_hh_l0': undefined }), /it has rnn.bias_ih_l0, but no bias_hh_l0/],
    [
      'with a projection',
      lstm({ hr: tensor('rnn.weight_hr_l0', [1, 2]) }),
      /rnn.weight_hr_l0: an LSTM with a projection/,
    ],
    ['that is bidirectional', lstm({ r: tensor('rnn.weight_ih_l0_reverse', [8, 3]) }), /bidirectional/],
    [
      'with two recurrent modules',
      lstm({ x: tensor('dec.weight_ih_l0', [8, 3]) }),
      /it has 2 recurrent modules \(rnn\., dec\.\)/,
    ],
    [
      'with a layer norm',
      lstm({ n: tensor('norm.weight', [2]) }),
      /the tensor norm.weight \[2\] belongs to no embedding, recurrent layer or output layer/,
    ],
    ['without an output layer', lstm({ 'out.weight': undefined }), /it has no output layer: no matrix \[V, 2\]/],
    [
      'with two output layers',
      lstm({ b: tensor('b.weight', [3, 2]), c: tensor('b.bias', [3]) }),
      /may both be the output layer/,
    ],
    ['without the recurrent matrix', lstm({ 'rnn.weight_hh_l0': undefined }), /the tensor rnn.weight_hh_l0 is missing/],
    [
      'with a matrix of no cell',
      lstm({ 'rnn.weight_hh_l0': tensor('rnn.weight_hh_l0', [7, 2]) }),
      /rnn.weight_hh_l0 \[7, 2\] should be \[G · H, H\]/,
    ],
    [
      'with a bias of another length',
      lstm({ 'rnn.bias_ih_l0': tensor('rnn.bias_ih_l0', [4]) }),
      /rnn.bias_ih_l0 \[4\] should be \[8\]/,
    ],
    [
      'with inputs of no embedding',
      lstm({ 'rnn.weight_ih_l0': tensor('rnn.weight_ih_l0', [8, 5]) }),
      /reads 5 numbers, but there is no embedding \[3, 5\]/,
    ],
    [
      'with a number that is not finite',
      lstm({ 'out.bias': tensor('out.bias', [3], Number.NaN) }),
      /the tensor that becomes output.bias has NaN at 0/,
    ],
    [
      'of a cell and not of a layer',
      joined(writeSafetensors([tensor('cell.weight_ih', [8, 3])], new Map())),
      /it has no recurrent layer \(weight_ih_l0\), but cell.weight_ih/,
    ],
    ['of no tensors', joined(writeSafetensors([], new Map())), /no recurrent layer \(weight_ih_l0\), but no tensors/],
  ])('%s', (_, bytes, expected) => {
    expect(refusal(bytes, { symbols })).toMatch(expected);
  });

  test.each<[string, ImportOptions, RegExp]>([
    ['none', {}, /it does not say which 3 symbols the model reads; give them .* with symbols$/],
    ['too few', { symbols: 'ab' }, /the model has 3 symbols, but symbols has 2/],
    ['one that comes twice', { symbols: 'aba' }, /symbols has "a" \(U\+0061\) twice/],
    ['two characters at once', { symbols: ['a', 'bc', 'd'] }, /symbols has "bc" .* no single character/],
    ['bytes and characters', { symbols: ['a', 1, 'd'] }, /bytes and characters/],
    [
      'numbers with a gap',
      { symbols: { a: 0, b: 1, c: 3 } },
      /must give the numbers from 0 to 2, each once, but "c" \(U\+0063\) has 3 where 2 is missing/,
    ],
  ])('symbols: %s', (_, options, expected) => {
    expect(refusal(lstm(), options)).toMatch(expected);
  });

  test('symbols of every kind: a record, specials, bytes', () => {
    const vocabulary = (given: ImportOptions['symbols']) =>
      importModel(lstm(), 'it', { symbols: given }).checkpoint.vocabulary;
    expect(vocabulary({ b: 1, a: 0, c: 2 })).toEqual({
      unit: 'codepoint',
      stop: false,
      unknown: false,
      symbols: ['a', 'b', 'c'],
    });
    expect(vocabulary(['x', '<unk>', '<stop>'])).toEqual({
      unit: 'codepoint',
      stop: true,
      unknown: true,
      symbols: ['x'],
    });
    expect(vocabulary([255, 0, 10])).toEqual({ unit: 'byte', stop: false, unknown: false, symbols: [0, 10, 255] });
  });

  test('symbols are refused where the file has its own', () => {
    const bytes = joined(safetensorsOf(checkpointOf({})));
    expect(refusal(bytes, { symbols: 'abcdefg' })).toMatch(/the file says which symbols it has; leave out symbols/);
  });
});

describe('what is no model', () => {
  test.each<[string, Uint8Array, RegExp]>([
    [
      'a file of torch.save',
      Buffer.from('PK\u0003\u0004 and so on'),
      /zip archive.* is never run; save it as safetensors/,
    ],
    ['a pickle', Buffer.from([0x80, 2, 0x7d]), /a pickle, which is a program and is never run/],
    ['an HDF5 file', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), /an HDF5 file/],
    [
      'a checkpoint of this program',
      Buffer.from('{"format": "charnn checkpoint"}'),
      /JSON; a checkpoint of this program needs no import/,
    ],
    ['a text', Buffer.from('It was a dark and stormy night'), /neither safetensors nor a whole ONNX file/],
  ])('%s', (_, bytes, expected) => {
    expect(refusal(bytes)).toMatch(expected);
  });
});

/** An exported model whose messages were changed. */
function onnx(change: (model: ModelProto) => ModelProto, config = {}): Uint8Array {
  return writeModelProto(change(readModelProto(toOnnx(checkpointOf(config)), 'it')));
}

const changeNodes = (change: (node: NodeProto) => NodeProto) => (model: ModelProto) => ({
  ...model,
  graph: { ...model.graph, nodes: model.graph.nodes.map(change) },
});

const changeNode = (operator: string, change: (node: NodeProto) => Partial<NodeProto>) =>
  changeNodes((node) => (node.operator === operator ? { ...node, ...change(node) } : node));

const withAttribute = (operator: string, attribute: Partial<AttributeProto> & { readonly name: string }) =>
  changeNode(operator, ({ attributes }) => ({
    attributes: [...attributes, { floats: [], integers: [], texts: [], ...attribute }],
  }));

describe('an ONNX file', () => {
  test.each<[string, Uint8Array, RegExp]>([
    [
      'cut off',
      toOnnx(checkpointOf({})).subarray(0, 700),
      /neither safetensors nor a whole ONNX file: it ends too early/,
    ],
    [
      'with layout = 1',
      onnx(withAttribute('LSTM', { name: 'layout', integer: 1 })),
      /the operator LSTM has layout = 1/,
    ],
    [
      'that clips',
      onnx(withAttribute('LSTM', { name: 'clip', float: 3 })),
      /the operator LSTM has clip: it clips its activations/,
    ],
    [
      'that reads backwards',
      onnx(withAttribute('LSTM', { name: 'direction', text: 'reverse' })),
      /has the direction reverse/,
    ],
    [
      'with other activations',
      onnx(withAttribute('LSTM', { name: 'activations', texts: ['Sigmoid', 'Tanh', 'Relu'] })),
      /has the activations sigmoid, tanh, relu/,
    ],
    ['with coupled gates', onnx(withAttribute('LSTM', { name: 'input_forget', integer: 1 })), /has input_forget/],
    [
      'with peepholes',
      onnx(changeNode('LSTM', ({ inputs }) => ({ inputs: [...inputs, 'layers.0.B'] }))),
      /has peepholes/,
    ],
    [
      'with an unknown operator',
      onnx(changeNode('LSTM', () => ({ operator: 'Attention' }))),
      /the output layer reads the operator Attention; it should read an RNN, a GRU or an LSTM/,
    ],
    [
      'with an operator of elsewhere',
      onnx(changeNode('LSTM', () => ({ domain: 'com.example', operator: 'X' }))),
      /the operator com.example.X is none of ONNX’s own/,
    ],
    [
      'whose OneHot is another',
      onnx(withAttribute('OneHot', { name: 'axis', integer: 0 })),
      /the operator OneHot has the values 0, 1 and axis = 0; it should have 0, 1 and -1/,
    ],
    [
      'with an unknown input',
      onnx(changeNode('OneHot', () => ({ operator: 'Sin' }))),
      /the lowest layer reads the operator Sin/,
    ],
    [
      'whose bias is computed',
      onnx(changeNode('Add', ({ inputs }) => ({ inputs: [inputs[0]!, inputs[0]!] }))),
      /adds no bias/,
    ],
    [
      'that runs in a circle',
      onnx(changeNode('Squeeze', ({ outputs }) => ({ inputs: outputs }))),
      /is made from itself/,
    ],
    [
      'that is not what its metadata say',
      onnx(
        changeNode('GRU', () => ({ attributes: [] })),
        { cell: 'gru', reset: 'after' },
      ),
      /its graph is not the model that its metadata describes/,
    ],
    [
      'with tensors elsewhere',
      onnx(({ graph, ...model }) => ({
        ...model,
        graph: { ...graph, initializers: graph.initializers.filter(({ name }) => name !== 'output.weight') },
      })),
      /the operator MatMul multiplies by the tensor output.weight; it should multiply by a matrix of the file/,
    ],
  ])('%s', (_, bytes, expected) => {
    expect(refusal(bytes)).toMatch(expected);
  });

  test('whose tensors are in another file is refused, and that file is not opened', () => {
    const bytes = onnx(({ graph, ...model }) => {
      const external = ({ name }: { name: string }) => name === 'output.weight';
      return {
        ...model,
        graph: { ...graph, initializers: graph.initializers.map((each) => ({ ...each, external: external(each) })) },
      };
    });
    expect(refusal(bytes)).toMatch(/the tensor output.weight is in another file, which is not opened/);
  });
});

describe('files', () => {
  test('nothing is overwritten: a file, a folder, a broken link', () => {
    const checkpoint = checkpointOf({ layers: 2 });
    const file = join(scratch, 'a.safetensors');
    exportModel(checkpoint, file);
    const before = readFileSync(file);
    expect(() => exportModel(checkpointOf({}, 2), file)).toThrow(/a.safetensors: exists already; give another name$/);
    expect(readFileSync(file)).toEqual(before);
    const folder = join(scratch, 'folder');
    mkdirSync(folder);
    expect(() => exportModel(checkpoint, folder, { to: 'ml5' })).toThrow(/folder: exists already/);
    expect(readdirSync(folder)).toEqual([]);
    const link = join(scratch, 'link.onnx');
    symlinkSync(join(scratch, 'nowhere'), link);
    expect(() => exportModel(checkpoint, link)).toThrow(/link.onnx: exists already/);
    expect(readdirSync(scratch).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('what is no file is not read', () => {
    expect(() => readBounded(scratch)).toThrow(/is no file/);
    expect(() => readBounded('/dev/zero')).toThrow(/is no file/);
    expect(() => readBounded(join(scratch, 'none'))).toThrow(/none: no such file; give the path of a file/);
    writeFileSync(join(scratch, 'x'), 'abc');
    expect(readBounded(join(scratch, 'x')).toString()).toBe('abc');
  });

  test.each(['html', 'ml5', 'pytorch'] as const)('an ending that names another format than `to`, %s', (to) => {
    const path = join(scratch, 'book.ONNX');
    expect(() => exportModel(checkpointOf({}), path, { to })).toThrow(
      `${path}: its ending names onnx, and to ${to}; give another ending, or leave out to`,
    );
    expect(readdirSync(scratch)).not.toContain('book.ONNX');
  });

  test('an ending that names no format, and options that nobody knows', () => {
    expect(() => exportModel(checkpointOf({}), join(scratch, 'a.bin'))).toThrow(
      /its ending names no format; end it in one of .safetensors, .onnx, .html, or say one of safetensors, onnx, html/,
    );
    expect(() => exportModel(checkpointOf({}), join(scratch, 'b'), { to: 'keras' as never })).toThrow(
      /to must be one of safetensors, onnx, html, ml5, pytorch, not "keras"/,
    );
    expect(() => exportModel(checkpointOf({}), join(scratch, 'b'), { to: 'pytorch' })).toThrow(
      /needs the text to go on training with; name it with text/,
    );
    expect(() => exportModel(checkpointOf({}), join(scratch, 'b.onnx'), {}, corpusFromText('abc'))).toThrow(
      /text is for a folder to train on with PyTorch, not for onnx; leave it out/,
    );
    expect(() => importModel(lstm(), 'it', { symbols: 'abc', actvation: 'tanh' } as never)).toThrow(
      /there is no option actvation/,
    );
  });

  test('a model that ml5 cannot run', () => {
    const to = (config: object) => () => exportModel(checkpointOf(config), join(scratch, 'm'), { to: 'ml5' });
    expect(to({ layers: 1 })).toThrow(/one LSTM of exactly 2 layers, not 1 LSTM layer/);
    expect(to({ layers: 2, cell: 'gru' })).toThrow(/not 2 GRU layers/);
    expect(to({ layers: 2, members: 2 })).toThrow(/not 2 members of 2 LSTM layers/);
  });

  test('a safetensors file has the tensors that were written', () => {
    const { tensors, metadata } = readSafetensors(
      joined(writeSafetensors([tensor('a', [2, 3]), tensor('b', [])], new Map([['k', 'v']]))),
      'it',
    );
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect([...tensors.get('b')!.values()]).toEqual([0.5]);
    expect([...metadata]).toEqual([['k', 'v']]);
  });
});
