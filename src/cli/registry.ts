import type { CommandEntry } from './command.ts';

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'train',
    summary: 'Train a model on one or more texts, and save it as JSON.',
    load: () => import('./commands/train.ts'),
  },
  {
    name: 'sample',
    summary: 'Write text by drawing symbol after symbol from the model.',
    load: () => import('./commands/sample.ts'),
  },
  {
    name: 'beam',
    summary: 'Find the best completions of a prefix by beam search, ordered by mean log-probability.',
    load: () => import('./commands/beam.ts'),
  },
  {
    name: 'complete',
    summary: 'Complete as you type: the best completions show, and Tab takes the first.',
    load: () => import('./commands/complete.ts'),
  },
  {
    name: 'score',
    summary: 'Tell how likely texts are: the log-probability and the bits per character of each line.',
    load: () => import('./commands/score.ts'),
  },
  {
    name: 'eval',
    summary: 'Measure how well a model predicts a text, such as one that it has never seen.',
    load: () => import('./commands/eval.ts'),
  },
  {
    name: 'compare',
    summary: 'Show several runs side by side, the best first.',
    load: () => import('./commands/compare.ts'),
  },
  {
    name: 'info',
    summary: 'Show what a checkpoint is: configuration, parameters, vocabulary, history of its training.',
    load: () => import('./commands/info.ts'),
  },
  {
    name: 'plot',
    summary: 'Draw the learning curves of one or more runs, in the terminal or for paper.',
    load: () => import('./commands/plot.ts'),
  },
  {
    name: 'report',
    summary: 'Write a page on what a model is, how it was trained, and what its units have learned.',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'gradflow',
    summary: 'Measure how the gradient of the loss at time t reaches back to time t − n, layer by layer.',
    load: () => import('./commands/gradflow.ts'),
  },
  {
    name: 'bptt',
    summary: 'Write out backpropagation through time for a short text: every state, loss and term of the gradient.',
    load: () => import('./commands/bptt.ts'),
  },
  {
    name: 'gates',
    summary: 'Follow the gates and states of one unit, symbol by symbol.',
    load: () => import('./commands/gates.ts'),
  },
  {
    name: 'attention',
    summary: 'Show what a model of pairs attends to: the weight of each source symbol for each target symbol.',
    load: () => import('./commands/attention.ts'),
  },
  {
    name: 'export',
    summary: 'Write a model as a page, for PyTorch, ONNX or ml5, or as a folder with which PyTorch goes on training.',
    load: () => import('./commands/export.ts'),
  },
  {
    name: 'import',
    summary: 'Make a checkpoint of a model of PyTorch (safetensors) or ONNX.',
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'corpus',
    summary: 'Write lines of a task whose answers are known, to train on and to test with.',
    load: () => import('./commands/corpus.ts'),
  },
  {
    name: 'demo',
    summary: 'Show small systems from lectures, in which gradients vanish and explode.',
    load: () => import('./commands/demo.ts'),
  },
  {
    name: 'playground',
    summary: 'Write a page that trains networks in a browser, and shows what they learn.',
    load: () => import('./commands/playground.ts'),
  },
  {
    name: 'bench',
    summary: 'Measure this machine: the bare matrix kernel, training and sampling, for a set of shapes or for one.',
    load: () => import('./commands/bench.ts'),
  },
  {
    name: 'completion',
    summary: 'Print a script with which bash, zsh or fish completes commands and options.',
    load: () => import('./commands/completion.ts'),
  },
];
