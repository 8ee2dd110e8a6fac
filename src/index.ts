/**
 * The library: what the command line is made of, without its printing.
 *
 *     const corpus = await readCorpus(['book.txt']);
 *     for await (const event of train(corpus, { recipe, place })) …
 *     const { model, parameters } = loadCheckpoint('checkpoints/book.json');
 *     const stepper = new Stepper(chooseKernel('auto'), model, parameters, 5);
 *     const completions = beamSearch(stepper, { prompt, width: 5, … });
 */
export { type BeamOptions, beamSearch, type Hypothesis } from './decoding/beam.ts';
export { type Sample, type SampleOptions, sampleStream, sampleTexts } from './decoding/sample.ts';
export { lengthScore, logSoftmax } from './decoding/score.ts';
export { Stops } from './decoding/stops.ts';
export { UserError } from './errors.ts';
export { chooseKernel, type KernelChoice } from './kernel/choose.ts';
export type { KernelName } from './kernel/contract.ts';
export { type Checkpoint, parseCheckpoint, serializeCheckpoint } from './nn/checkpoint.ts';
export { loadCheckpoint, saveCheckpoint } from './nn/checkpoint-file.ts';
export type { ModelConfig } from './nn/config.ts';
export { Manifest } from './nn/parameters.ts';
export { type SavedState, Stepper } from './nn/stepper.ts';
export { type Corpus, type CorpusOptions, corpusFromText, readCorpus } from './text/corpus.ts';
export { Vocabulary } from './text/vocabulary.ts';
export type * from './training/events.ts';
export { OPTIMIZER_DEFAULTS } from './training/optimizer.ts';
export type { Limits, Place, Recipe } from './training/options.ts';
export { type RunRecord, readRun } from './training/run.ts';
export { type TrainOptions, train } from './training/trainer.ts';
