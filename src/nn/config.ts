import * as z from 'zod';
import { message, option } from '../errors.ts';
import { rule } from '../schema.ts';
import { CELLS } from './cells/index.ts';
import { ACTIVATIONS, RESETS } from './cells/options.ts';

export { CELLS, type CellName } from './cells/index.ts';
export { ACTIVATIONS, type Activation, RESETS, type Reset } from './cells/options.ts';

/** How recurrent matrices start: as PyTorch's, or as the identity (Le, Jaitly & Hinton 2015, for relu). */
export const INITIALIZERS = ['uniform', 'identity'] as const;
export type Initializer = (typeof INITIALIZERS)[number];

/** The most layers of all members together, so that the number of a checkpoint's tensors is bounded. */
const MOST_LAYERS = 256;

/**
 * Everything that decides which parameters a model has and what it computes with them, but for the size of its vocabulary, which the
 * text decides. This is the one declaration of these fields: the checkpoint, the library and the command line read it.
 */
export const modelSchema = z
  .strictObject({
    cell: z.enum(CELLS).default('lstm').describe('recurrent cell'),
    activation: z.enum(ACTIVATIONS).default('tanh').describe('σ of the vanilla RNN'),
    reset: z
      .enum(RESETS)
      .default('before')
      .describe(
        'where the reset gate of the GRU acts: before the recurrent product (Cho et al. 2014) or after it (cuDNN, PyTorch)',
      ),
    layers: z.int().min(1).max(64).default(2).describe('recurrent layers, each of which reads the one below'),
    hidden: z.int().min(1).max(32_768).default(128).describe('H: units of a layer'),
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
  );

/** What a model may be made with: each field has a default. */
export type ModelOptions = z.input<typeof modelSchema>;

/** The fields of `modelSchema`, and V, the size of the vocabulary. */
export type ModelConfig = Readonly<z.output<typeof modelSchema>> & { readonly symbols: number };
