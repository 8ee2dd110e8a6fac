import { inOption, message, option, UsageError, UserError } from '../../errors.ts';
import { CELL_KINDS } from '../../nn/cells/index.ts';
import type { ModelConfig } from '../../nn/config.ts';
import { Manifest } from '../../nn/manifest.ts';
import { parseOptions } from '../../schema.ts';
import type { Text } from '../../text/text.ts';
import type { Vocabulary } from '../../text/vocabulary.ts';
import { norm } from '../norm.ts';
import { backpropagated, centralDifferences, copyDifferences, type SampledDerivatives } from './checks.ts';
import {
  explicitGradients,
  type ShortText,
  type SumOverSteps,
  sumOverSteps,
  type Unfolded,
  unfold,
} from './explicit.ts';
import { networkMatrices, type StatePart, statePartsOf } from './network-step.ts';
import { type BpttOptions, bpttSchema } from './options.ts';

/** The most losses: the table has a row and a column for each. */
const MOST_LOSSES = 32;

/** The most numbers of a state: ∂s_t/∂s_k has the square of it for each pair of steps. */
const MOST_STATE = 512;

/** A model that is one network, and its symbols. */
export interface BpttSubject {
  readonly config: ModelConfig;
  readonly parameters: ArrayLike<number>;
  readonly vocabulary: Vocabulary;
}

/** One tensor's gradient, three times. */
export interface GradientCheck {
  readonly tensor: string;
  readonly shape: readonly number[];
  /** ∂L/∂θ, flat: by the explicit sum over k, and by the trainer's backward pass. */
  readonly explicit: Float64Array;
  readonly backpropagated: Float64Array;
  readonly differences: SampledDerivatives;
  /** The greatest difference from the explicit sum: of the backward pass, and of the central differences. */
  readonly error: { readonly backpropagated: number; readonly differences: number };
}

/** What a truncation after τ steps leaves of ∂L_t/∂W, and what it drops. */
export interface Truncation {
  readonly steps: number;
  /** [t] ‖what is dropped‖. */
  readonly dropped: readonly number[];
  /** ‖what is dropped of ∂L/∂W‖. */
  readonly droppedTotal: number;
  readonly kept: SumOverSteps;
}

/** ∂L/∂W_k of the copy of W that step k has. */
export interface CopyGradients {
  readonly differences: readonly SampledDerivatives[];
  /** The greatest difference between the explicit sum and central differences. */
  readonly error: number;
}

/** Backpropagation through time, written out for one short text. Steps are counted from 0 in arrays. */
export interface BpttExamination {
  readonly text: ShortText;
  readonly parts: readonly StatePart[];
  readonly unfolded: Unfolded;
  /** Σ_t L_t in nats. */
  readonly loss: number;
  readonly sum: SumOverSteps;
  readonly checks: readonly GradientCheck[];
  readonly truncation?: Truncation;
  readonly copies?: CopyGradients;
}

/**
 * ∂L_t/∂W = Σ_{k ≤ t} ∂L_t/∂s_t · ∂s_t/∂s_k · ∂⁺s_k/∂W for every loss of a short text, in float64, where ∂⁺ treats s_{k−1} as a constant. s is
 * the state of all layers: each layer's h and, of an LSTM, its c. The sums are checked by the trainer's backward pass and by central
 * differences.
 *
 * The text's first symbol is given and its state before that is 0: *deep* has the inputs d e e p and the targets e e p `<stop>`. A stream has no
 * `<stop>`: its targets are e e p.
 *
 * UserError for a model that is too large, and for an ensemble. UsageError for a text that is too long or too short, or has an unknown symbol, and
 * for a tensor that no state depends on directly.
 */
export function examineBptt(subject: BpttSubject, text: Text, options: BpttOptions = {}): BpttExamination {
  const { truncate, start, copies, samples, tensor = 'layers.0.recurrent' } = parseOptions(bpttSchema, options);
  const { config, parameters, vocabulary } = subject;
  requireSmall(config);
  requireTensor(config, tensor);
  const short = shortText(text, vocabulary, start);
  const unfolded = unfold(networkMatrices(config, parameters), short);
  const sum = sumOverSteps(unfolded, tensor);
  return {
    text: short,
    parts: statePartsOf(config),
    unfolded,
    loss: unfolded.losses.reduce((total, loss) => total + loss, 0),
    sum,
    checks: checkGradients(unfolded, parameters, samples),
    ...(truncate === undefined ? {} : { truncation: truncation(unfolded, sum, truncate) }),
    ...(copies ? { copies: checkCopies(unfolded, parameters, sum, samples) } : {}),
  };
}

/** The symbols that are read and predicted. UsageError where there are none, too many, or one that the model doesn't know. */
function shortText(text: Text, vocabulary: Vocabulary, start: boolean): ShortText {
  const ids = [...inOption('text', () => vocabulary.encode(text))];
  const { stop } = vocabulary;
  if (start && stop === undefined) {
    throw new UsageError(message`${option('start')} needs a model of lines; the model of a stream has no <stop>`);
  }
  const first = start && stop !== undefined ? [stop] : [];
  const all = [...first, ...ids, ...(stop === undefined ? [] : [stop])];
  requireLength(ids.length, stop !== undefined);
  if (all.length - 1 > MOST_LOSSES) {
    throw new UsageError(
      `the text has ${all.length - 1} losses, more than the table’s limit of ${MOST_LOSSES}; give a shorter text`,
    );
  }
  return { inputs: all.slice(0, -1), targets: all.slice(1) };
}

/** UsageError where a text of so many symbols has nothing to predict. */
export function requireLength(symbols: number, hasStop: boolean): void {
  if (symbols >= (hasStop ? 1 : 2)) return;
  const needed = hasStop ? 'one symbol' : 'two symbols, because the first is given';
  throw new UsageError(
    `the text has ${symbols} ${symbols === 1 ? 'symbol' : 'symbols'}; give a text of at least ${needed}`,
  );
}

function requireSmall({ members, cell, layers, hidden }: ModelConfig): void {
  if (members > 1) {
    throw new UserError(
      `the model is an ensemble of ${members} networks, which have a state each; give a model of one network`,
    );
  }
  const size = layers * hidden * CELL_KINDS[cell].states.length;
  if (size > MOST_STATE) {
    throw new UserError(
      `the model’s state has ${size} numbers, more than the limit of ${MOST_STATE}; give a model with fewer units or layers`,
    );
  }
}

function requireTensor(config: ModelConfig, tensor: string): void {
  const names = new Manifest(config).views.filter(({ role }) => role !== 'output').map(({ name }) => name);
  if (names.includes(tensor)) return;
  throw new UsageError(message`${option('tensor')} must be one of ${names.join(', ')}, not ${tensor}`);
}

function checkGradients(unfolded: Unfolded, parameters: ArrayLike<number>, samples: number): GradientCheck[] {
  const { network, text } = unfolded;
  const { config, manifest } = network;
  const explicit = explicitGradients(unfolded);
  const backward = backpropagated(config, parameters, text);
  const numeric = centralDifferences(config, parameters, text, samples);
  return manifest.views.map(({ name, shape }) => {
    const [own, other, differences] = [explicit.get(name)!, backward.get(name)!, numeric.get(name)!];
    return {
      tensor: name,
      shape,
      explicit: own,
      backpropagated: other,
      differences,
      error: { backpropagated: greatestDifference(own, other), differences: sampledError(own, differences) },
    };
  });
}

function truncation(unfolded: Unfolded, whole: SumOverSteps, steps: number): Truncation {
  const kept = sumOverSteps(unfolded, whole.tensor, steps);
  const rest = (all: Float64Array, part: Float64Array): number => norm(all.map((value, at) => value - part[at]!));
  return {
    steps,
    dropped: whole.byLoss.map((all, t) => rest(all, kept.byLoss[t]!)),
    droppedTotal: rest(whole.total, kept.total),
    kept,
  };
}

function checkCopies(
  unfolded: Unfolded,
  parameters: ArrayLike<number>,
  sum: SumOverSteps,
  samples: number,
): CopyGradients {
  const { network, text } = unfolded;
  const differences = copyDifferences(network.config, parameters, text, sum.tensor, samples);
  return { differences, error: Math.max(...differences.map((each, k) => sampledError(sum.byCopy[k]!, each))) };
}

function sampledError(exact: Float64Array, { places, values }: SampledDerivatives): number {
  return values.reduce((most, value, index) => Math.max(most, Math.abs(value - exact[places[index]!]!)), 0);
}

function greatestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);
}
