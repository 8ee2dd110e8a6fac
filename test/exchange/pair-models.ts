import { unknownRun } from '../../src/exchange/metadata.ts';
import { toOnnx, toOnnxFolder } from '../../src/exchange/onnx-export.ts';
import { TRANSDUCER_FILES, type TransducerGraphs } from '../../src/exchange/onnx-graphs.ts';
import type { Checkpoint, Json } from '../../src/nn/checkpoint.ts';
import { ATTENTIONS, type ModelConfig, modelSchema } from '../../src/nn/config.ts';
import { Random } from '../../src/random.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';
import { toJson } from '../../src/training/record.ts';
import { VARIANTS } from '../helpers/network.ts';
import { WholePairRun } from '../helpers/pair-models.ts';
import { joined, livelyModel, randomSymbols } from './models.ts';

/** Symbols of sources; they differ from those of targets, and from all widths. */
const SOURCE_SYMBOLS = 7;
const SYMBOLS = 5;

type Options = Parameters<typeof modelSchema.parse>[0] & object;

/** Models of every task, with each choice that a model of pairs has. */
export const PAIR_MODELS: readonly { readonly label: string; readonly config: ModelConfig }[] = [
  ...[
    { label: 'tagger, LSTM, 2 layers', task: 'tag', cell: 'lstm', layers: 2 },
    { label: 'tagger, GRU, fused, embedding', task: 'tag', cell: 'gru', layers: 2, fusion: 'tanh', embedding: 3 },
    { label: 'tagger, relu RNN, backwards', task: 'tag', cell: 'rnn', activation: 'relu', oneWay: true, reverse: true },
    { label: 'classifier, GRU, 2 layers, embedding', task: 'classify', cell: 'gru', layers: 2, embedding: 3 },
    { label: 'classifier, LSTM, fused', task: 'classify', cell: 'lstm', layers: 2, fusion: 'tanh' },
    { label: 'classifier, tanh RNN, ensemble', task: 'classify', cell: 'rnn', members: 2 },
    { label: 'classifier, LSTM, one direction', task: 'classify', cell: 'lstm', oneWay: true },
    { label: 'transducer, LSTM, no attention', task: 'transduce', cell: 'lstm', layers: 2, attention: 'none' },
    { label: 'transducer, GRU, dot, embedding', task: 'transduce', cell: 'gru', layers: 2, embedding: 3 },
    { label: 'transducer, LSTM, dot, tied', task: 'transduce', cell: 'lstm', embedding: 4, tied: true },
    { label: 'transducer, RNN, dot, one direction', task: 'transduce', cell: 'rnn', oneWay: true },
    {
      ...{ label: 'transducer, LSTM, additive, fused, context', task: 'transduce', cell: 'lstm', layers: 2 },
      ...{ attention: 'additive', fusion: 'tanh', context: 'every', embedding: 3 },
    },
    {
      ...{ label: 'transducer, GRU, no attention, context, reversed source', task: 'transduce', cell: 'gru' },
      ...{ attention: 'none', context: 'every', oneWay: true, reverse: true, embedding: 3 },
    },
    {
      ...{ label: 'transducer, LSTM, no attention, context, ensemble', task: 'transduce', cell: 'lstm' },
      ...{ attention: 'none', context: 'every', members: 2 },
    },
    {
      ...{ label: 'transducer, relu RNN, additive, one direction', task: 'transduce', cell: 'rnn', activation: 'relu' },
      ...{ attention: 'additive', oneWay: true },
    },
  ],
].map(({ label, task, fusion, oneWay, reverse, context, attention, ...options }: Case) => ({
  label,
  config: configOf({
    ...{ layers: 1, hidden: 4, reset: 'after', ...options },
    pairs: { task, fusion, context, attention, bidirectional: !oneWay, reverseSource: reverse },
  }),
}));

/** Transducers of every cell with every attention and context, in one direction and in both. */
export const TRANSDUCERS: typeof PAIR_MODELS = VARIANTS.flatMap(({ label: cell, ...variant }) =>
  ATTENTIONS.flatMap((attention) =>
    (['first', 'every'] as const).flatMap((context) =>
      [true, false].map((bidirectional) => ({
        label: `${cell}, ${attention}, ${context}, ${bidirectional ? 'both directions' : 'one direction'}`,
        config: configOf({
          ...{ ...variant, layers: 1, hidden: 4 },
          pairs: { task: 'transduce', attention, context, bidirectional },
        }),
      })),
    ),
  ),
);

interface Case {
  readonly label: string;
  readonly task: string;
  readonly oneWay?: boolean;
  readonly reverse?: boolean;
  readonly [key: string]: unknown;
}

/** The configuration of a model of pairs, with the sizes of vocabularies that all models here have. */
export function configOf(options: Options): ModelConfig {
  return { ...modelSchema.parse(options), symbols: SYMBOLS, sourceSymbols: SOURCE_SYMBOLS };
}

/** A configuration that a seed draws from all that a model of pairs may have. */
export function drawnPairConfig(seed: number): ModelConfig {
  const random = new Random(`pairs/${seed}`);
  const one = <T>(...choices: readonly T[]): T => choices[random.integer(choices.length)]!;
  for (;;) {
    const { label: _, ...cell } = one(...VARIANTS);
    const sizes = { layers: one(1, 2, 3), hidden: one(3, 4), embedding: one(0, 3, 4), members: one(1, 1, 2) };
    const pairs = {
      task: one('tag', 'classify', 'transduce'),
      bidirectional: one(true, true, false),
      fusion: one('concatenate', 'tanh'),
      reverseSource: one(true, false),
      context: one('first', 'every'),
      attention: one('none', 'dot', 'additive'),
    };
    const found = modelSchema.safeParse({ ...cell, ...sizes, tied: one(true, false), pairs });
    if (found.success) return { ...found.data, symbols: SYMBOLS, sourceSymbols: SOURCE_SYMBOLS };
  }
}

/** A checkpoint of a model of pairs with random numbers. */
export function pairCheckpointOf(config: ModelConfig, seed = 1): Checkpoint {
  const { parameters } = livelyModel(config, seed);
  const { sourceSymbols = 0, ...model } = config;
  const vocabularies = {
    source: vocabularyOf(sourceSymbols, false),
    target: vocabularyOf(config.symbols, config.pairs?.task === 'transduce'),
  };
  const { corpus, ...run } = unknownRun(model, vocabularies.target) as { corpus: object };
  const vocabulary: Json = toJson({ source: vocabularies.source.toJSON(), target: vocabularies.target.toJSON() });
  const record = toJson({ ...run, corpus: { ...corpus, mode: 'pairs', columns: [1, 2] } });
  return { model: config, vocabulary, run: record, parameters, resume: undefined };
}

/** A source, and what is read of its target: `<stop>` first, of a transducer. Of a tagger, as many places as the source has. */
export function pairOf({ pairs, symbols }: ModelConfig): IdPair {
  const source = randomSymbols(23, SOURCE_SYMBOLS);
  if (pairs?.task === 'transduce') return { source, target: [0, ...randomSymbols(18, symbols)] };
  return { source, target: pairs?.task === 'tag' ? source.map(() => 0) : [0] };
}

/** A model of pairs as ONNX: a transducer's two files, or the one of a tagger or a classifier. */
export function onnxOf(checkpoint: Checkpoint): Uint8Array | TransducerGraphs<Uint8Array> {
  return checkpoint.model.pairs?.task === 'transduce' ? transducerFiles(checkpoint) : toOnnx(checkpoint);
}

/** The bytes of both files of a transducer as ONNX. */
export function transducerFiles(checkpoint: Checkpoint): TransducerGraphs<Buffer> {
  const files = toOnnxFolder(checkpoint);
  const { encoder, decoder } = TRANSDUCER_FILES;
  return { encoder: joined(files.get(encoder)!), decoder: joined(files.get(decoder)!) };
}

interface IdPair {
  readonly source: readonly number[];
  readonly target: readonly number[];
}

/** Our log-probabilities [T][V] of a pair, of `pairOf` if none is given. */
export function logsOf({ model, parameters }: Checkpoint, { source, target }: IdPair = pairOf(model)): number[][] {
  return new WholePairRun({ config: model, parameters }, source.length, target.length).logs(source, target);
}

function vocabularyOf(size: number, stop: boolean): Vocabulary {
  const symbols = Array.from({ length: size - Number(stop) }, (_, id) => String.fromCodePoint(97 + id));
  return Vocabulary.fromJSON({ unit: 'codepoint', stop, unknown: false, symbols });
}
