import type { KernelChoice } from '../../src/kernel/choose.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { initialize } from '../../src/nn/initializers.ts';
import { Manifest } from '../../src/nn/manifest.ts';
import { Stepper } from '../../src/nn/stepper.ts';
import { Random } from '../../src/random.ts';
import { SMALL } from './network.ts';

/** A model without a trainer: what a checkpoint holds of it. */
export interface TinyModel {
  readonly config: ModelConfig;
  readonly parameters: Float32Array;
}

export const JS: KernelChoice = { name: 'js', reason: '' };

export function stepperOf({ config, parameters }: TinyModel, rows: number, choice: KernelChoice = JS): Stepper {
  return new Stepper(choice, config, parameters, rows);
}

/** Randomly initialised, then multiplied by `scale`: the larger, the more peaked are the distributions. */
export function randomModel(part: Partial<ModelConfig>, seed: number, scale = 1): TinyModel {
  const config = { ...SMALL, ...part };
  const manifest = new Manifest(config);
  const parameters = new Float32Array(manifest.size);
  initialize(parameters, manifest, config, new Random(seed));
  return { config, parameters: parameters.map((value) => value * scale) };
}

/** A model of one network that has the numbers of an ensemble's member. */
export function memberOf({ config, parameters }: TinyModel, member: number): TinyModel {
  const alone = { ...config, members: 1 };
  const { size } = new Manifest(alone);
  return { config: alone, parameters: parameters.slice(member * size, (member + 1) * size) };
}

/** Every symbol is as likely as every other, always. */
export function uniformModel(symbols: number): TinyModel {
  return markovModel(Array.from({ length: symbols }, () => Array<number>(symbols).fill(0)));
}

/**
 * After symbol s the logits are table[s], to the bit in float32, whatever was read before: a relu RNN whose state is the
 * one-hot row of the last symbol. The numbers must be finite.
 */
export function markovModel(table: readonly (readonly number[])[]): TinyModel {
  const symbols = table.length;
  const model = emptyModel({ hidden: symbols, symbols });
  for (let s = 0; s < symbols; s++) put(model, 'layers.0.input', s, s, 1);
  writeTable(model, table, 0);
  return model;
}

/**
 * After i + 1 symbols the logits are tables[i], to the bit in float32, whatever the symbols were: a relu RNN with a shift
 * register. Unit 0 counts the symbols read; unit 1 is 1 after the first alone, and unit i + 1 takes up unit i.
 */
export function scriptedModel(tables: readonly (readonly number[])[]): TinyModel {
  const model = emptyModel({ hidden: tables.length + 1, symbols: tables[0]?.length ?? 0 });
  put(model, 'layers.0.bias', 0, 0, 1);
  put(model, 'layers.0.recurrent', 0, 0, 1);
  put(model, 'layers.0.bias', 0, 1, 1);
  put(model, 'layers.0.recurrent', 0, 1, -1);
  for (let unit = 1; unit < tables.length; unit++) put(model, 'layers.0.recurrent', unit, unit + 1, 1);
  writeTable(model, tables, 1);
  return model;
}

/** Says one text after the first symbol read, with a probability of all but 1. */
export function recitingModel(text: readonly number[], symbols: number): TinyModel {
  return scriptedModel(text.map((id) => Array.from({ length: symbols }, (_, other) => (other === id ? 100 : 0))));
}

function emptyModel(part: Pick<ModelConfig, 'hidden' | 'symbols'>): TinyModel {
  const config: ModelConfig = { ...SMALL, ...part, cell: 'rnn', activation: 'relu' };
  return { config, parameters: new Float32Array(new Manifest(config).size) };
}

function writeTable(model: TinyModel, table: readonly (readonly number[])[], firstUnit: number): void {
  for (const [row, logits] of table.entries()) {
    for (const [id, logit] of logits.entries()) put(model, 'output.weight', firstUnit + row, id, logit);
  }
}

function put({ config, parameters }: TinyModel, name: string, row: number, column: number, value: number): void {
  const { shape, offset } = new Manifest(config).view(name);
  parameters[offset + row * (shape.at(-1) ?? 0) + column] = value;
}
