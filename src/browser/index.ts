/**
 * The library for pages and workers: one module with its kernels inside. It asks for nothing, and needs a content security policy of no more than
 * `script-src 'wasm-unsafe-eval'`, besides what lets the module itself run.
 *
 *     import { load, train } from 'charnn/browser';
 *     const model = await load('book.json');
 *     for await (const piece of model.stream({ prefix: 'dee', temperature: 0.8 })) show(piece);
 *     const found = await model.beam('dee', { k: 5 });
 *     const bars = await model.next('dee');
 *     const { symbols } = await model.score('a text');
 *     for await (const event of train(text, { limits: { steps: 2000 } })) …
 *
 * It is the code of the library on Node, so texts and parameters are the same. README.md in this folder says what differs.
 */
import './no-eval.ts';

export type { BeamRequest, SampleRequest, ScoreRequest, TargetBeamRequest } from '../decoding/options.ts';
export { UserError } from '../errors.ts';
export type { GradientFlow, LayerFlow } from '../insight/gradient-flow.ts';
export type {
  FoundText,
  LanguageModel,
  NextSymbol,
  SampledText,
  ScoredText,
} from '../library/language-model.ts';
export type { AttendedPair, LabelledSymbol, PairModel, RankedLabel, SampledTarget } from '../library/pair-model.ts';
export type { Checkpoint } from '../nn/checkpoint.ts';
export { type Corpus, corpusFromText } from '../text/corpus.ts';
export type { Recipe } from '../training/complete-recipe.ts';
export type * from '../training/events.ts';
export type { RecipeOptions } from '../training/recipe.ts';
export { CharRNN, charRNN, type GenerateOptions, type Prediction } from './char-rnn.ts';
export { load, loadModel, loadPairs, type ModelSource, readCheckpoint } from './load.ts';
export {
  type Accuracy,
  type Activations,
  activations,
  evaluate,
  gradientFlow,
  type ReadSymbol,
} from './look.ts';
export { serialize } from './serialize.ts';
export { type FineTuningOptions, fineTune, Training, type TrainingOptions, train } from './train.ts';
