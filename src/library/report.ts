import { basename } from 'node:path';
import { message, option, UserError } from '../errors.ts';
import type { Chart } from '../insight/chart.ts';
import { learningCurves, QUANTITIES } from '../insight/learning-curves.ts';
import { type Subject, viewModel, writeText } from '../insight/model-view.ts';
import type { ReportContent } from '../insight/report.ts';
import { parseOptions } from '../schema.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { type Part, splitCorpus, wholeCorpus } from '../text/split.ts';
import { textParts } from '../training/recipe.ts';
import { isTextOf } from '../training/record.ts';
import { runOf, shortName } from './inspect.ts';
import type { LanguageModel } from './language-model.ts';
import { type ReportRequest, reportSchema } from './report-options.ts';
import { oneLine } from './words.ts';

/** The text that a model is shown reading. */
interface ReportText {
  readonly part: Part;
  readonly name: string;
}

/**
 * Looks into a model, and gives what a report shows, but for the facts in words. `reading` is told the name of the text. UserError for
 * a text that can't be read, or has nothing to predict.
 */
export async function examineModel(
  model: LanguageModel,
  request: ReportRequest = {},
  reading: (name: string) => void = () => {},
): Promise<Omit<ReportContent, 'facts'>> {
  const { text, length, seed } = parseOptions(reportSchema, request);
  const { model: config, parameters } = model.checkpoint;
  const subject: Subject = { name: shortName(model), config, parameters, vocabulary: model.vocabulary };
  const view = { choice: model.choice, length, seed };
  const { part, name } =
    text === undefined
      ? { part: writeText(subject, view), name: 'A text that the model has written itself' }
      : await readText(text, model, length);
  if (part.targets === 0)
    throw new UserError(message`${name}: the text has nothing to predict; give a longer ${option('text')}`);
  reading(name);
  return { ...viewModel(subject, part, view), curves: curvesOf(model), textName: name };
}

/** A text; of the run's own text the part that was held out, where that is long enough: no symbol that was learnt by heart surprises. */
async function readText(path: string, model: LanguageModel, length: number): Promise<ReportText> {
  const corpus = await readCorpus([path], { vocabulary: model.vocabulary });
  const run = runOf(model);
  const name = path === '-' ? 'standard input' : oneLine(basename(path));
  if (isTextOf(run, corpus)) {
    const { validation } = splitCorpus(corpus, textParts(run.recipe));
    if (validation.targets >= length) return { part: validation, name: `The validation part of ${name}` };
  }
  return { part: wholeCorpus(corpus), name: `The text ${name}` };
}

/** The learning curves of a model's run, of all that its history has. */
export function curvesOf(model: Pick<LanguageModel, 'checkpoint' | 'name'>): Chart[] {
  const run = { name: shortName(model), history: runOf(model).history };
  return QUANTITIES.map((quantity) => learningCurves([run], quantity, 'step')).filter(
    ({ series }) => series.length > 0,
  );
}
