/** Activations σ of the vanilla RNN. */
export const ACTIVATIONS = ['tanh', 'logistic', 'relu', 'linear'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** Where the GRU's reset gate acts: before the recurrent product (Cho et al. 2014), or after it (cuDNN, PyTorch). */
export const RESETS = ['before', 'after'] as const;
export type Reset = (typeof RESETS)[number];

/** What some kinds of cell can be told. */
export interface CellOptions {
  /** σ of the vanilla RNN. */
  readonly activation: Activation;
  /** Where the reset gate of the GRU acts. */
  readonly reset: Reset;
}
