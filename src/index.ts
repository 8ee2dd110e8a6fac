/**
 * The library. `load` gives a model that completes and scores text, `train` makes one:
 *
 *     const model = load('checkpoints/book.json');
 *     const [best] = model.beam('dee', { k: 5 });
 *     const texts = model.sample({ count: 10, temperature: 0.8, match: '[a-z]+' });
 *     const { bitsPerCharacter } = model.score('machine');
 *     for await (const event of train('book.txt', { limits: { epochs: 5 } })) …
 *
 * Below them, over ids instead of text, is what they and the command line are made of: `Stepper`, `sampleTexts`,
 * `beamSearch`, `Constraint`, `scoreSequences`.
 */
export { type BeamOptions, beamSearch, beamSearches, type Hypothesis, type SearchOptions } from './decoding/beam.ts';
export { Constraint } from './decoding/constraint.ts';
export { type Language, type LanguageOptions, languageOf } from './decoding/language.ts';
export { Reader } from './decoding/reader.ts';
export { type Sample, type SampleOptions, sampleStream, sampleTexts } from './decoding/sample.ts';
export { type Sequence, scoreSequences } from './decoding/score.ts';
export { Stops } from './decoding/stops.ts';
export { UserError } from './errors.ts';
export { chooseKernel, type KernelChoice } from './kernel/choose.ts';
export type { KernelName } from './kernel/contract.ts';
export {
  type BeamRequest,
  type CompletionOptions,
  type FoundText,
  LanguageModel,
  load,
  type SampledText,
  type SampleRequest,
  type ScoredText,
} from './library/language-model.ts';
export { type TrainingOptions, train } from './library/train.ts';
export { type Checkpoint, parseCheckpoint, serializeCheckpoint } from './nn/checkpoint.ts';
export { loadCheckpoint, saveCheckpoint } from './nn/checkpoint-file.ts';
export type { ModelConfig, ModelOptions } from './nn/config.ts';
export { Manifest } from './nn/manifest.ts';
export { type SavedState, Stepper } from './nn/stepper.ts';
export { type Corpus, type CorpusOptions, corpusFromText, readCorpus } from './text/corpus.ts';
export { Vocabulary } from './text/vocabulary.ts';
export type * from './training/events.ts';
export type { Place, PlaceOptions } from './training/place.ts';
export { PRESET_RECIPES, type PresetName } from './training/presets.ts';
export { type Limits, OPTIMIZER_DEFAULTS, type Recipe, type RecipeOptions, resolveRecipe } from './training/recipe.ts';
export { type RunRecord, readRun } from './training/record.ts';
export type { TrainOptions } from './training/trainer.ts';
