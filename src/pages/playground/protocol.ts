import type { Accuracy, Activations, FoundText, GradientFlow, TrainEvent } from '../../browser/index.ts';
import type { UnitRank } from '../../insight/units.ts';

// What the page and its worker say to each other. The page shows; everything that computes is in the worker.

/** The cells, as the form has them. */
export type Cell = 'lstm' | 'gru' | 'rnn';

/** Texts that the page carries. */
export const OWN_TEXTS = ['deep-learn-machine', 'three-sentences', 'terms', 'lighthouse'] as const;
export type OwnText = (typeof OWN_TEXTS)[number];

/** Tasks whose answers are known (insight/tasks.ts). The worker makes their lines. */
export type TaskText = 'lag' | 'parity';

/** Where a text comes from: typed or pasted, a file, one that the page carries, or a task with lines of this length at most. */
export type Source =
  | { readonly typed: string }
  | { readonly file: Blob; readonly name: string }
  | { readonly own: OwnText }
  | { readonly task: TaskText; readonly length: number };

/** The characters of a text that the page shows and that can be typed: the field of a longer one holds the page up. */
export const MOST_SHOWN = 60_000;

/** Asks for a text to be read. It is then the text to train on. */
export interface ReadRequest {
  readonly source: Source;
  readonly mode: 'auto' | 'stream' | 'lines';
}

/** What a text is. */
export interface TextFacts {
  /** For a file name: "terms". */
  readonly name: string;
  /** The text, or its beginning where it is long. */
  readonly beginning: string;
  readonly isWhole: boolean;
  readonly characters: number;
  /** V: the symbols of the vocabulary. */
  readonly symbols: number;
  readonly mode: 'stream' | 'lines';
  /** Examples of a text that is read as lines. */
  readonly lines: number | undefined;
  readonly remarks: readonly string[];
}

/** What a visitor chooses of the model and of its training. What is left out here has the default of `rnn train`. */
export interface Choices {
  readonly cell: Cell;
  readonly layers: number;
  readonly hidden: number;
  readonly bptt: number;
  /** As many as `rnn train` would take, where it is undefined. */
  readonly batch: number | undefined;
  readonly rate: number;
  readonly steps: number;
  readonly validation: number;
  readonly seed: string;
}

/** A run that is ready to begin. */
export interface Begun {
  readonly model: Pick<Choices, 'cell' | 'layers' | 'hidden'>;
  readonly parameters: number;
  /** V: the symbols of the vocabulary. */
  readonly symbols: number;
  /** Texts side by side, and steps of a window: an update reads rows × window symbols. */
  readonly rows: number;
  readonly window: number;
  /** Updates done already, by a run that goes on. */
  readonly step: number;
  /** What is to be said of the kernels that compute; undefined where they compute as on the command line. */
  readonly remark: string | undefined;
  /** What could not be done, in sentences. */
  readonly notes: readonly string[];
}

/** How often the run looks at itself, and what it looks at. */
export interface Settings {
  /** What completions and samples begin with. */
  readonly prefix: string;
  readonly temperature: number;
  /** What the network reads while its units are watched; a part of the text where it is empty. */
  readonly reading: string;
  /** The most steps a second; 0 is as many as there can be. */
  readonly pace: number;
}

/** What a run tells while it goes on. */
export type News =
  | Progress
  | { readonly kind: 'report'; readonly point: HistoryPoint }
  | { readonly kind: 'view'; readonly view: View };

export type HistoryPoint = Extract<TrainEvent, { type: 'report' }>['point'];

export interface Progress {
  readonly kind: 'progress';
  readonly step: number;
  readonly epoch: number;
  readonly rate: number;
  /** The mean loss since the last progress, in nats a symbol. */
  readonly loss: number;
  /** Symbols read in a second. */
  readonly perSecond: number;
}

/** A look at the model after a step. */
export interface View {
  readonly step: number;
  /** Lines, or one longer text, without the prefix. */
  readonly samples: readonly string[];
  /** The best completions of the prefix, of a model of lines. */
  readonly completions: readonly Pick<FoundText, 'text' | 'finished' | 'logProbability'>[];
  /** Undefined where the text is too short for it. */
  readonly flow: GradientFlow | undefined;
  readonly activations: Activations | undefined;
  /** Units that track a feature of the text that is read, the most interpretable first. */
  readonly tracking: readonly UnitRank[];
  /** Which text is read: a part that was held out of training, a part that was learned, one that the model wrote, or one that was typed. */
  readonly readFrom: 'held out' | 'learned' | 'written' | 'typed';
  /** Of a task: how many of its answers are right, in new lines. */
  readonly answers: Accuracy | undefined;
  /** What could not be looked at: a prefix that the model can't read, for example. */
  readonly problem: string | undefined;
}

/** Why a run stands still, and where. */
export interface Stopped {
  readonly reason: 'paused' | 'done';
  readonly step: number;
}

/** A checkpoint as a file. */
export interface Saved {
  readonly name: string;
  readonly file: Blob;
}

/** A checkpoint that was opened. */
export interface Opened {
  readonly name: string;
  readonly choices: Choices;
  readonly parameters: number;
  /** V: the symbols of the vocabulary. */
  readonly symbols: number;
  /** Updates done. */
  readonly step: number;
  /** The learning curve so far. */
  readonly history: readonly HistoryPoint[];
  /** The run, where it goes on: its text is at hand, and the file has its state. Without it, a new run begins with the model. */
  readonly begun: Begun | undefined;
  /** The text of the run, where it is at hand. */
  readonly text: TextFacts | undefined;
}
