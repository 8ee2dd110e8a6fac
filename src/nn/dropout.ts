import * as z from 'zod';
import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import { overlap, type Range } from '../kernel/team.ts';
import type { BatchShape } from './cell.ts';
import type { DenseInput } from './layer.ts';
import type { Manifest, TensorView } from './parameters.ts';

const probability = z.number().min(0).lt(1);

/** Probabilities that a number is dropped in training. What is kept is scaled up, so evaluation drops nothing. */
export const dropoutSchema = z.strictObject({
  input: probability
    .default(0)
    .describe(
      'probability to drop a number of an embedding or, of one-hot symbols, of the matrix that they pick rows from',
    ),
  layers: probability
    .default(0)
    .describe('probability to drop a number that a layer hands to the next (Zaremba et al. 2014: never along time)'),
  output: probability
    .optional()
    .describe('probability to drop a number that the top layer hands to the output (default: as between layers)'),
  recurrent: probability
    .default(0)
    .describe(
      'probability to drop a number of the recurrent matrices W (DropConnect: Wan et al. 2013, Merity et al. 2018)',
    ),
  variational: z
    .boolean()
    .default(false)
    .describe(
      'drop the same numbers at all steps of a window (Gal & Ghahramani 2016); weights have one mask a window anyway',
    ),
});

export type DropoutConfig = Readonly<Required<z.output<typeof dropoutSchema>>>;

export const NO_DROPOUT: DropoutConfig = { input: 0, layers: 0, output: 0, recurrent: 0, variational: false };

/** Decides what is dropped in one update: 32 bits. Nothing is dropped without one. */
export type DropoutKey = number | undefined;

/** Dropout of what flows from one layer to the next: a copy that is masked forward, and the gradient masked by the same numbers. */
export class Dropout {
  /** What the layer above reads. */
  readonly output: DenseInput;
  readonly #input: DenseInput;
  readonly #rows: number;
  readonly #probability: number;
  readonly #variational: boolean;
  readonly #site: number;

  /** @param site a number that no other place of the model has */
  constructor(
    arena: Arena,
    shape: BatchShape,
    input: DenseInput,
    probability: number,
    variational: boolean,
    site: number,
  ) {
    const values = arena.float(shape.steps * shape.rows * input.width); // [T][B][width]
    this.output = { ...input, values };
    this.#input = input;
    this.#rows = shape.rows;
    this.#probability = probability;
    this.#variational = variational;
    this.#site = site;
  }

  forward(k: Kernels, range: Range, steps: number, key: DropoutKey): void {
    this.#mask(k, range, steps, key, this.output.values, this.#input.values);
  }

  /** ∂L/∂ of what was read, in place of ∂L/∂ of what was put out. */
  backward(k: Kernels, range: Range, steps: number, key: DropoutKey): void {
    this.#mask(k, range, steps, key, this.#input.gradients, this.#input.gradients);
  }

  #mask(k: Kernels, { start, end }: Range, steps: number, key: DropoutKey, out: Address, from: Address): void {
    const { width } = this.#input;
    const probability = key === undefined ? 0 : this.#probability;
    const siteKey = keyOf(key, this.#site);
    for (let step = 0; step < steps; step++) {
      const at = (step * this.#rows + start) * width;
      const place = this.#variational ? start * width : at;
      k.dropout(out + at, from + at, (end - start) * width, place, siteKey, probability);
    }
  }
}

/** DropConnect: products read masked copies of some matrices, whose gradients are masked by the same numbers. */
export class DropConnect {
  /** Where products find the matrices, by name. */
  readonly copies: ReadonlyMap<string, Address>;
  readonly #parts: readonly Part[];

  /** @param probabilityOf a tensor by its name in its network; what is never dropped needs no copy */
  constructor(arena: Arena, manifest: Manifest, probabilityOf: (tensor: string) => number) {
    this.#parts = manifest.views
      .map((view) => ({ ...view, probability: probabilityOf(view.tensor) }))
      .filter(({ probability }) => probability > 0)
      .map((part) => ({ ...part, copy: arena.float(part.size) }));
    this.copies = new Map(this.#parts.map(({ name, copy }) => [name, copy]));
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** Makes the copies' share in `range`, which counts numbers of the flat buffer at `values`. */
  forward(k: Kernels, values: Address, range: Range, key: DropoutKey): void {
    for (const part of this.#parts) mask(k, part, part.copy, values + part.offset, range, key);
  }

  /** Masks the gradients' share in `range`. */
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

/** A key for each update: draws for different updates have nothing to do with each other. */
export function updateKey(seed: number, update: number): number {
  return keyOf(seed, update);
}

/** A key of its own for each number under a key. */
function keyOf(key: DropoutKey, of: number): number {
  let bits = Math.imul((key ?? 0) ^ Math.imul(of + 1, 0x9e3779b1), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return bits ^ (bits >>> 15);
}
