import type { Choices, Settings, Source } from './protocol.ts';

/** An example of the lectures: a text, a network, and what to look at. */
export interface Lesson {
  readonly source: Source;
  readonly choices: Choices;
  readonly settings: Pick<Settings, 'prefix' | 'pace'>;
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

export const LESSONS: Readonly<Record<string, Lesson>> = {
  deep: {
    source: { own: 'deep-learn-machine' },
    choices: { ...DEFAULTS, hidden: 16, bptt: 8, rate: 0.02, steps: 300, validation: 0 },
    settings: { prefix: 'd', pace: 50 },
  },
  terms: {
    source: { own: 'terms' },
    choices: { ...DEFAULTS, hidden: 128 },
    settings: { prefix: 'dee', pace: 0 },
  },
  story: {
    source: { own: 'lighthouse' },
    choices: { ...DEFAULTS, hidden: 128, steps: 3000 },
    settings: { prefix: '', pace: 0 },
  },
  lag: {
    source: { task: 'lag', length: 20 },
    choices: { ...DEFAULTS, hidden: 32, bptt: 32, rate: 0.01, steps: 1500, validation: 0 },
    settings: { prefix: '', pace: 200 },
  },
  parity: {
    source: { task: 'parity', length: 8 },
    choices: { ...DEFAULTS, cell: 'rnn', hidden: 16, bptt: 32, rate: 0.01, steps: 1500, validation: 0 },
    settings: { prefix: '', pace: 200 },
  },
};
