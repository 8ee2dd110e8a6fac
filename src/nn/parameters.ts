import { type Address, NONE } from '../kernel/contract.ts';

/**
 * What a tensor is for. The role, and not the name, decides how a tensor is initialised (nn/initializers.ts), whether its numbers may be
 * dropped (nn/model.ts), and what becomes of it when a vocabulary is extended (nn/extend.ts).
 *
 * - `lookup`: a table with a row for each symbol; reading a symbol picks its row
 * - `input`: a matrix that multiplies a signal
 * - `recurrent`: a matrix that multiplies the state before a step
 * - `bias`: what is added to pre-activations
 * - `output`: the matrix of the output layer, which has a column for each symbol, or its bias, which has a number for each symbol
 */
export type Role = 'lookup' | 'input' | 'recurrent' | 'bias' | 'output';

/** One of a cell's gates: H columns of its matrices. */
export interface Gate {
  readonly name: string;
  /** What makes the gate of its pre-activation. A `logistic` gate lies between 0 (shut) and 1 (open). */
  readonly squash: 'logistic' | 'tanh' | 'activation';
  /** What the gate's bias starts from. If not given, the bias is drawn at random. */
  readonly bias?: number;
}

/** The first rows of a tensor, where each of them belongs to a symbol of a vocabulary: reading the symbol picks the row. */
export interface SymbolRows {
  readonly vocabulary: 'source' | 'target';
  readonly count: number;
}

/** A tensor as the module that uses it declares it. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: Role;
  /** Its rows that belong to symbols. A matrix of role `input` or `output` may have others below them, for a signal. */
  readonly symbolRows?: SymbolRows | undefined;
  /** The gates whose columns stand side by side in the tensor, if it has gates. */
  readonly gates?: readonly Gate[];
}

/** Where a tensor and its gradient lie in memory. */
export interface Parameter {
  readonly value: Address;
  readonly gradient: Address;
}

/** Gives a module the tensors that it declares. Each tensor is declared once. */
export interface TensorSource {
  tensor(spec: TensorSpec): Parameter;
}

/** A source that puts a prefix before every name. */
export function prefixed(source: TensorSource, prefix: string): TensorSource {
  return { tensor: (spec) => source.tensor({ ...spec, name: prefix + spec.name }) };
}

/** A named tensor's place in the one flat buffer of parameters. */
export interface TensorView extends TensorSpec {
  /** The tensor's name in the whole model: its key in a checkpoint. */
  readonly name: string;
  /** The tensor's name in its network. It is the same in every member of an ensemble. */
  readonly tensor: string;
  /** How many numbers of the buffer stand before the tensor's. */
  readonly offset: number;
  readonly size: number;
}

/** The tensors that `build` declares, in order. The addresses that it gets are NONE, so what it builds can't run. */
export function declaredTensors(build: (tensors: TensorSource) => void): TensorSpec[] {
  const specs: TensorSpec[] = [];
  build({
    tensor(spec) {
      if (specs.some(({ name }) => name === spec.name)) throw new RangeError(`two tensors are called ${spec.name}`);
      specs.push(spec);
      return { value: NONE, gradient: NONE };
    },
  });
  return specs;
}

/** The views of tensors that lie one after another, without gaps, from `start` on. */
export function layOut(specs: readonly TensorSpec[], prefix: string, start: number): TensorView[] {
  let end = start;
  return specs.map((spec) => {
    const offset = end;
    const size = spec.shape.reduce((product, length) => product * length, 1);
    end += size;
    return { ...spec, name: prefix + spec.name, tensor: spec.name, offset, size };
  });
}

/** A source of tensors that lie in memory: the flat buffer at `values`, and its gradient at `gradients`. */
export function tensorsAt(
  views: readonly TensorView[],
  values: Address,
  gradients: Address,
  /** By a tensor's name, the copy that products read instead of the tensor. */
  copies: ReadonlyMap<string, Address> = new Map(),
): TensorSource {
  const byTensor = new Map(views.map((view) => [view.tensor, view]));
  return {
    tensor({ name }) {
      const view = byTensor.get(name);
      if (!view) throw new RangeError(`no tensor is called ${name}; there are ${[...byTensor.keys()].join(', ')}`);
      return { value: copies.get(view.name) ?? values + view.offset, gradient: gradients + view.offset };
    },
  };
}
