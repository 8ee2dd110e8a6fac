import { Random } from '../random.ts';
import type { Initializer, ModelConfig } from './config.ts';
import { Manifest, type TensorView } from './parameters.ts';

/** Of the LSTM: remembering is the default before anything is learned (Jozefowicz et al. 2015). */
const FORGET_BIAS = 1;

/**
 * Fills the flat buffer of parameters. Every number is uniform in ±1/√H, as in PyTorch's recurrent and (for H inputs) linear
 * layers, but for:
 *
 * - embeddings, normal with mean 0 and variance 1, as PyTorch's; and U of one-hot symbols, whose rows are embeddings in all
 *   but name. (With U uniform, too, symbols are whispered beside the recurrence: an LSTM of 2 × 128 had a validation loss of 2.00 nats
 *   on tiny Shakespeare after 1,500 steps, against 1.57 so.)
 * - the LSTM's forget biases, which are 1;
 * - with `identity`, every square block of the recurrent matrices, which is the identity, and the layers' biases, which are
 *   0 (the forget biases stay 1).
 *
 * The members of an ensemble are drawn one after the other, so the first starts as the same model would alone.
 */
export function initialize(
  values: { [index: number]: number },
  manifest: Manifest,
  config: ModelConfig,
  random: Random,
  initializer: Initializer = 'uniform',
): void {
  for (const view of manifest.views) {
    const draw = drawFor(view, config, random);
    const make = initializer === 'identity' ? identityFor(view, config) : undefined;
    for (let j = 0; j < view.size; j++) values[view.offset + j] = make ? make(j) : draw(j);
  }
}

/** Parameters as a training run of this seed would start from. */
export function freshParameters(config: ModelConfig, seed: string): Float32Array {
  const manifest = new Manifest(config);
  const parameters = new Float32Array(manifest.size);
  initialize(parameters, manifest, config, new Random(`${seed}/parameters`));
  return parameters;
}

function drawFor(
  { tensor }: TensorView,
  { cell, hidden, embedding }: ModelConfig,
  random: Random,
): (j: number) => number {
  const bound = 1 / Math.sqrt(hidden);
  const uniform = (): number => (2 * random.next() - 1) * bound;
  if (tensor === 'embedding' || (tensor === 'layers.0.input' && embedding === 0)) return () => normal(random);
  if (cell === 'lstm' && tensor.endsWith('.bias') && tensor.startsWith('layers.')) {
    return (j) => (isForgetGate(j, hidden) ? FORGET_BIAS : uniform());
  }
  return uniform;
}

function identityFor(
  { tensor, shape }: TensorView,
  { cell, hidden }: ModelConfig,
): ((j: number) => number) | undefined {
  const columns = shape[1] ?? 0;
  if (tensor.endsWith('.recurrent')) return (j) => (Math.floor(j / columns) === (j % columns) % hidden ? 1 : 0);
  if (tensor.startsWith('layers.') && tensor.endsWith('bias')) {
    return (j) => (cell === 'lstm' && isForgetGate(j, hidden) ? FORGET_BIAS : 0);
  }
  return undefined;
}

/** Whether column j of an LSTM's gates belongs to f, the second of four. */
function isForgetGate(j: number, hidden: number): boolean {
  return j >= hidden && j < 2 * hidden;
}

/** Standard normal (Box & Muller 1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
