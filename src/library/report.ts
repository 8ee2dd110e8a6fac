import { basename } from 'node:path';
import { message, option, UserError } from '../errors.ts';
import type { Chart } from '../insight/chart.ts';
import { learningCurves, QUANTITIES } from '../insight/learning-curves.ts';
import { type Subject, viewModel, writeText } from '../insight/model-view.ts';
import type { ReportContent } from '../insight/report.ts';
import { parseOptions } from '../schema.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { sourceName } from '../text/source-name.ts';
import { type Part, wholeCorpus } from '../text/split.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { hasLearnedValidation, ownParts } from './held-out.ts';
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
      ? { part: writeText(subject, view), name: 'a text that the model has written itself' }
      : await readText(text, model, length);
  if (part.targets === 0)
    throw new UserError(message`${name}: the text has nothing to predict; give a longer ${option('text')}`);
  reading(name);
  return { ...viewModel(subject, part, view), curves: curvesOf(model), textName: name };
}

/**
 * A text; of the run's own text the part that was held out, where that is long enough: no symbol that was learnt by heart surprises. The name
 * says which it is.
 */
async function readText(path: string, model: LanguageModel, length: number): Promise<ReportText> {
  const corpus = await readCorpus([path], { vocabulary: model.vocabulary });
  const run = runOf(model);
  const name = path === '-' ? sourceName(path) : oneLine(basename(path));
  const parts = ownParts(run, corpus);
  if (!parts) return { part: wholeCorpus(corpus), name: `${name}, a text that the run did not read` };
  const { train, validation } = parts;
  if (validation.targets < length) {
    const why =
      validation.targets === 0 ? 'nothing was held out' : 'the part that was held out is too short to be shown';
    return { part: train, name: `the training part of ${name}, which the model has learned from: ${why}` };
  }
  const part = fromWholeLine(validation, model.vocabulary, length);
  const learned = hasLearnedValidation(run) ? 'has learned in its last phase' : 'has not learned from';
  return { part, name: `the validation part of ${name}, which the model ${learned}` };
}

/** A part of a stream from its first whole line, or its first whole word, on, where it has one soon; lines are whole. */
function fromWholeLine(part: Part, vocabulary: Vocabulary, length: number): Part {
  if (part.mode === 'lines') return part;
  const spare = Math.min(length, part.targets - length);
  const texts = Array.from(part.ids.subarray(0, spare), (id) => vocabulary.decode([id]));
  const end = [/[\n\r]/u, /\s/u].map((what) => texts.findIndex((text) => what.test(text))).find((at) => at >= 0);
  if (end === undefined) return part;
  const ids = part.ids.subarray(end + 1);
  return { ...part, ids, targets: ids.length - 1 };
}

/** The learning curves of a model's run, of all that its history has. */
export function curvesOf(model: Pick<LanguageModel, 'checkpoint' | 'name'>): Chart[] {
  const run = { name: shortName(model), history: runOf(model).history };
  return QUANTITIES.map((quantity) => learningCurves([run], quantity, 'step')).filter(
    ({ series }) => series.length > 0,
  );
}
