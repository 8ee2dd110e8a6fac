import { counted, grouped } from '../counts.ts';
import { beginningOf } from '../errors.ts';
import { cellLabel } from './cell-label.ts';
import { bestPoint } from './history.ts';
import type { ModelFacts } from './inspect.ts';
import { lossText, shareText } from './words.ts';

/** Of a run whose record has an `origin`. */
const FINE_TUNED: [string, string] = ['fine-tuned', 'the run began with the parameters of a trained model'];

/** What a model is and how it was trained, by name, in words. */
export function factRows({
  path,
  model,
  parameters,
  vocabulary,
  sourceVocabulary,
  ...run
}: ModelFacts): [string, string][] {
  const { recipe, corpus } = run;
  const { optimizer } = recipe;
  const [ensemble, all] = model.members > 1 ? [`ensemble of ${model.members}, each `, ' in all'] : ['', ''];
  const input = model.embedding > 0 ? `embeddings of ${model.embedding} numbers as input` : 'one-hot input';
  const best = bestPoint(run.history);
  const held = `${grouped(corpus.trainSymbols)} symbols to train on, ${grouped(corpus.validationSymbols)} to validate, ${grouped(corpus.testSymbols)} to test`;
  const rows: [string, string][] = [
    ['checkpoint', path],
    [
      'model',
      `${ensemble}${cellLabel(model)}, ${model.layers} × ${model.hidden} units, ${input}, ${grouped(parameters)} parameters${all}`,
    ],
    ...(model.pairs ? pairRows(model.pairs) : []),
    ...(sourceVocabulary ? [['sources', vocabularyText(sourceVocabulary)] as [string, string]] : []),
    [sourceVocabulary ? 'targets' : 'vocabulary', vocabularyText(vocabulary)],
    [
      'corpus',
      `${model.pairs ? 'pairs' : readingText(corpus.mode, vocabulary)}, ${grouped(corpus.characters)} characters: ${held}`,
    ],
    [
      'training',
      `${optimizer.name}, rate ${recipe.rate}, ${recipe.schedule.name} schedule, batch ${recipe.batch ?? `size chosen to fit the ${model.pairs ? 'pairs' : 'text'}`}, ${model.pairs ? '' : `BPTT ${recipe.bptt}, `}seed ${recipe.seed}`,
    ],
    ...(run.origin === null ? [] : [FINE_TUNED]),
    ['done', doneText(run)],
  ];
  if (best?.validation !== undefined) {
    const right = best.accuracy === undefined ? '' : `, ${shareText(best.accuracy)} right`;
    rows.push(['validation', `${lossText(best.validation)} a symbol${right}, best at ${bestPlace(best.step, run)}`]);
  }
  if (run.finishSteps > 0) {
    rows.push([
      'last phase',
      best?.validation === undefined
        ? `${counted(run.finishSteps, 'step')}, from the newest model`
        : `${counted(run.finishSteps, 'step')} from the best model, on the validation part, too: the loss above was measured before`,
    ]);
  }
  return rows;
}

/** What a model of pairs does, and how it reads sources. */
function pairRows(pairs: NonNullable<ModelFacts['model']['pairs']>): [string, string][] {
  const { task, bidirectional, fusion, reverseSource, context, attention } = pairs;
  const direction = bidirectional ? 'in both directions' : reverseSource ? 'from its end' : 'from its start';
  const joined = bidirectional && fusion === 'tanh' ? ', joined by tanh' : '';
  const decoder =
    task === 'transduce'
      ? `; attention ${attention}, context at ${context === 'first' ? 'the first' : 'every'} step`
      : '';
  return [['task', `${task}: reads a source ${direction}${joined}${decoder}`]];
}

/** How a text was divided into examples. */
function readingText(mode: string, { separator }: ModelFacts['vocabulary']): string {
  if (separator === undefined) return `${mode} mode`;
  return separator === '' ? 'an example in each file' : `examples separated by ${separator}`;
}

function vocabularyText({ size, unit, symbols }: ModelFacts['vocabulary']): string {
  return `${grouped(size)} symbols (${unit}s): ${beginningOf(symbols.join(' '), 200, ' …')}`;
}

/** How far the run went. The file of its best model has the whole history, so it may have fewer steps than its run. */
function doneText({ step, epoch, history }: Pick<ModelFacts, 'step' | 'epoch' | 'history'>): string {
  const last = history.at(-1);
  const end = last !== undefined && last.step > step ? last : { step, epoch };
  return `${counted(end.step, 'step')}, ${end.epoch.toFixed(2)} epochs`;
}

/** "step 136 of 2,681". */
function bestPlace(best: number, { step, history }: Pick<ModelFacts, 'step' | 'history'>): string {
  return `step ${grouped(best)} of ${grouped(Math.max(step, history.at(-1)?.step ?? 0))}`;
}
