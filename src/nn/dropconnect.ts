import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import { overlap, type Range } from '../kernel/team.ts';
import { type DropoutKey, keyOf } from './dropout-key.ts';
import type { TensorView } from './parameters.ts';

/** DropConnect (Wan et al. 2013): products read masked copies of some matrices. The matrices' gradients are masked by the same masks. */
export class DropConnect {
  /** By a matrix's name, the copy that products read. */
  readonly copies: ReadonlyMap<string, Address>;
  readonly #parts: readonly Part[];

  /** @param probabilityOf the probability that a number of a tensor is dropped; a tensor with probability 0 needs no copy */
  constructor(arena: Arena, views: readonly TensorView[], probabilityOf: (view: TensorView) => number) {
    this.#parts = views
      .map((view) => ({ ...view, probability: probabilityOf(view) }))
      .filter(({ probability }) => probability > 0)
      .map((part) => ({ ...part, copy: arena.float(part.size) }));
    this.copies = new Map(this.#parts.map(({ name, copy }) => [name, copy]));
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** Makes the part of the copies that belongs to `range`, a range of the flat buffer at `values`. */
  forward(k: Kernels, values: Address, range: Range, key: DropoutKey): void {
    for (const part of this.#parts) mask(k, part, part.copy, values + part.offset, range, key);
  }

  /** Masks the gradients in `range`. */
  backward(k: Kernels, gradients: Address, range: Range, key: DropoutKey): void {
    for (const part of this.#parts) mask(k, part, gradients + part.offset, gradients + part.offset, range, key);
  }
}

/** A matrix whose numbers are dropped, and the copy that products read. */
interface Part extends TensorView {
  readonly copy: Address;
  readonly probability: number;
}

function mask(k: Kernels, part: Part, out: Address, from: Address, range: Range, key: DropoutKey): void {
  const { start, end } = overlap(range, part.offset, part.offset + part.size);
  const probability = key === undefined ? 0 : part.probability;
  k.dropout(out + start, from + start, end - start, start, keyOf(key, part.offset), probability);
}
