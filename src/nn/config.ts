/** The recurrent cells. */
export const CELLS = ['rnn', 'lstm', 'gru'] as const;
export type CellName = (typeof CELLS)[number];

/** Activations of the vanilla RNN. */
export const ACTIVATIONS = ['tanh', 'logistic', 'relu'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** Where the GRU's reset gate acts: before the recurrent product (Cho et al. 2014), or after it (cuDNN, PyTorch). */
export const RESETS = ['before', 'after'] as const;
export type Reset = (typeof RESETS)[number];

/** The most networks of an ensemble, and layers of all of them together: a checkpoint's tensors are bounded, too. */
export const MOST_MEMBERS = 64;
const MOST_LAYERS = 256;

/** What is wrong with the number of layers of all members, if anything is. */
export function layersProblem({ layers, members }: Pick<ModelConfig, 'layers' | 'members'>): string | undefined {
  if (layers * members <= MOST_LAYERS) return undefined;
  return `${members} members of ${layers} layers have ${layers * members} layers, more than ${MOST_LAYERS}`;
}

/** All that decides which parameters a model has and what it computes with them. */
export interface ModelConfig {
  readonly cell: CellName;
  /** Of the vanilla RNN; the gated cells' are fixed. */
  readonly activation: Activation;
  /** Of the GRU. */
  readonly reset: Reset;
  readonly layers: number;
  /** H: units of each layer. */
  readonly hidden: number;
  /** Numbers of a symbol's embedding; 0 feeds symbols in as one-hot rows. */
  readonly embedding: number;
  /** Whether the output layer's matrix is the embedding's transpose (Press & Wolf 2017); the embedding is as wide as a layer then. */
  readonly tied: boolean;
  /** M: networks of this make that predict together; more than one are an ensemble. */
  readonly members: number;
  /** V: size of the vocabulary. */
  readonly symbols: number;
}
