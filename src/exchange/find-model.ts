import type { UserError } from '../errors.ts';
import { CELL_KINDS } from '../nn/cells/index.ts';
import type { ModelConfig } from '../nn/config.ts';
import { configOf, type Sizes, type Unsaid } from './found-config.ts';
import { cellsOf } from './layout.ts';
import { tiedName } from './pytorch.ts';
import { secondBias } from './pytorch-names.ts';
import { refusal } from './refusal.ts';
import { shown, type Tensor, type TensorFile } from './tensor.ts';

/** A model that was found in a file without a description of the model. */
export interface FoundModel {
  readonly config: ModelConfig;
  /** By the names that pytorch.ts gives them. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly notes: readonly string[];
}

/**
 * Finds a language model among tensors, by their names' endings and their shapes:
 *
 * - `weight_ih_l0 [G·H, D]` and its like are the recurrent layers, whatever stands before them: one torch.nn.LSTM, GRU or RNN, or one in each of
 *   `members.0.`, `members.1.`, …;
 * - the output layer is a matrix [V, H], with a bias [V] beside it;
 * - the embedding is a matrix [V, D]. Without one, D must be V: symbols are one-hot.
 *
 * UserError, which says what was found, if the file has anything else.
 */
export function findModel(file: TensorFile, unsaid: Unsaid, name: string): FoundModel {
  const wrong = (found: string) => refusal(name, found);
  const { prefixes, others } = recurrentPrefixes(file, wrong);
  const notes = new Set<string>();
  const found = prefixes.map((prefix) => new MemberSearch(prefix, file, prefixes.length > 1, wrong, notes).find());
  const [first, ...more] = found;
  const different = more.findIndex(({ sizes }) => JSON.stringify(sizes) !== JSON.stringify(first!.sizes));
  if (different >= 0)
    throw wrong(`its member ${different + 1} is of another size than its member 0; all must be alike`);
  const used = new Set(found.flatMap(({ used: names }) => names));
  const left = [...others].find((other) => !used.has(other));
  if (left !== undefined) {
    const tensor = file.tensors.get(left);
    const what = tensor ? shown(tensor) : `${left} (${file.others.get(left)})`;
    throw wrong(
      `the tensor ${what} belongs to no embedding, recurrent layer or output layer; only these can be imported`,
    );
  }
  const { config, notes: guesses } = configOf({ ...first!.sizes, members: prefixes.length }, unsaid, name);
  const tensors = new Map(
    found.flatMap(({ tensors: own }, member) =>
      own.map(([key, tensor]) => [prefixes.length > 1 ? `members.${member}.${key}` : key, tensor] as const),
    ),
  );
  return { config, tensors, notes: [...notes, ...guesses] };
}

/** Refuses a file for what was found in it. */
type Wrong = (found: string) => UserError;

const INPUT_WEIGHT = /^(?<prefix>.*?)weight_ih_l(?<layer>\d+)(?<reverse>_reverse)?$/u;

/** What stands before the names of recurrent modules, and all names of the file. */
function recurrentPrefixes({ tensors, others }: TensorFile, wrong: Wrong): { prefixes: string[]; others: Set<string> } {
  const names = [...tensors.keys(), ...others.keys()];
  const projection = names.find((each) => /weight_hr_l\d+/u.test(each));
  if (projection) throw wrong(`it has ${projection}: an LSTM with a projection, which this program does not have`);
  const matches = names.map((each) => INPUT_WEIGHT.exec(each)?.groups).filter((groups) => groups !== undefined);
  const reverse = matches.find((groups) => groups.reverse);
  if (reverse)
    throw wrong(
      'it has a bidirectional layer (weight_ih_l0_reverse), which a language model cannot have: it would read what it is to predict',
    );
  const prefixes = [...new Set(matches.map(({ prefix }) => prefix!))];
  if (prefixes.length === 0) {
    const some = names.slice(0, 4).join(', ') || 'no tensors';
    throw wrong(`it has no recurrent layer (weight_ih_l0), but ${some}${names.length > 4 ? ', …' : ''}`);
  }
  const areMembers = prefixes.every((prefix, index) => memberOf(prefix) === index);
  if (prefixes.length > 1 && !areMembers) {
    throw wrong(
      `it has ${prefixes.length} recurrent modules (${prefixes.slice(0, 4).join(', ')}); one can be imported`,
    );
  }
  return { prefixes, others: new Set(names) };
}

/** The number of the member that a name belongs to. */
function memberOf(name: string): number | undefined {
  const digits = /(?:^|\.)members\.(\d+)\./u.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Finds the tensors of one network. */
class MemberSearch {
  readonly #prefix: string;
  readonly #file: TensorFile;
  readonly #wrong: Wrong;
  readonly #notes: Set<string>;
  /** Matrices that are no recurrent layer's. */
  readonly #matrices: readonly Tensor[];
  readonly #used: string[] = [];
  readonly #tensors: [string, Tensor][] = [];

  constructor(prefix: string, file: TensorFile, ofSeveral: boolean, wrong: Wrong, notes: Set<string>) {
    this.#prefix = prefix;
    this.#file = file;
    this.#wrong = wrong;
    this.#notes = notes;
    const own = (key: string) => !ofSeveral || memberOf(key) === memberOf(prefix);
    this.#matrices = [...file.tensors.values()].filter(
      ({ name, shape }) => shape.length === 2 && own(name) && !/(?:weight_[ih]h_l\d+)$/u.test(name),
    );
  }

  find(): { sizes: Omit<Sizes, 'members'>; tensors: readonly [string, Tensor][]; used: readonly string[] } {
    const { cell, hidden, layers, inputs } = this.#findLayers();
    const output = this.#findOutput(hidden);
    const symbols = output.shape[0]!;
    const table = this.#findEmbedding(output, inputs);
    const sharesTable = table !== undefined && inputs === hidden && sameNumbers(table, output);
    if (table) this.#take('embedding.weight', table);
    if (sharesTable) this.#used.push(output.name);
    else this.#take(tiedName('embedding.weight'), output);
    this.#take('output.bias', this.#outputBias(output));
    const sizes = { cell, hidden, layers, embedding: table ? inputs : 0, sharesTable, symbols };
    return { sizes, tensors: this.#tensors, used: this.#used };
  }

  #findLayers() {
    const recurrent = this.#require('weight_hh_l0');
    const [width = 0, hidden = 0] = recurrent.shape;
    const cell = cellsOf('PyTorch').find((each) => CELL_KINDS[each].gates.length * hidden === width);
    if (!cell || hidden === 0 || recurrent.shape.length !== 2) {
      throw this.#wrong(`the tensor ${shown(recurrent)} should be [G · H, H] with G = 1 (RNN), 3 (GRU) or 4 (LSTM)`);
    }
    let layers = 0;
    while (this.#file.tensors.has(`${this.#prefix}weight_ih_l${layers}`)) this.#takeLayer(layers++, width);
    const input = this.#require('weight_ih_l0');
    return { cell, hidden, layers, inputs: input.shape[1] ?? 0 };
  }

  #takeLayer(layer: number, width: number): void {
    for (const part of ['weight_ih', 'weight_hh'])
      this.#take(`recurrent.${part}_l${layer}`, this.#require(`${part}_l${layer}`));
    const [first, second] = [`bias_ih_l${layer}`, `bias_hh_l${layer}`].map((key) =>
      this.#file.tensors.get(this.#prefix + key),
    );
    if (!first !== !second) {
      const [there, missing] = first ? ['bias_ih', 'bias_hh'] : ['bias_hh', 'bias_ih'];
      throw this.#wrong(
        `it has ${this.#prefix}${there}_l${layer}, but no ${missing}_l${layer}; save all parameters of the model`,
      );
    }
    if (!first) this.#notes.add('its recurrent layers have no biases; here they are 0');
    const name = `recurrent.bias_ih_l${layer}`;
    this.#take(name, first ?? zeros(width));
    this.#take(secondBias(name), second ?? zeros(width));
  }

  #findOutput(hidden: number): Tensor {
    const candidates = this.#matrices.filter(({ shape }) => shape[1] === hidden);
    const withBias = candidates.filter((each) => this.#biasOf(each));
    const [only, ...more] = withBias.length > 0 ? withBias : candidates.filter(({ name }) => !isNamedEmbedding(name));
    if (!only) throw this.#wrong(`it has no output layer: no matrix [V, ${hidden}], the width of the recurrent layers`);
    if (more.length > 0)
      throw this.#wrong(`${shown(only)} and ${shown(more[0]!)} may both be the output layer; there must be one`);
    return only;
  }

  /** A matrix [V, D]. Where a one-hot model has none, D is V. */
  #findEmbedding(output: Tensor, inputs: number): Tensor | undefined {
    const symbols = output.shape[0]!;
    const [table, ...more] = this.#matrices.filter(
      (each) => each !== output && each.shape[0] === symbols && each.shape[1] === inputs,
    );
    if (more.length > 0)
      throw this.#wrong(`${shown(table!)} and ${shown(more[0]!)} may both be the embedding; there must be one`);
    if (table || inputs === symbols) return table;
    throw this.#wrong(
      `its lowest layer reads ${inputs} numbers, but there is no embedding [${symbols}, ${inputs}] for the ${symbols} symbols of ${shown(output)}`,
    );
  }

  #biasOf({ name, shape }: Tensor): Tensor | undefined {
    if (!name.endsWith('weight')) return undefined;
    const bias = this.#file.tensors.get(name.replace(/weight$/u, 'bias'));
    return bias?.shape.length === 1 && bias.shape[0] === shape[0] ? bias : undefined;
  }

  #outputBias(output: Tensor): Tensor {
    const bias = this.#biasOf(output);
    if (!bias) this.#notes.add('its output layer has no bias; here it is 0');
    return bias ?? zeros(output.shape[0]!);
  }

  #require(key: string): Tensor {
    const tensor = this.#file.tensors.get(this.#prefix + key);
    if (tensor) return tensor;
    const other = this.#file.others.get(this.#prefix + key);
    if (other) throw this.#wrong(`the tensor ${this.#prefix}${key} is of the kind ${other}; save it as float32`);
    throw this.#wrong(`the tensor ${this.#prefix}${key} is missing; save all parameters of the model`);
  }

  #take(key: string, tensor: Tensor): void {
    this.#tensors.push([key, tensor]);
    this.#used.push(tensor.name);
  }
}

function isNamedEmbedding(name: string): boolean {
  return /emb|encoder|lookup/iu.test(name);
}

function zeros(size: number): Tensor {
  return { name: '', shape: [size], values: () => new Float32Array(size) };
}

function sameNumbers(a: Tensor, b: Tensor): boolean {
  const [first, second] = [a.values(), b.values()];
  return first.length === second.length && first.every((value, j) => value === second[j]);
}
