import { attributeOf, type Constant, type Graph, type Made } from './onnx-graph.ts';
import type { NodeProto } from './onnx-proto.ts';

/** Operators that change nothing but a value's shape, or nothing at all when a model is used. */
const PASSED: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'Dropout',
  'Squeeze',
  'Unsqueeze',
  'Reshape',
  'Flatten',
  'Transpose',
]);

/** The operator that makes a value, past those that change its shape alone. The first input of each is what it changes. */
export function source(graph: Graph, value: string): { made: Made | undefined; value: string } {
  let at = value;
  for (const seen = new Set<string>(); !seen.has(at); ) {
    seen.add(at);
    const made = graph.made(at);
    if (!made || !PASSED.has(made.node.operator)) return { made, value: at };
    requireLastStays(graph, made.node);
    at = made.node.inputs[0] ?? '';
  }
  throw graph.wrong(`the value ${value} is made from itself`);
}

/** A transposition may exchange time and batch. The numbers of a symbol, the last dimension, must stay together. */
function requireLastStays(graph: Graph, node: NodeProto): void {
  if (node.operator !== 'Transpose') return;
  const order = attributeOf(node, 'perm')?.integers ?? [];
  if (order.at(-1) === order.length - 1) return;
  throw graph.wrong(
    `the operator Transpose has perm = ${order.join(', ') || 'none'}; it may exchange time and batch alone`,
  );
}

/** A matrix that the file holds. */
export function matrixOf(graph: Graph, value: string, operator: string): Constant {
  const constant = graph.constant(value);
  if (constant?.shape.length === 2) return constant;
  throw graph.wrong(
    `the operator ${operator} multiplies by ${graph.shown(value)}; it should multiply by a matrix of the file`,
  );
}
