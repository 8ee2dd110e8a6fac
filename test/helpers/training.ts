import type { KernelName } from '../../src/kernel/contract.ts';
import { type Checkpoint, parseCheckpoint, serializeCheckpoint } from '../../src/nn/checkpoint.ts';
import { NO_DROPOUT } from '../../src/nn/dropout.ts';
import { type Corpus, corpusFromText } from '../../src/text/corpus.ts';
import type { Recipe } from '../../src/training/complete-recipe.ts';
import { OPTIMIZER_DEFAULTS, SCHEDULE_DEFAULTS } from '../../src/training/complete-recipe.ts';
import type {
  CheckpointEvent,
  DoneEvent,
  ReportEvent,
  StartEvent,
  StepEvent,
  TrainEvent,
} from '../../src/training/events.ts';
import type { Place } from '../../src/training/place.ts';
import { type TrainOptions, train } from '../../src/training/trainer.ts';
import { KERNEL_CHOICES } from './kernel-choices.ts';

/** The recipe of a small run. Tests replace some of its fields. */
export const RECIPE: Recipe = {
  model: {
    cell: 'lstm',
    activation: 'tanh',
    reset: 'before',
    layers: 1,
    hidden: 12,
    embedding: 0,
    tied: false,
    members: 1,
  },
  initializer: 'uniform',
  batch: 4,
  bptt: 8,
  stride: 8,
  optimizer: { ...OPTIMIZER_DEFAULTS, name: 'adam' },
  rate: 0.01,
  schedule: { ...SCHEDULE_DEFAULTS, name: 'constant', warmup: 0 },
  dropout: NO_DROPOUT,
  averaging: 0,
  onDivergence: 'stop',
  clipNorm: 5,
  clipValue: Number.POSITIVE_INFINITY,
  limits: { steps: 12 },
  validation: 0,
  test: 0,
  seed: 'test',
};

/** The fastest kernel of this runtime. */
export const FASTEST: KernelName = KERNEL_CHOICES[0]?.name ?? 'js';

export const ALONE: Place = { kernel: FASTEST, threads: 1 };

/** Verses that mean little: about 1,500 symbols. */
export const STREAM: Corpus = corpusFromText(
  Array.from(
    { length: 30 },
    (_, i) => `${'the rain in spain '.slice(i % 7)}falls ${i} times, mainly on the plain;\n`,
  ).join(''),
  { mode: 'stream' },
);

/** Forty short lines. */
export const LINES: Corpus = corpusFromText(
  Array.from({ length: 40 }, (_, i) => `${['deep', 'learn', 'machine', 'a'][i % 4]}${'er'.repeat(i % 3)}${i % 5}`).join(
    '\n',
  ),
  { mode: 'lines' },
);

/** A checkpoint event, with the text of the checkpoint that its snapshot gave at once, and the checkpoint, which is read when it is asked for. */
export interface Kept extends CheckpointEvent {
  readonly step: number;
  readonly text: string;
  readonly checkpoint: Checkpoint;
}

/** The events of a finished run. */
export interface FinishedRun {
  readonly events: readonly TrainEvent[];
  readonly start: StartEvent;
  readonly steps: readonly StepEvent[];
  readonly reports: readonly ReportEvent[];
  readonly kept: readonly Kept[];
  readonly done: DoneEvent;
  /** The newest checkpoint of each kind. */
  readonly best: Kept;
  readonly last: Kept;
}

/** Trains to the end, and takes every snapshot. `watch` is called with each event as it comes. */
export async function run(
  corpus: Corpus,
  recipe: Partial<Recipe> = {},
  options: Partial<Omit<TrainOptions, 'recipe'>> = {},
  watch: (event: TrainEvent) => void | Promise<void> = () => {},
): Promise<FinishedRun> {
  const events: TrainEvent[] = [];
  const kept: Kept[] = [];
  let step = 0;
  for await (const event of train(corpus, { recipe: { ...RECIPE, ...recipe }, place: ALONE, ...options })) {
    events.push(event);
    if (event.type === 'step') step = event.step;
    if (event.type === 'checkpoint') {
      const text = textOf(event.snapshot());
      let parsed: Checkpoint | undefined;
      kept.push({
        ...event,
        step,
        text,
        get checkpoint() {
          parsed ??= checkpointOf(text);
          return parsed;
        },
      });
    }
    await watch(event);
  }
  const of = <Type extends TrainEvent['type']>(type: Type) =>
    events.filter((event): event is Extract<TrainEvent, { type: Type }> => event.type === type);
  return {
    events,
    start: of('start')[0]!,
    steps: of('step'),
    reports: of('report'),
    kept,
    done: of('done')[0]!,
    best: kept.findLast(({ kind }) => kind === 'best')!,
    last: kept.findLast(({ kind }) => kind === 'last')!,
  };
}

export function textOf(checkpoint: Checkpoint): string {
  return [...serializeCheckpoint(checkpoint)].join('');
}

/** The checkpoint that a file with this text holds. */
export function checkpointOf(text: string): Checkpoint {
  return parseCheckpoint(text, 'test');
}
