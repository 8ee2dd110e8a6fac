import type { ModelConfig } from '../nn/config.ts';
import type { Metadata } from './metadata.ts';

/** A model as it was found in another program's file. */
export interface ForeignModel {
  readonly config: ModelConfig;
  /** The flat buffer, in this program's layout. The symbols are in the file's order. */
  readonly parameters: Float32Array;
  /** What this program wrote beside it; undefined where another one made the file. */
  readonly metadata: Metadata | undefined;
  /** What is to be said of how it was read, in a sentence each. */
  readonly notes: readonly string[];
}
