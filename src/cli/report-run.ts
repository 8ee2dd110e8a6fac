import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import type { Chart } from '../insight/chart.ts';
import { learningCurves, QUANTITIES } from '../insight/learning-curves.ts';
import { type Subject, viewModel, writeText } from '../insight/model-view.ts';
import { renderReport } from '../insight/report.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { readCorpus } from '../text/corpus.ts';
import { type Part, splitCorpus, wholeCorpus } from '../text/split.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { type RunRecord, readRun } from '../training/record.ts';
import { openCheckpoint } from './checkpoints.ts';
import { writeFile } from './figures.ts';
import { factRows } from './info-run.ts';
import { Output, oneLine, remark } from './output.ts';
import type { ReportCommandOptions } from './report.ts';

/** The text of a report, and what it is. */
interface ReportText {
  readonly part: Part;
  readonly name: string;
}

/** Writes a report on a model. */
export async function report(path: string | undefined, options: ReportCommandOptions): Promise<void> {
  const quiet = options.quiet === true;
  const model = openCheckpoint(path, quiet);
  const { checkpoint, vocabulary } = model;
  const run = readRun(checkpoint, model.path);
  const name = oneLine(basename(model.path, '.json'));
  const subject: Subject = { name, config: checkpoint.model, parameters: checkpoint.parameters, vocabulary };
  const view = { choice: chooseKernel(options.kernel), length: options.length, seed: options.seed };
  const text =
    options.text === undefined
      ? { part: writeText(subject, view), name: 'A text that the model has written itself' }
      : await readText(options.text, vocabulary, run, options.length);
  if (text.part.targets === 0) {
    throw new UserError(`${text.name}: the text has nothing to predict; give a longer --text`);
  }
  if (!quiet) remark(`reading: ${text.name}`);
  const content = viewModel(subject, text.part, view);
  const output = new Output();
  const page = renderReport({
    ...content,
    facts: factRows(model, run),
    curves: curvesOf(name, run),
    textName: text.name,
  });
  await writeFile(output, options.html, page);
  await output.flush();
}

/** Of the run's own text the part that was held out, where it is long enough: what was learnt by heart surprises no one. */
async function readText(path: string, vocabulary: Vocabulary, run: RunRecord, length: number): Promise<ReportText> {
  const corpus = await readCorpus([path], { vocabulary });
  const name = path === '-' ? 'standard input' : oneLine(basename(path));
  if (corpus.hash === run.corpus.hash) {
    const { validation } = splitCorpus(corpus, run.recipe);
    if (validation.targets >= length) return { part: validation, name: `The validation part of ${name}` };
  }
  return { part: wholeCorpus(corpus), name: `The text ${name}` };
}

function curvesOf(name: string, { history }: RunRecord): Chart[] {
  const charts = QUANTITIES.map((quantity) => learningCurves([{ name, history }], quantity, 'step'));
  return charts.filter(({ series }) => series.length > 0);
}
