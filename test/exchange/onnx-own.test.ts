import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { exportModel } from '../../src/exchange/export.ts';
import { importModel } from '../../src/exchange/import.ts';
import { toOnnx } from '../../src/exchange/onnx-export.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../../src/exchange/onnx-proto.ts';
import { readModelProto } from '../../src/exchange/onnx-read.ts';
import { writeModelProto } from '../../src/exchange/onnx-write.ts';
import { importModel as importFile } from '../../src/library/exchange.ts';
import { configOf, onnxOf, PAIR_MODELS, pairCheckpointOf, TRANSDUCERS, transducerFiles } from './pair-models.ts';

const scratch = mkdtempSync(join(tmpdir(), 'rnn-onnx-own-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const modelOf = (part: string) => PAIR_MODELS.find(({ label }) => label.includes(part))!.config;
const TRANSDUCER = pairCheckpointOf(modelOf('additive, fused'));
const CLASSIFIER = pairCheckpointOf(modelOf('classifier, GRU'));

/** The one line that refuses what is imported. */
function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/^[^\p{Cc}\u2028\u2029]+$/u);
    return (error as Error).message;
  }
  throw new Error('it was taken');
}

type Change = (model: ModelProto) => ModelProto;

const changed = (bytes: Uint8Array, change: Change) => writeModelProto(change(readModelProto(bytes, 'it')));

const inGraph =
  (change: (graph: GraphProto) => Partial<GraphProto>): Change =>
  (model) => ({ ...model, graph: { ...model.graph, ...change(model.graph) } });

const changeNode = (name: string, change: (node: NodeProto) => Partial<NodeProto>) =>
  inGraph(({ nodes }) => ({ nodes: nodes.map((node) => (node.name === name ? { ...node, ...change(node) } : node)) }));

const changeTensor = (name: string, change: (tensor: TensorProto) => Partial<TensorProto>) =>
  inGraph(({ initializers }) => ({
    initializers: initializers.map((tensor) => (tensor.name === name ? { ...tensor, ...change(tensor) } : tensor)),
  }));

const floats = (...values: number[]) => [new Uint8Array(Float32Array.from(values).buffer)];

/** The graph of a transducer's decoder, or encoder, changed. */
function transducer(change: Change, part: 'encoder' | 'decoder' = 'decoder'): string {
  const files = transducerFiles(TRANSDUCER);
  return refusal(() => importModel({ ...files, [part]: changed(files[part], change) }, 'it'));
}

const classifier = (change: Change) => refusal(() => importModel(changed(toOnnx(CLASSIFIER), change), 'it'));

describe('a file of a model of pairs that is not as it was exported', () => {
  const decoder = join('it', 'decoder.onnx');
  const AGAIN = '; export the model again';

  test.each<[string, Change, string]>([
    [
      'another operator',
      changeNode('attention.squashed', () => ({ operator: 'Sigmoid' })),
      'the operator attention.squashed is not as this program writes it for the model in its metadata',
    ],
    [
      'an attribute of another value',
      changeNode('attention.weights', ({ attributes }) => ({
        attributes: attributes.map((each) => ({ ...each, integer: 1 })),
      })),
      'the operator attention.weights is not as this program writes it for the model in its metadata',
    ],
    [
      'an operator that reads something else',
      changeNode('attention.sum', ({ inputs }) => ({ inputs: inputs.toReversed() })),
      'the operator attention.sum is not as this program writes it for the model in its metadata',
    ],
    [
      'an operator too few',
      inGraph(({ nodes }) => ({ nodes: nodes.slice(0, -1) })),
      'it has no more operators where this program writes the operator logits for the model in its metadata',
    ],
    [
      'an operator too many',
      inGraph(({ nodes }) => ({ nodes: [...nodes, { ...nodes[0]!, name: 'more' }] })),
      'it has the operator more where this program writes none for the model in its metadata',
    ],
    [
      'another input',
      inGraph(({ inputs }) => ({ inputs: inputs.map((each) => ({ ...each, name: `${each.name}!` })) })),
      'it has the input symbols! where this program writes the input symbols for the model in its metadata',
    ],
    [
      'an output of another kind',
      inGraph(({ outputs }) => ({ outputs: outputs.map((each) => ({ ...each, type: 10 })) })),
      'the output logits is not as this program writes it for the model in its metadata',
    ],
    [
      'another axis',
      changeTensor('axis2', () => ({ integers: [3] })),
      'the tensor axis2 is not as this program writes it for the model in its metadata',
    ],
    [
      'a tensor of something else',
      inGraph(({ initializers }) => ({ initializers: [...initializers, { ...initializers[0]!, name: 'more' }] })),
      'it has the tensor more where this program writes none for the model in its metadata',
    ],
    [
      'without a tensor',
      inGraph(({ initializers }) => ({ initializers: initializers.filter(({ name }) => name !== 'attention.vector') })),
      'the tensor attention.vector [4] is missing',
    ],
    [
      'a tensor twice',
      inGraph(({ initializers }) => ({ initializers: [...initializers, initializers.at(-1)!] })),
      'the tensor output.bias [5] is there twice',
    ],
    [
      'a tensor of another shape',
      changeTensor('attention.vector', () => ({ shape: [2, 2] })),
      'the tensor attention.vector [2, 2], float32, should be float32 [4]',
    ],
    [
      'a tensor of another kind',
      changeTensor('attention.vector', () => ({ type: 10 })),
      'the tensor attention.vector [4], float16, should be float32 [4]',
    ],
    [
      'a tensor that is too short',
      changeTensor('attention.vector', () => ({ data: floats(1, 2, 3) })),
      'the tensor attention.vector [4] has 12 bytes where its shape needs 16',
    ],
    [
      'a second bias',
      changeTensor('layers.0.B', ({ data }) => ({ data: [Buffer.concat([data[0]!.subarray(0, -4), ...floats(1)])] })),
      'the tensor layers.0.B has numbers where this program writes zeros',
    ],
    [
      'operators of another version',
      (model) => ({ ...model, operators: 21 }),
      'it has operators of version 21, where this program writes version 17',
    ],
    [
      'the metadata of another run',
      ({ metadata, ...model }) => ({ ...model, metadata: new Map([...metadata, ['charnn.run', '{}']]) }),
      'its metadata is not that of encoder.onnx: the files are of two models',
    ],
  ])('%s', (_, change, expected) => {
    expect(transducer(change)).toBe(`${decoder}: ${expected}${expected.includes('bytes where') ? '' : AGAIN}`);
  });

  test('a tensor that is in another file, which is not opened', () => {
    expect(transducer(changeTensor('attention.vector', () => ({ external: true })))).toBe(
      `${decoder}: the tensor attention.vector is in another file, which is not opened; save the model with its tensors in one file`,
    );
  });

  test('a number that is not finite', () => {
    const change = changeTensor('attention.vector', () => ({ data: floats(0, Number.NaN, 0, 0) }));
    expect(transducer(change)).toBe(
      'it: the tensor that becomes attention.vector has NaN at 1; a model needs finite numbers',
    );
  });

  test('an encoder that walks in another direction', () => {
    const change = changeNode('encoder.layers.0.sequence', ({ attributes }) => ({
      attributes: attributes.slice(0, 1),
    }));
    expect(transducer(change, 'encoder')).toBe(
      `${join('it', 'encoder.onnx')}: the operator encoder.layers.0.sequence is not as this program writes it for the model in its metadata${AGAIN}`,
    );
  });

  test('an encoder without metadata', () => {
    const change: Change = (model) => ({ ...model, metadata: new Map() });
    expect(transducer(change, 'encoder')).toBe(
      `${join('it', 'encoder.onnx')}: it has no metadata of a transducer; of folders, only those that rnn export wrote can be imported`,
    );
  });

  test('the two files exchanged', () => {
    const { encoder, decoder: other } = transducerFiles(TRANSDUCER);
    expect(refusal(() => importModel({ encoder: other, decoder: encoder }, 'it'))).toMatch(
      /encoder\.onnx: the operator embedded is not as this program writes it/,
    );
  });

  test('one of a transducer’s two files', () => {
    const { encoder } = transducerFiles(TRANSDUCER);
    expect(refusal(() => importModel(encoder, 'it'))).toBe(
      'it: it is one graph of a transducer’s two; import the folder that has both, encoder.onnx and decoder.onnx',
    );
  });

  test('a classifier with a GRU that resets elsewhere', () => {
    const change = changeNode('layers.1.sequence', ({ attributes }) => ({
      attributes: attributes.map((each) => (each.name === 'linear_before_reset' ? { ...each, integer: 0 } : each)),
    }));
    expect(classifier(change)).toBe(
      `it: the operator layers.1.sequence is not as this program writes it for the model in its metadata${AGAIN}`,
    );
  });

  test('symbols beside a file that has its own', () => {
    expect(refusal(() => importModel(toOnnx(CLASSIFIER), 'it', { symbols: 'abcde' }))).toBe(
      'it: the file says which symbols it has; leave out symbols',
    );
  });
});

test('the graphs are the same as ever: a file can be read only as long as this program would write its graph', () => {
  const hash = createHash('sha256');
  for (const { config } of [...PAIR_MODELS, ...TRANSDUCERS]) {
    const files = onnxOf(pairCheckpointOf(config));
    for (const bytes of files instanceof Uint8Array ? [files] : [files.encoder, files.decoder]) {
      const { operators, graph } = readModelProto(bytes, 'it');
      // A tensor's numbers are the model's, but for lists of whole numbers.
      const tensors = graph.initializers.map(({ name, shape, type, integers }) => [name, shape, type, integers]);
      hash.update(JSON.stringify([operators, graph.nodes, graph.inputs, graph.outputs, tensors]));
    }
  }
  expect(hash.digest('hex')).toBe('1b586adb20c65de3cfe1e91e78af62099575b028943cf629a91e7f725944b9db');
});

describe('the folder of a transducer', () => {
  const path = join(scratch, 'folder.onnx');

  test('has both files, and a model comes back from it', () => {
    const { notes } = exportModel(TRANSDUCER, path);
    expect(notes).toEqual(['a transducer is two graphs, in a folder: encoder.onnx and decoder.onnx']);
    expect(readdirSync(path).sort()).toEqual(['decoder.onnx', 'encoder.onnx']);
    const out = join(scratch, 'back.json');
    const { model, notes: read } = importFile(path, { out });
    expect(read).toEqual([]);
    expect(model.checkpoint.parameters).toEqual(TRANSDUCER.parameters);
    expect(importFile(`${path}/`, { out: join(scratch, 'again.json') }).model.checkpoint).toEqual(model.checkpoint);
  });

  test('is not overwritten, and is written under another ending where the format is named', () => {
    const before = readFileSync(join(path, 'decoder.onnx'));
    const other = pairCheckpointOf(configOf({ layers: 1, hidden: 4, pairs: { task: 'transduce' } }));
    expect(refusal(() => exportModel(other, path))).toBe(`${path}: exists already; give another name`);
    expect(readFileSync(join(path, 'decoder.onnx'))).toEqual(before);
    exportModel(other, join(scratch, 'named'), { to: 'onnx' });
    expect(readdirSync(join(scratch, 'named'))).toHaveLength(2);
    expect(readdirSync(scratch).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test.each([
    ['below a file', () => join(path, 'decoder.onnx', 'x.onnx')],
    ['under a name that is too long', () => join(scratch, `${'x'.repeat(245)}.onnx`)],
  ])('that can not be written leaves nothing: %s', (_, where) => {
    const before = readdirSync(scratch);
    expect(refusal(() => exportModel(TRANSDUCER, where()))).toMatch(
      /x\.onnx: can't be written: .*; give another name$/,
    );
    expect(readdirSync(scratch)).toEqual(before);
  });

  test('is refused without one of its files', () => {
    const folder = join(scratch, 'half');
    mkdirSync(folder);
    writeFileSync(join(folder, 'encoder.onnx'), transducerFiles(TRANSDUCER).encoder);
    expect(refusal(() => importFile(folder, { out: join(scratch, 'half.json') }))).toBe(
      `${folder}: is a folder without decoder.onnx; of folders, those with encoder.onnx and decoder.onnx can be read`,
    );
  });
});
