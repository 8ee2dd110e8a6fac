import { inOption, message, option, UsageError, UserError } from '../errors.ts';
import type { ModelConfig } from '../nn/config.ts';
import { parseOptions } from '../schema.ts';
import type { Text } from '../text/text.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { CellState, Vector } from './bptt/cell-step.ts';
import { forwardStep, networkMatrices, zeroStates } from './bptt/network-step.ts';
import { FOLLOWED } from './followed.ts';
import { type GateStepsOptions, gateStepsSchema } from './gate-steps-options.ts';
import type { Table } from './table.ts';

/** The most symbols that are followed. */
const MOST_SYMBOLS = 10_000;

/** What one unit does at one symbol. */
export interface GateStep {
  /** Of the symbol that is read; a line begins with `<stop>`. */
  readonly id: number;
  /** In the order of `names`. */
  readonly values: readonly number[];
}

/** A unit, step by step. */
export interface GateSteps {
  readonly layer: number;
  readonly unit: number;
  /** What is followed: f, i, C̃, C, o, h of an LSTM; r, z, h̃, h of a GRU; h of a vanilla RNN. */
  readonly names: readonly string[];
  /** Which of them lie between 0 (shut) and 1 (open). */
  readonly isGate: readonly boolean[];
  readonly steps: readonly GateStep[];
}

/**
 * The gates and states of one unit after each symbol of a text, in float64, from a state of 0. A model of lines reads `<stop>` first, as in training.
 * UsageError for a layer or unit that the model does not have, and for a text that is empty, too long, or has an unknown symbol. UserError for an
 * ensemble.
 */
export function gateSteps(
  model: { readonly config: ModelConfig; readonly parameters: ArrayLike<number>; readonly vocabulary: Vocabulary },
  text: Text,
  options: GateStepsOptions = {},
): GateSteps {
  const { layer, unit } = parseOptions(gateStepsSchema, options);
  const { config, parameters, vocabulary } = model;
  if (config.members > 1) {
    throw new UserError(
      `the model is an ensemble of ${config.members} networks, each with its own gates; give a model of one network`,
    );
  }
  if (layer > config.layers) {
    throw new UsageError(
      message`${option('layer')} ${layer} is more than the model’s ${config.layers}; give a smaller one`,
    );
  }
  if (unit > config.hidden) {
    throw new UsageError(
      message`${option('unit')} ${unit} is more than the ${config.hidden} units of a layer; give a smaller one`,
    );
  }
  const read = [...inOption('text', () => vocabulary.encode(text))];
  const ids = vocabulary.stop === undefined ? read : [vocabulary.stop, ...read];
  if (read.length === 0) throw new UsageError('the text is empty; give a text of at least one symbol');
  if (ids.length > MOST_SYMBOLS)
    throw new UsageError(`the text has ${read.length} symbols, more than ${MOST_SYMBOLS}; give a shorter text`);
  const followed = FOLLOWED[config.cell];
  const network = networkMatrices(config, parameters);
  let states: readonly CellState[] = zeroStates(config);
  const steps = ids.map((id): GateStep => {
    const cells = forwardStep(network, id, states);
    states = cells.map(({ after }) => after);
    const { gates, after } = cells[layer - 1]!;
    const known: Readonly<Record<string, Vector>> = { ...gates, h: after.h, ...(after.c ? { c: after.c } : {}) };
    return { id, values: followed.map(({ key }) => known[key]![unit - 1]!) };
  });
  return {
    layer,
    unit,
    names: followed.map(({ name }) => name),
    isGate: followed.map(({ isGate }) => isGate),
    steps,
  };
}

/** A row a symbol. */
export function gateTable({ layer, unit, names, steps }: GateSteps, vocabulary: Vocabulary): Table {
  return {
    title: `Layer ${layer}, unit ${unit}, after each symbol`,
    header: ['reads', ...names],
    rows: steps.map(({ id, values }) => [vocabulary.label(id), ...values.map((value) => value.toFixed(3))]),
  };
}
