import type { SymbolInput } from './affine.ts';
import { Dropout } from './dropout.ts';
import { Embedding, sharedTable } from './embedding.ts';
import type { Module } from './module.ts';
import { Network, type NetworkPlan } from './network.ts';
import { Recurrent } from './recurrent.ts';
import type { Signal } from './signal.ts';
import { Softmax } from './softmax.ts';
import { Zeros } from './zeros.ts';

/** A language model's network: symbols → (embedding) → recurrent layers → softmax over the next symbol. */
export function languageNetwork(plan: NetworkPlan): Network {
  const { arena, config, shape, dropout, tensors, inputs, keep } = plan;
  const { symbols } = config;
  const zeros = new Zeros(arena);
  const modules: Module[] = [];
  const add = <M extends Module>(module: M): M => {
    modules.push(module);
    return module;
  };
  const dropped = dropoutBetween(plan, add);
  const read: SymbolInput = { ids: inputs, symbols };
  const embedding =
    config.embedding > 0 ? add(new Embedding(arena, tensors, shape, read, config.embedding)) : undefined;
  const layers: Recurrent[] = [];
  let signal = embedding?.output;
  for (let index = 0; index < config.layers; index++) {
    signal = dropped(signal, index === 0 ? dropout.input : dropout.layers);
    const input = signal?.read() ?? read;
    const prefix = `layers.${index}.`;
    const layer = add(new Recurrent({ arena, zeros, shape, config, tensors, prefix, inputs: [input], keep }));
    layers.push(layer);
    signal = layer.output;
  }
  const top = dropped(signal, dropout.output);
  if (!top) throw new RangeError(`a model has at least one layer, not ${config.layers}`);
  const table = sharedTable(config, embedding);
  const output = add(new Softmax({ arena, zeros, shape, tensors, inputs: [top], symbols, embedding: table }));
  return new Network({ decoder: modules }, layers, output);
}

/** Adds dropout after a signal, unless its probability is 0. Symbols are not a signal, so nothing of them is dropped. */
function dropoutBetween({ arena, config, shape, dropout, member }: NetworkPlan, add: (module: Dropout) => Dropout) {
  // Every place of every member has a number of its own. These are negative, because DropConnect's are the offsets of tensors.
  const firstSite = -1 - member * (config.layers + 1);
  let place = 0;
  return (signal: Signal | undefined, probability: number): Signal | undefined => {
    const site = firstSite - place++;
    if (!signal || probability === 0) return signal;
    return add(new Dropout(signal, { arena, shape, probability, variational: dropout.variational, site })).output;
  };
}
