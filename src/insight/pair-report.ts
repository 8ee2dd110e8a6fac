import type { Chart } from './chart.ts';
import { TEXT_STYLE } from './coloured-text.ts';
import { escapeMarkup } from './escape.ts';
import { type HeatMap, inlineHeatMap } from './heat-map.ts';
import { figures, renderPage } from './page.ts';
import { factTable, faint, section } from './report-section.ts';
import { inlineSvg } from './svg.ts';

/** A pair, and what the model predicts for its source. */
export interface PairExample {
  readonly source: string;
  /** The targets that are right. */
  readonly targets: readonly string[];
  readonly predicted: string;
  /** Of the prediction. */
  readonly probability: number;
}

/** Everything that the report of a model of pairs shows. Its texts may come from a checkpoint or a file, so they are always escaped. */
export interface PairReportContent {
  readonly name: string;
  /** The facts about the run: name and value. */
  readonly facts: readonly (readonly [string, string])[];
  readonly curves: readonly Chart[];
  /** What was read of pairs; undefined where none were named. */
  readonly pairs?:
    | {
        /** A name for them: "the validation part of numbers.tsv". */
        readonly name: string;
        readonly examples: readonly PairExample[];
        /** What the model attends to in some of them. */
        readonly attention: readonly HeatMap[];
        readonly flow: readonly Chart[];
        /** For an ensemble, a sentence that says which member's gradients are shown. */
        readonly inside?: string | undefined;
      }
    | undefined;
}

/** The report as one HTML page that loads nothing. */
export function renderPairReport({ name, facts, curves, pairs }: PairReportContent): string {
  return renderPage({
    title: `${name}: what the network has learned`,
    style: TEXT_STYLE,
    body: [
      `<h1>${escapeMarkup(name)}</h1>`,
      factTable(facts),
      section('curves', 'Learning curves', figures(curves.map(inlineSvg))),
      ...(pairs === undefined ? [] : pairSections(pairs)),
    ],
  });
}

function pairSections({ name, examples, attention, flow, inside }: NonNullable<PairReportContent['pairs']>): string[] {
  return [
    section(
      'examples',
      'Predictions',
      faint(`The sources are those of ${name}. Predictions that are wrong are marked.`),
      exampleTable(examples),
    ),
    ...(attention.length === 0
      ? []
      : [
          section(
            'attention',
            'Attention',
            faint(
              'For each symbol of the predicted target (rows), the weights of the symbols of the source (columns). They add up to 1.',
            ),
            ...attention.map((map) => `<figure>${inlineHeatMap(map)}</figure>`),
          ),
        ]),
    section(
      'flow',
      'Gradient flow',
      faint(FLOW_WORDS),
      ...(inside === undefined ? [] : [faint(inside)]),
      figures(flow.map(inlineSvg)),
    ),
  ];
}

const FLOW_WORDS =
  'How the gradient of the loss of a target symbol reaches the states of the encoder and the decoder: mean norms over target symbols. The lag counts the steps of the recurrences back from the loss. A straight line downwards is exponential decay.';

function exampleTable(examples: readonly PairExample[]): string {
  const head = '<tr><th>source</th><th>target</th><th>predicted</th><th class="number">probability</th></tr>';
  const rows = examples.map(({ source, targets, predicted, probability }) => {
    const isRight = targets.includes(predicted);
    const marked = escapeMarkup(predicted || '<stop>'); // an empty mark can't be seen
    const shown = isRight ? escapeMarkup(predicted) : `<mark>${marked}</mark>`;
    const cells = [escapeMarkup(source), escapeMarkup(targets.join(' | ')), shown].map((cell) => `<td>${cell}</td>`);
    return `<tr>${cells.join('')}<td class="number">${probability.toPrecision(3)}</td></tr>`;
  });
  return `<div class="scroll"><table>${head}${rows.join('')}</table></div>`;
}
