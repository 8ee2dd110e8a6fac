/**
 * The library. `load` opens a model that completes and scores text, and `loadPairs` one that gives targets for sources; `train` makes one:
 *
 *     const model = load('checkpoints/book.json');
 *     const [best] = await model.beam('dee', { k: 5 });
 *     for await (const { text } of model.sample({ count: 10, temperature: 0.8, match: '[a-z]+' })) console.log(text);
 *     const { bitsPerCharacter } = await model.score('machine');
 *     for await (const event of train('book.txt', { limits: { epochs: 5 } })) …
 *     const [target] = await loadPairs('checkpoints/sounds.json').beam('machine', { k: 5 });
 *
 * Options are checked: a wrong type, a value out of range and an unknown key are a UserError that names the key and what was expected.
 *
 * Models stand on functions over ids instead of text, which are exported, too: `Stepper`, `sampleTexts`, `beamSearch`, `Constraint`,
 * `scoreSequences`.
 */
export { type BeamOptions, beamSearch, beamSearches, type Hypothesis, type SearchOptions } from './decoding/beam.ts';
export { Constraint } from './decoding/constraint.ts';
export { type Language, type LanguageOptions, languageOf } from './decoding/language.ts';
export type { BeamRequest, SampleRequest, ScoreRequest, TargetBeamRequest } from './decoding/options.ts';
export { Reader } from './decoding/reader.ts';
export { type Outcome, type Sample, type SampleOptions, sampleStream, sampleTexts } from './decoding/sample.ts';
export { type Sequence, scoreSequences } from './decoding/score.ts';
export { Stops } from './decoding/stops.ts';
export { UserError } from './errors.ts';
export { chooseKernel, type KernelChoice } from './kernel/choose.ts';
export type { KernelName } from './kernel/contract.ts';
export { compareRuns, type RunSummary } from './library/compare.ts';
export { type EvaluationResult, evaluate } from './library/evaluate.ts';
export {
  evaluatePairs,
  evaluatePredictions,
  type PairEvaluation,
  type PredictionEvaluation,
} from './library/evaluate-pairs.ts';
export type { EvaluationRequest } from './library/evaluation-options.ts';
export {
  type Exported,
  type ExportRequest,
  exportModel,
  type ImportedModel,
  type ImportRequest,
  importModel,
} from './library/exchange.ts';
export { gradientFlow } from './library/gradient-flow.ts';
export type { GradientFlowRequest } from './library/gradient-flow-options.ts';
export { inspect, type ModelFacts } from './library/inspect.ts';
export {
  type FoundText,
  LanguageModel,
  type NextSymbol,
  type SampledText,
  type Score,
  type ScoredText,
} from './library/language-model.ts';
export { load, loadModel } from './library/load.ts';
export { loadPairs } from './library/load-pairs.ts';
export {
  type AttendedPair,
  type LabelledSymbol,
  PairModel,
  type RankedLabel,
  type SampledTarget,
} from './library/pair-model.ts';
export { prepareRun } from './library/preparation.ts';
export type { PreparedRun } from './library/prepared-run.ts';
export { type RunSettings, TrainingRun } from './library/run.ts';
export type { RunOptions } from './library/run-options.ts';
export { readSaved, type SavedModel } from './library/saved-model.ts';
export { type TrainingOptions, train } from './library/train.ts';
export { type Checkpoint, parseCheckpoint, serializeCheckpoint } from './nn/checkpoint.ts';
export { loadCheckpoint, saveCheckpoint } from './nn/checkpoint-file.ts';
export type { ModelConfig, ModelOptions } from './nn/config.ts';
export { Manifest } from './nn/manifest.ts';
export { type SavedState, Stepper } from './nn/stepper.ts';
export { type Corpus, corpusFromText } from './text/corpus.ts';
export { type FileOptions as CorpusOptions, readCorpus } from './text/read-corpus.ts';
export { Vocabulary } from './text/vocabulary.ts';
export { OPTIMIZER_DEFAULTS, type Recipe, resolveRecipe } from './training/complete-recipe.ts';
export type * from './training/events.ts';
export type { Place, PlaceOptions } from './training/place.ts';
export { PRESET_RECIPES, type PresetName } from './training/presets.ts';
export type { Limits, RecipeOptions } from './training/recipe.ts';
export { type RunRecord, readRun } from './training/record.ts';
export type { TrainOptions } from './training/trainer.ts';
