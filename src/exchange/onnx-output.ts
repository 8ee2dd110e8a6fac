import { transposed } from './layout.ts';
import { matrixOf, source } from './onnx-chain.ts';
import { attributeOf, type Graph } from './onnx-graph.ts';
import type { NodeProto } from './onnx-proto.ts';

/** y = x W + b, as a MatMul and an Add, or as a Gemm. W is [H, V]. */
export function readOutput(graph: Graph, end: string): { input: string; weight: Float32Array; bias: Float32Array } {
  const { made, value } = source(graph, end);
  if (made?.node.operator === 'Gemm') return readGemm(graph, made.node);
  if (made?.node.operator === 'Add') {
    const [first = '', second = ''] = made.node.inputs;
    const [bias, product] =
      [graph.constant(first), graph.constant(second)]
        .map((each, at) => (each ? ([each, at === 0 ? second : first] as const) : undefined))
        .find((pair) => pair) ?? [];
    if (!bias || product === undefined)
      throw graph.wrong('the last operator Add adds no bias: none of what it adds is a tensor of the file');
    return { ...readProduct(graph, product, bias.values.length), bias: bias.values };
  }
  if (made?.node.operator === 'MatMul') {
    const product = readProduct(graph, value, undefined);
    return { ...product, bias: new Float32Array(product.symbols) };
  }
  throw graph.wrong(
    `its output is made by ${graph.shown(value)}; it should be made by MatMul, by Add or by Gemm: an output layer`,
  );
}

function readProduct(
  graph: Graph,
  value: string,
  symbols: number | undefined,
): { input: string; weight: Float32Array; symbols: number } {
  const { made, value: at } = source(graph, value);
  if (made?.node.operator !== 'MatMul')
    throw graph.wrong(`the output layer’s bias is added to ${graph.shown(at)}; it should be added to a MatMul`);
  const [input = '', matrix = ''] = made.node.inputs;
  const weight = matrixOf(graph, matrix, 'MatMul');
  const [, columns = 0] = weight.shape;
  if (symbols !== undefined && columns !== symbols)
    throw graph.wrong(`the output layer’s matrix has ${columns} columns, its bias ${symbols}`);
  return { input, weight: weight.values, symbols: columns };
}

function readGemm(graph: Graph, node: NodeProto): { input: string; weight: Float32Array; bias: Float32Array } {
  const [input = '', matrix = '', added = ''] = node.inputs;
  for (const factor of ['alpha', 'beta']) {
    const value = attributeOf(node, factor)?.float ?? 1;
    if (value !== 1) throw graph.wrong(`the operator Gemm has ${factor} = ${value}; only 1 can be imported`);
  }
  if (attributeOf(node, 'transA')?.integer)
    throw graph.wrong('the operator Gemm has transA = 1; only 0 can be imported');
  const { shape, values } = matrixOf(graph, matrix, 'Gemm');
  const isTransposed = Boolean(attributeOf(node, 'transB')?.integer);
  const symbols = shape[isTransposed ? 0 : 1]!;
  const weight = isTransposed ? transposed(values, shape[1]!) : values;
  const bias = added === '' ? new Float32Array(symbols) : graph.constant(added)?.values;
  if (bias?.length !== symbols)
    throw graph.wrong(`the operator Gemm has a bias of ${bias?.length ?? 0} numbers for ${symbols} symbols`);
  return { input, weight, bias };
}
