import * as z from 'zod';
import { message, option } from '../errors.ts';
import { PAIR_TASKS } from '../pair-task.ts';
import { rule } from '../schema.ts';
import { CELLS } from './cells/index.ts';
import { ACTIVATIONS, RESETS } from './cells/options.ts';

export { CELLS, type CellName } from './cells/index.ts';
export { ACTIVATIONS, type Activation, RESETS, type Reset } from './cells/options.ts';

/** How a decoder attends to the source. */
export const ATTENTIONS = ['none', 'dot', 'additive'] as const;

/** What only a model of pairs has: a model that reads a source and predicts its target. */
export const pairModelSchema = z
  .strictObject({
    task: z.enum(PAIR_TASKS).describe('what is predicted: a sequence, a label for each symbol, or one label'),
    bidirectional: z.boolean().default(true).describe('read the source in both directions (Schuster & Paliwal 1997)'),
    fusion: z
      .enum(['concatenate', 'tanh'])
      .default('concatenate')
      .describe('how the two directions join: side by side, or as tanh(W_f h_f + W_b h_b + b)'),
    reverseSource: z
      .boolean()
      .default(false)
      .describe('read the source from its end to its start (Sutskever et al. 2014), in one direction only'),
    context: z
      .enum(['first', 'every'])
      .default('first')
      .describe(
        'the encoder’s last state is the decoder’s first state; every: it is read at every step, too (Cho et al. 2014)',
      ),
    attention: z
      .enum(ATTENTIONS)
      .default('dot')
      .describe('how the decoder attends to the source (dot: Luong et al. 2015; additive: Bahdanau et al. 2015)'),
  })
  .superRefine(
    rule(({ bidirectional, fusion, reverseSource }) => {
      if (bidirectional && reverseSource) {
        return message`${option('reverseSource')} reads in one direction, and ${option('bidirectional')} in both; leave one out`;
      }
      if (!bidirectional && fusion === 'tanh') {
        return message`${option('fusion')} tanh joins two directions; give ${option('bidirectional')}, too`;
      }
      return undefined;
    }),
  );

/** What recurrent matrices start from: a uniform distribution, as in PyTorch, or the identity (Le, Jaitly & Hinton 2015, for relu). */
export const INITIALIZERS = ['uniform', 'identity'] as const;
export type Initializer = (typeof INITIALIZERS)[number];

/** The most layers of all members together. It bounds the number of tensors in a checkpoint. */
const MOST_LAYERS = 256;

/**
 * Everything that decides which parameters a model has and what it computes with them, except the size of its vocabulary: the text decides
 * that. This is the one declaration of these fields. The checkpoint, the library and the command line all read it.
 */
export const modelSchema = z
  .strictObject({
    cell: z.enum(CELLS).default('gru').describe('recurrent cell'),
    activation: z.enum(ACTIVATIONS).default('tanh').describe('σ of the vanilla RNN'),
    reset: z
      .enum(RESETS)
      .default('before')
      .describe(
        'where the reset gate of the GRU acts: before the recurrent product (Cho et al. 2014) or after it (cuDNN, PyTorch)',
      ),
    layers: z.int().min(1).max(64).default(2).describe('recurrent layers, each of which reads the one below'),
    hidden: z.int().min(1).max(32_768).default(192).describe('H: units of a layer'),
    embedding: z
      .int()
      .min(0)
      .max(32_768)
      .default(0)
      .describe('numbers of a symbol’s embedding; 0 reads symbols as one-hot rows'),
    tied: z
      .boolean()
      .default(false)
      .describe('use the embedding’s transpose as the output layer’s matrix (Press & Wolf 2017)'),
    members: z.int().min(1).max(64).default(1).describe('networks of this size that predict together: an ensemble'),
    pairs: pairModelSchema.optional().describe('of a model of pairs; a language model has none'),
  })
  .superRefine(
    rule(({ tied, embedding, hidden }) => {
      if (!tied || embedding === hidden) return undefined;
      return message`${option('tied')} needs embeddings as wide as a layer: ${option('embedding')} is ${embedding}, ${option('hidden')} ${hidden}; make them equal`;
    }),
  )
  .superRefine(
    rule(({ layers, members }) => {
      if (layers * members <= MOST_LAYERS) return undefined;
      return message`${members} members of ${layers} layers have ${layers * members} layers, more than ${MOST_LAYERS}; lower ${option('members')} or ${option('layers')}`;
    }),
  )
  .superRefine(
    rule(({ tied, pairs }) => {
      if (!tied || !pairs) return undefined;
      if (pairs.task === 'transduce' && pairs.context === 'first') return undefined;
      return message`${option('tied')} needs an output that reads the state alone and has the vocabulary of the input; leave it out`;
    }),
  );

/** What a model can be told. Each field has a default. */
export type ModelOptions = z.input<typeof modelSchema>;

/** The fields of `modelSchema`, and the sizes of the vocabularies. */
export type ModelConfig = Readonly<z.output<typeof modelSchema>> & {
  /** V: the symbols that the model predicts. A language model reads the same ones. */
  readonly symbols: number;
  /** The symbols of the source of a model of pairs. */
  readonly sourceSymbols?: number | undefined;
};

export type PairModelConfig = Readonly<z.output<typeof pairModelSchema>>;

/** Whether the output layer uses the embedding's table, too (Press & Wolf 2017). */
export function sharesTable({ tied }: Pick<ModelConfig, 'tied'>): boolean {
  return tied;
}

/** The configuration of a model whose tensors were found in a file of another program; they show whether the table is shared. */
export function parseFoundModel({
  symbols: _,
  sharesTable: tied,
  ...known
}: Partial<ModelConfig> & { readonly sharesTable: boolean }) {
  return modelSchema.safeParse({ ...known, tied });
}
