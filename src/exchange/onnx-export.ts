import { UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { Files } from './files.ts';
import { writeMetadata } from './metadata.ts';
import { floatBytes } from './numbers.ts';
import type { GraphBuilder } from './onnx-build.ts';
import { modelGraph, TRANSDUCER_FILES, transducerGraphs } from './onnx-graphs.ts';
import { pack, sizeOf } from './onnx-packed.ts';
import { DATA_TYPES } from './onnx-proto.ts';
import { writeModelProto } from './onnx-write.ts';

/** The version of ONNX's operators and of its files: ONNX Runtime reads both since 1.12, of July 2022. */
export const OPERATORS = 17;
const FORMAT = 8;

/** protobuf's own bound on a message. */
const LARGEST_BYTES = 2_000_000_000;

/**
 * A model of texts, a tagger or a classifier as ONNX: one graph that reads any number of steps, one or a whole sequence, for any number of texts
 * side by side.
 *
 * - input `symbols` int64 [steps, rows]: ids of symbols; input `layers.l.h` (and `layers.l.c` of an LSTM) [1, rows, H] of each layer: the state
 *   before the first step, zeros at the start of a text;
 * - output `logits` [steps, rows, V], and `layers.l.h.next` (and `.c.next`) [1, rows, H]: the state after the last step.
 *
 * A tagger reads whole sources of one length, and has no states. A classifier's `logits` are [rows, V].
 *
 * An ensemble's states have `members.m.` before their names. Its `logits` are log p̄, logarithms of the mean of the members' probabilities.
 *
 * The initializers are this program's tensors in ONNX's layout: W [1, G·H, D], R [1, G·H, H] and B [1, 2·G·H], or [2, …] of two directions.
 */
export function toOnnx(checkpoint: Checkpoint): Uint8Array {
  return bytesOf(modelGraph(checkpoint.model), checkpoint);
}

/**
 * A transducer as ONNX: a folder of two graphs. The encoder reads a whole source, and the decoder any number of symbols of the target, with its
 * state in and out as a model of texts has it. The encoder's outputs are the decoder's inputs, by their names (`handover`).
 */
export function toOnnxFolder(checkpoint: Checkpoint): Files {
  const graphs = transducerGraphs(checkpoint.model);
  const parts = ['encoder', 'decoder'] as const;
  return new Map(parts.map((part) => [TRANSDUCER_FILES[part], [bytesOf(graphs[part], checkpoint)]]));
}

function bytesOf(graph: GraphBuilder, { model, vocabulary, run, parameters }: Checkpoint): Uint8Array {
  const size = graph.weights.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  if (4 * size > LARGEST_BYTES) {
    throw new UserError(
      `the model has ${size} parameters; an ONNX file holds at most ${LARGEST_BYTES / 4}: export it as safetensors`,
    );
  }
  const weights = graph.weights.map((tensor) => {
    const { name, shape } = tensor;
    const data = [floatBytes(pack(tensor, parameters, model))];
    return { name, shape, type: DATA_TYPES.float32, data, integers: [], external: false };
  });
  return writeModelProto({
    format: FORMAT,
    operators: OPERATORS,
    producer: 'charnn',
    graph: graph.build(weights),
    metadata: writeMetadata({ model, vocabulary, run }),
  });
}
