import type { Choices, Settings, Source, TaskText } from './protocol.ts';

/** An example of the lectures: a text, a network, and what to look at. */
export interface Lesson {
  readonly source: Source;
  readonly choices: Choices;
  readonly settings: Pick<Settings, 'prefix' | 'pace'>;
  /** What there is to see, and to try. */
  readonly words: string;
}

/** What is chosen when the page opens, and where an example does not say otherwise. */
export const DEFAULTS: Choices = {
  cell: 'lstm',
  layers: 1,
  hidden: 64,
  bptt: 50,
  batch: undefined,
  rate: 0.006,
  steps: 2000,
  validation: 0.05,
  seed: '1',
};

/** The lengths of the tasks (`TaskText`) that can be learned in a moment. */
export const TASK_LENGTHS: Readonly<Record<TaskText, number>> = { lag: 20, parity: 8 };

export const LESSONS: Readonly<Record<string, Lesson>> = {
  deep: {
    source: { own: 'deep-learn-machine' },
    choices: { ...DEFAULTS, hidden: 16, bptt: 8, rate: 0.02, steps: 300, validation: 0 },
    settings: { prefix: 'd', pace: 50 },
    words:
      'The network reads deep, learn and machine, letter by letter. Each word ends in <stop>. Soon d is completed to deep. Try other first letters in “Begin with”.',
  },
  terms: {
    source: { own: 'terms' },
    choices: { ...DEFAULTS, hidden: 128 },
    settings: { prefix: 'dee', pace: 0 },
    words:
      'The network learns which letters follow each other, and where a word ends. Its samples are words that look like technical terms, and most are new. Where the loss on the held-out words rises, it begins to know the list by heart.',
  },
  story: {
    source: { own: 'lighthouse' },
    choices: { ...DEFAULTS, hidden: 128, steps: 3000 },
    settings: { prefix: '', pace: 0 },
    words:
      'The samples begin as noise. Then come spaces, short words, and whole sentences. Look for a unit that counts the letters of a line or remembers an open quote.',
  },
  lag: {
    source: { task: 'lag', length: TASK_LENGTHS.lag },
    choices: { ...DEFAULTS, hidden: 32, bptt: 32, rate: 0.01, steps: 1500, validation: 0 },
    settings: { prefix: '', pace: 200 },
    words:
      'A line begins with a, b, c or d. Noise follows, then a question mark, and the answer: the first letter as a capital. When the answers become right, the gradient reaches back to the first letter. Then choose RNN as the cell, and start over: it forgets.',
  },
  parity: {
    source: { task: 'parity', length: TASK_LENGTHS.parity },
    choices: { ...DEFAULTS, cell: 'rnn', hidden: 16, bptt: 32, rate: 0.01, steps: 600, validation: 0 },
    settings: { prefix: '', pace: 50 },
    words:
      'After each bit (a is 0, b is 1) comes the parity of all bits so far: 1 for an odd number of ones. A network that remembers one bit can do it, for lines of any length: the answers are counted in lines twice as long as those that it learns from.',
  },
};
