import type { Message, UserError } from '../errors.ts';
import type { TrainOptions } from '../training/trainer.ts';
import type { Interval } from './interval.ts';
import type { Material } from './material.ts';
import type { SavePlace } from './saver.ts';

/** All that a run needs, read and checked before the first step. */
export interface PreparedRun extends SavePlace {
  /** How often samples of the model are drawn while it trains. */
  readonly sampleEvery?: Interval | undefined;
  readonly material: Material;
  readonly trainOptions: TrainOptions;
}

/** Is told what the preparation of a run decides. */
export type Say = (note: Message) => void;

/** Who is told of what while a run is prepared. */
export interface Tell {
  readonly say: Say;
  readonly onProblem: ((problem: UserError) => void) | undefined;
}
