import { type SampleOptions, sampleTexts } from '../decoding/sample.ts';
import { Stops } from '../decoding/stops.ts';
import type { KernelChoice } from '../kernel/choose.ts';
import type { ModelConfig } from '../nn/config.ts';
import { Stepper } from '../nn/stepper.ts';
import type { Part } from '../text/split.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { examineFlow } from './examine.ts';
import { textFeatures } from './features.ts';
import { firstMember } from './first-member.ts';
import { flowChart, jacobianChart } from './flow-charts.ts';
import { FOLLOWED } from './followed.ts';
import { traceGates } from './gate-trace.ts';
import type { DrawnTexts, ReportContent } from './report.ts';
import { unitsThatFit } from './report-units.ts';
import { gradientSymbols, symbolGradients } from './symbol-gradients.ts';
import { type MappedSymbol, symbolMap } from './symbol-map.ts';
import { type Trace, traceText } from './trace.ts';
import { rankUnits } from './units.ts';

/** A model that insight shows. */
export interface Subject {
  readonly name: string;
  readonly config: ModelConfig;
  readonly parameters: Float32Array;
  readonly vocabulary: Vocabulary;
}

export interface ViewOptions {
  readonly choice: KernelChoice;
  /** The number of symbols of the text that are shown. */
  readonly length: number;
  readonly seed: string;
}

const TEMPERATURES = [0.5, 0.8, 1, 1.2];

/** The number of samples at each temperature, and the most symbols of a sample. */
const DRAWN = { lines: { count: 6, length: 120 }, stream: { count: 1, length: 400 } };

/**
 * Units are compared with features over at least this many symbols, if the text has them. It is more than the page shows, because a
 * correlation r over few symbols is mostly chance.
 */
const CORRELATED = 10_000;

/**
 * The settings of the gradient flow in a report. Products of Jacobians take a backward pass for each unit, so wide layers have none. One position
 * of a stream has all lags; in lines, where a position has the lags of its line, more are needed.
 */
const FLOW = { lags: 100, positions: 32, jacobians: { stream: 1, lines: 16 }, widest: 256, truncations: [] };

/** The most symbols in the map. More would cover each other. */
const MOST_MAPPED = 160;

/** A text of about `length` symbols that the model writes itself, for a report without a text. */
export function writeText({ config, parameters, vocabulary }: Subject, { choice, length, seed }: ViewOptions): Part {
  const { stop } = vocabulary;
  if (stop === undefined) {
    const [sample] = drawTexts(config, parameters, vocabulary, choice, { count: 1, length, temperature: 1, seed });
    return { mode: 'stream', ids: Uint32Array.from(sample!), targets: Math.max(0, sample!.length - 1) };
  }
  const lines: (readonly number[])[] = [];
  for (let written = 0; written < length; ) {
    const request = { count: 32, length: DRAWN.lines.length, temperature: 1, seed: `${seed}/${lines.length}` };
    const drawn = drawTexts(config, parameters, vocabulary, choice, request);
    lines.push(...drawn);
    written += drawn.reduce((sum, ids) => sum + ids.length + 1, 0);
  }
  const starts = [1];
  for (const line of lines) starts.push(starts.at(-1)! + line.length + 1);
  return {
    mode: 'lines',
    ids: Uint32Array.from([stop, ...lines.flatMap((line) => [...line, stop])]),
    lineStarts: Uint32Array.from(starts),
    lines: Uint32Array.from(lines.keys()),
    targets: starts.at(-1)! - 1,
  };
}

/** Everything in a report that depends on the model and the text. For an ensemble, gradients, units and symbols are those of the first member. */
export function viewModel(
  subject: Subject,
  part: Part,
  { choice, length, seed }: ViewOptions,
): Omit<ReportContent, 'facts' | 'curves' | 'textName'> {
  const { name, config, parameters, vocabulary } = subject;
  const first = firstMember(subject);
  const trace = traceText(new Stepper(choice, config, parameters, 1), part, Math.max(length, CORRELATED));
  const read = trace.ids.map((id) => (id === vocabulary.stop ? '\n' : vocabulary.decode([id])));
  const units = rankUnits(config, trace, textFeatures(read));
  const fitting = unitsThatFit(Math.min(length, trace.ids.length), FOLLOWED[config.cell]);
  const picked = units.slice(0, fitting).map(({ index }) => index);
  const jacobians = config.hidden <= FLOW.widest ? FLOW.jacobians[part.mode] : 0;
  const examined = examineFlow(first.name, first.config, first.parameters, part, {
    ...FLOW,
    arithmetic: choice,
    jacobians,
  });
  const products = jacobianChart(examined);
  const mode = vocabulary.stop === undefined ? 'stream' : 'lines';
  return {
    name,
    flow: [flowChart(examined), ...(products ? [products] : [])],
    samples: TEMPERATURES.map((temperature): DrawnTexts => {
      const request = { ...DRAWN[mode], temperature, seed };
      const drawn = drawTexts(config, parameters, vocabulary, choice, request);
      return { temperature, texts: drawn.map((ids) => vocabulary.decode(ids)) };
    }),
    trace,
    shown: trace.ids.slice(0, length).map((id) => shownSymbol(vocabulary, id)),
    correlated: trace.ids.length,
    units,
    gates: traceGates(choice, first.config, first.parameters, part, length, picked),
    gradients: symbolGradients(choice, first.config, first.parameters, part, gradientSymbols(first.config, length)),
    ...(config.members > 1 ? { inside: [`This is the first of the ensemble’s ${config.members} members.`] } : {}),
    symbols: symbolMap(first.config, first.parameters, mappedSymbols(vocabulary, trace)),
  };
}

function drawTexts(
  config: ModelConfig,
  parameters: Float32Array,
  vocabulary: Vocabulary,
  choice: KernelChoice,
  { count, ...request }: Pick<SampleOptions, 'temperature' | 'length' | 'seed'> & { readonly count: number },
): (readonly number[])[] {
  const stepper = new Stepper(choice, config, parameters, count);
  const prompt = [vocabulary.stop ?? vocabulary.start];
  const options = { ...request, prompt, stops: new Stops(vocabulary.stop), never: vocabulary.unknown };
  return [...sampleTexts(stepper, options, count)].map(({ ids }) => ids);
}

/** The texts of the symbols. A line end gets a visible sign, so that its colour can be seen. */
function shownSymbol(vocabulary: Vocabulary, id: number): string {
  if (id === vocabulary.stop || vocabulary.decode([id]) === '\n') return '↵\n';
  const text = vocabulary.decode([id]);
  return text === ' ' ? text : vocabulary.label(id);
}

/** All symbols, or the most frequent ones if there are too many. */
function mappedSymbols(vocabulary: Vocabulary, { ids }: Trace): MappedSymbol[] {
  const counts = new Float64Array(vocabulary.size);
  for (const id of ids) counts[id]!++;
  const all = Array.from({ length: vocabulary.size }, (_, id) => id);
  const chosen = all.sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, MOST_MAPPED);
  return chosen.map((id) => {
    const label = vocabulary.label(id);
    return { id, label: label === ' ' ? '␣' : label, text: vocabulary.decode([id]) };
  });
}
