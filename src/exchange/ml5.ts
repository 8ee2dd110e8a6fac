import { UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { Manifest } from '../nn/manifest.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import type { Files } from './files.ts';
import { transposed } from './layout.ts';
import { floatBytes } from './numbers.ts';

/** What ml5's charRNN reads: the state h of its second cell, whatever their number, so a model has two. */
const LAYERS = 2;

/** What TensorFlow's BasicLSTMCell adds to the forget gate. */
const FORGET_BIAS = 1;

/** TensorFlow's order of the gates, by this program's names. */
const ORDER = ['i', 'g', 'f', 'o'];

/**
 * The folder that ml5's charRNN reads (github.com/ml5js/ml5-library, src/CharRNN): `manifest.json` with each tensor's file and shape, a file of
 * float32 for each tensor, and `vocab.json` with each character's number.
 *
 * A cell's `kernel` [D + H, 4·H] has the rows of U above those of W, in the order i, g, f, o; 1 is added to the forget gate when it runs, and is
 * therefore taken from its bias here. The end of a line, `<stop>`, is a newline there.
 *
 * UserError for a model that is no LSTM of two layers, or is an ensemble, or reads bytes.
 */
export function toMl5({ model, vocabulary, parameters }: Checkpoint): Files {
  const { cell, layers, hidden, symbols, members } = model;
  if (cell !== 'lstm' || layers !== LAYERS || members > 1) {
    const found = `${members > 1 ? `${members} members of ` : ''}${layers} ${cell.toUpperCase()} ${layers === 1 ? 'layer' : 'layers'}`;
    throw new UserError(`ml5's charRNN runs one LSTM of exactly ${LAYERS} layers, not ${found}; ONNX takes any model`);
  }
  const manifest = new Manifest(model);
  const values = (name: string): Float32Array => {
    const { offset, size } = manifest.view(name);
    return parameters.subarray(offset, offset + size);
  };
  const embedded = model.embedding > 0;
  const weight = manifest.has('output.weight') ? values('output.weight') : transposed(values('embedding'), hidden);
  const tensors: Ml5Tensor[] = [
    ...(embedded ? [{ name: 'embedding', shape: [symbols, model.embedding], values: values('embedding') }] : []),
    ...Array.from({ length: LAYERS }, (_, layer) => cellTensors(layer, hidden, manifest, values)).flat(),
    { name: 'softmax_w', shape: [hidden, symbols], values: weight },
    { name: 'softmax_b', shape: [symbols], values: values('output.bias') },
  ];
  const files = new Map<string, readonly (Uint8Array | string)[]>();
  const listed = tensors.map(({ name, shape }) => [name, { filename: fileName(name), shape }] as const);
  files.set('manifest.json', [JSON.stringify(Object.fromEntries(listed))]);
  files.set('vocab.json', [JSON.stringify(ml5Vocabulary(Vocabulary.fromJSON(vocabulary)))]);
  for (const tensor of tensors) files.set(fileName(tensor.name), [floatBytes(tensor.values)]);
  return files;
}

interface Ml5Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

function fileName(tensor: string): string {
  return tensor.replaceAll('/', '_');
}

function cellTensors(
  layer: number,
  hidden: number,
  manifest: Manifest,
  values: (name: string) => Float32Array,
): Ml5Tensor[] {
  const { gates = [] } = manifest.view(`layers.${layer}.bias`);
  const width = gates.length * hidden;
  const inOrder = (rows: Float32Array): Float32Array => {
    const out = new Float32Array(rows.length);
    for (const [block, gate] of ORDER.entries()) {
      const from = gates.findIndex(({ name }) => name === gate) * hidden;
      for (let row = 0; row < rows.length; row += width) {
        out.set(rows.subarray(row + from, row + from + hidden), row + block * hidden);
      }
    }
    return out;
  };
  const [input, recurrent] = [values(`layers.${layer}.input`), values(`layers.${layer}.recurrent`)];
  const kernel = new Float32Array(input.length + recurrent.length);
  kernel.set(inOrder(input));
  kernel.set(inOrder(recurrent), input.length);
  const bias = inOrder(values(`layers.${layer}.bias`));
  const forget = ORDER.indexOf('f') * hidden;
  for (let unit = forget; unit < forget + hidden; unit++) bias[unit]! -= FORGET_BIAS;
  const name = `rnnlm/multi_rnn_cell/cell_${layer}/basic_lstm_cell`;
  return [
    { name: `${name}/kernel`, shape: [kernel.length / width, width], values: kernel },
    { name: `${name}/bias`, shape: [width], values: bias },
  ];
}

/** Each character's number. */
function ml5Vocabulary(vocabulary: Vocabulary): Record<string, number> {
  const { unit, symbols } = vocabulary.toJSON();
  if (unit === 'byte')
    throw new UserError("ml5's charRNN reads characters, and this model reads bytes; ONNX takes any model");
  const ids: [string, number][] = symbols.map((symbol) => [String(symbol), vocabulary.id(symbol)!]);
  if (vocabulary.stop !== undefined) ids.push(['\n', vocabulary.stop]);
  if (vocabulary.unknown !== undefined) ids.push(['\u{fffd}', vocabulary.unknown]);
  return Object.fromEntries(ids);
}
