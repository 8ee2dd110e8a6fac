import { checkedIfAsked } from '#kernel/checks';
import { Arena } from '../kernel/arena.ts';
import type { KernelChoice } from '../kernel/choose.ts';
import type { Kernels } from '../kernel/contract.ts';
import { openKernels, withinMemory } from '../kernel/engine.ts';
import { referenceKernels } from '../kernel/reference.ts';
import { type Range, SOLO } from '../kernel/team.ts';
import type { BatchShape, Extent } from './batch.ts';
import type { ModelConfig } from './config.ts';
import { Model } from './model.ts';

/** A kernel, or `double`: plain loops in float64. Its smallest gradients are near 1e-308; those of float32 are near 1e-38. */
export type Arithmetic = KernelChoice | 'double';

/** A model whose parameters are in memory, ready to run. */
export interface OpenModel {
  readonly model: Model;
  readonly kernels: Kernels;
}

/**
 * A model in a memory of its own, for this thread alone.
 *
 * @param parameters the flat buffer, as a checkpoint has it
 */
export function openModel(
  arithmetic: Arithmetic,
  config: ModelConfig,
  parameters: ArrayLike<number>,
  shape: BatchShape,
): OpenModel {
  const arena = new Arena(arithmetic === 'double' ? 8 : 4);
  const model = new Model(arena, config, shape);
  const kernels = arithmetic === 'double' ? doubleKernels(arena) : openKernels(arithmetic, arena);
  kernels.floats.set(parameters, model.parameters.values);
  model.pack(kernels, SOLO);
  return { model, kernels };
}

/** Runs a window forward and back on this thread: afterwards the losses and the gradients of every signal are in memory. */
export function forwardAndBackward({ model, kernels }: OpenModel, rows: Range, extent: Extent): void {
  model.pack(kernels, SOLO);
  model.forward(kernels, rows, extent);
  model.loss(kernels, rows, extent, 1);
  model.pack(kernels, SOLO, 'backward');
  model.backward(kernels, rows, extent);
}

function doubleKernels(arena: Arena): Kernels {
  const buffer = withinMemory(arena, () => new ArrayBuffer(arena.bytes));
  return checkedIfAsked(referenceKernels({ floats: new Float64Array(buffer), ints: new Int32Array(buffer) }), arena);
}
