import { counted, grouped } from '../counts.ts';
import { EXIT, type UserError } from '../errors.ts';
import type { PairEvaluation, PredictionEvaluation } from '../library/evaluate-pairs.ts';
import type { PairEvaluationRequest } from '../library/evaluation-options.ts';
import type { SavedPairModel } from '../library/saved-model.ts';
import { lossText, shareText } from '../library/words.ts';
import { complain, Output } from './output.ts';
import { countCell, namedFacts, tabbed, titled } from './tables.ts';

/** The most labels whose confusion matrix is printed as a table. */
const MOST_LABELS = 20;

export interface PairEvaluationOptions {
  readonly text: readonly string[];
  readonly request: PairEvaluationRequest;
  /** A file of another program's predictions, which are measured in place of the model's. */
  readonly predictions: string | undefined;
  /** Prints the confusion matrix of a classifier alone, as TSV. */
  readonly confusion: boolean;
  readonly json: boolean;
  readonly nameOf: (key: string) => string;
}

/** Measures a model on files of pairs and prints what was found. Returns the exit status: a line that can't be read makes it a failure. */
export async function evaluatePairFiles(model: SavedPairModel, options: PairEvaluationOptions): Promise<number> {
  const { evaluatePairs, evaluatePredictions } = await import('../library/evaluate-pairs.ts');
  const { text, request, predictions, confusion, json } = options;
  const onProblem = (problem: UserError) => complain(problem.messageWith(options.nameOf));
  const found =
    predictions === undefined
      ? await evaluatePairs(model, text, request, onProblem)
      : await evaluatePredictions(model, text, predictions, { columns: request.columns }, onProblem);
  const missing = 'missing' in found ? found.missing : 0;
  if (missing > 0) complain(`${counted(missing, 'pair')} without a prediction; counted as wrong`);
  const output = new Output();
  if (json) await output.json(found);
  else await output.line(confusion ? confusionTsv(found) : inWords(found));
  await output.flush();
  return found.skipped + missing > 0 ? EXIT.failed : EXIT.done;
}

type Found = PairEvaluation | PredictionEvaluation;

function inWords(found: Found): string {
  const rows: [string, string][] = [['pairs', countCell(found.pairs)]];
  if ('loss' in found) {
    rows.push(['symbols', countCell(found.symbols)], ['loss', `${lossText(found.loss)} a target symbol`]);
  }
  switch (found.task) {
    case 'transduce': {
      const { count, hits, accuracy, symbolErrorRate } = found.sequences;
      if (count < found.pairs) rows.push(['sources', `${grouped(count)}; any target of an equal source is right`]);
      rows.push(['accuracy', `${shareText(accuracy)} of sources (${grouped(hits)} of ${grouped(count)})`]);
      rows.push(['symbol errors', symbolErrorText(symbolErrorRate)]);
      return namedFacts(rows);
    }
    case 'tag': {
      const { steps, stepHits, sequences, sequenceHits, byStep, bySequence } = found.tags;
      rows.push(['accuracy', `${shareText(byStep)} of tags (${grouped(stepHits)} of ${grouped(steps)})`]);
      rows.push([
        'sequences',
        `${shareText(bySequence)} all right (${grouped(sequenceHits)} of ${grouped(sequences)})`,
      ]);
      return namedFacts(rows);
    }
    case 'classify': {
      const { accuracy, macroF1 } = found.classes;
      rows.push(['accuracy', shareText(accuracy)]);
      rows.push(['macro F1', shareText(macroF1)]);
      return [namedFacts(rows), ...labelTables(found.classes)].join('\n\n');
    }
  }
}

/** The symbol error rate. It counts insertions, too, so that it may be above 1; then this is said. */
function symbolErrorText(rate: number): string {
  const insertions = rate > 1 ? ', insertions included: the predictions are too long' : '';
  return `${shareText(rate)} of the symbols of the targets${insertions}`;
}

type Classes = Extract<Found, { readonly task: 'classify' }>['classes'];

function labelTables({ labels, matrix }: Classes): string[] {
  const rows = labels.map(({ label, support, predicted, precision, recall, f1 }) => [
    label,
    countCell(support),
    countCell(predicted),
    shareText(precision),
    shareText(recall),
    shareText(f1),
  ]);
  const header = ['label', 'targets', 'predicted', 'precision', 'recall', 'F1'];
  const byLabel = titled({ title: 'Labels', header, rows });
  if (labels.length > MOST_LABELS) return [byLabel];
  const names = labels.map(({ label }) => label);
  const counts = matrix.map((row, at) => [names[at]!, ...row.map(countCell)]);
  return [
    byLabel,
    titled({ title: 'Targets (rows) and what was predicted (columns)', header: ['', ...names], rows: counts }),
  ];
}

/** A line for each label: its name, and how often each label was predicted for it. The first line names the columns. */
function confusionTsv(found: Found): string {
  if (found.task !== 'classify') throw new RangeError('only a classifier has a confusion matrix');
  const names = found.classes.labels.map(({ label }) => label);
  const rows = found.classes.matrix.map((row, at) => [names[at]!, ...row.map(String)]);
  return tabbed({ header: ['', ...names], rows });
}
