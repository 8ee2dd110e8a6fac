import { UserError } from '../errors.ts';
import type { Address, Floats, Kernels } from '../kernel/contract.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { TrainingPlan } from './program.ts';

// What a run keeps in the kernels' memory from step to step: parameters, the optimizer's moments, and the carried states.

/** The parameters that are validated and saved as the model: their moving average, where one is kept. A view. */
export function viewSavedParameters({ model, average }: TrainingPlan, { floats }: Kernels): Float32Array {
  const { manifest, values } = model.parameters;
  const from = average?.mean ?? values;
  return floats.subarray(from, from + manifest.size) as Float32Array;
}

/** The tensors that resuming needs besides the model, by their names in a checkpoint. The large ones are views. */
export function viewResumeTensors(
  { model, optimizer, average }: TrainingPlan,
  kernels: Kernels,
): Map<string, Float32Array> {
  const { values, manifest } = model.parameters;
  const view = (at: Address): Floats => kernels.floats.subarray(at, at + manifest.size);
  const parameters = average ? [[PARAMETERS_KEY, view(values)] as const] : [];
  const moments = optimizer.moments.map((at, index) => [momentKey(index), view(at)] as const);
  const states = model.saveStates(kernels).map((state, index) => [stateKey(index), state] as const);
  return new Map([...parameters, ...moments, ...states]) as Map<string, Float32Array>;
}

/** Writes the tensors of a checkpoint, the model's and those for resuming, to their places. UserError where one is missing or of another size. */
export function loadTensors(plan: TrainingPlan, kernels: Kernels, checkpoint: Checkpoint): void {
  const { model, optimizer, average } = plan;
  const { parameters, resume } = checkpoint;
  const { manifest, values } = model.parameters;
  const tensor = (key: string, size: number): Float32Array => {
    const found = resume?.tensors.get(key);
    if (found?.length === size) return found;
    throw new UserError(`the checkpoint can't be resumed: ${key} has ${found?.length ?? 0} numbers, not ${size}`);
  };
  kernels.floats.set(average ? tensor(PARAMETERS_KEY, manifest.size) : parameters, values);
  if (average) kernels.floats.set(parameters, average.mean);
  for (const [index, at] of optimizer.moments.entries())
    kernels.floats.set(tensor(momentKey(index), manifest.size), at);
  model.loadStates(
    kernels,
    model.states.map(({ width }, index) => tensor(stateKey(index), model.shape.rows * width)),
  );
}

/** Sets the parameters to these, and all else to what it is before the first update: moments and states are 0, and the average is they. */
export function startAnew(
  { model, optimizer, average }: TrainingPlan,
  kernels: Kernels,
  parameters: Float32Array,
): void {
  const { manifest, values } = model.parameters;
  const { floats } = kernels;
  floats.set(parameters, values);
  for (const at of optimizer.moments) floats.fill(0, at, at + manifest.size);
  for (const { initial, width } of model.states) floats.fill(0, initial, initial + model.shape.rows * width);
  average?.start(kernels);
}

/**
 * Whether all these numbers are finite. A checkpoint can't hold others, and an update may overflow although its loss and its gradient
 * are finite.
 */
export function areTensorsFinite({ model, optimizer }: TrainingPlan, { floats }: Kernels): boolean {
  const { manifest, values } = model.parameters;
  return (
    areFinite(floats, values, manifest.size) &&
    optimizer.moments.every((moment) => areFinite(floats, moment, manifest.size)) &&
    model.states.every(({ initial, width }) => areFinite(floats, initial, model.shape.rows * width))
  );
}

/** x − x is 0 for a finite x, else NaN. */
function areFinite(floats: ArrayLike<number>, at: number, count: number): boolean {
  let sum = 0;
  for (let j = at; j < at + count; j++) sum += floats[j]! - floats[j]!;
  return sum === 0;
}

/** The name of the parameters that training goes on from, where the model's are their average. */
const PARAMETERS_KEY = 'parameters';
const momentKey = (index: number): string => `moment.${index}`;
const stateKey = (index: number): string => `state.${index}`;
