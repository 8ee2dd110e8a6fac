import { type Address, NONE } from '../kernel/contract.ts';

/**
 * What a tensor is for. Initialisation (nn/initializers.ts), DropConnect (nn/model.ts) and the extension of a vocabulary (nn/extend.ts) go
 * by it, and not by names.
 *
 * - `lookup`: a row for each symbol, which reading the symbol picks
 * - `input`: a matrix that a signal is multiplied by
 * - `recurrent`: a matrix that the state before is multiplied by
 * - `bias`: added to pre-activations
 * - `output`: of the output layer, with a column (of its bias, a number) for each symbol
 */
export type Role = 'lookup' | 'input' | 'recurrent' | 'bias' | 'output';

/** One of a cell's gates: H columns of its matrices. */
export interface Gate {
  readonly name: string;
  /** `logistic` gates lie between 0 (shut) and 1 (open). */
  readonly squash: 'logistic' | 'tanh' | 'activation';
  /** What its bias starts from, where that is not drawn. */
  readonly bias?: number;
}

/** A tensor as the module that uses it declares it. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: Role;
  /** Of a layer's tensors: the gates whose columns stand side by side. */
  readonly gates?: readonly Gate[];
}

/** Where a tensor and its gradient lie in memory. */
export interface Parameter {
  readonly value: Address;
  readonly gradient: Address;
}

/** Gives a module the tensors that it declares. Each is declared once, by the module that uses it. */
export interface TensorSource {
  tensor(spec: TensorSpec): Parameter;
}

/** The same, with a prefix before all names. */
export function prefixed(source: TensorSource, prefix: string): TensorSource {
  return { tensor: (spec) => source.tensor({ ...spec, name: prefix + spec.name }) };
}

/** A named tensor's place in the one flat buffer of parameters. */
export interface TensorView extends TensorSpec {
  /** Its name in the whole model, which is the checkpoint's key. */
  readonly name: string;
  /** Its name in its network, the same in every member of an ensemble. */
  readonly tensor: string;
  /** Numbers before it in the buffer. */
  readonly offset: number;
  readonly size: number;
}

/** The tensors that `build` declares, in order. Nothing lies in memory then. */
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

/** The views of tensors that lie one after the other, without gaps, from `start` on. */
export function layOut(specs: readonly TensorSpec[], prefix: string, start: number): TensorView[] {
  let end = start;
  return specs.map((spec) => {
    const offset = end;
    const size = spec.shape.reduce((product, length) => product * length, 1);
    end += size;
    return { ...spec, name: prefix + spec.name, tensor: spec.name, offset, size };
  });
}

/** Tensors by their views: the flat buffer lies at `values`, its gradient at `gradients`. */
export function tensorsAt(
  views: readonly TensorView[],
  values: Address,
  gradients: Address,
  /** Of tensors that products read in place of the tensors themselves, by name. */
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
