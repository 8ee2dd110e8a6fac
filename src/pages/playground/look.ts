import {
  type Activations,
  activations,
  evaluate,
  gradientFlow,
  type LanguageModel,
  UserError,
} from '../../browser/index.ts';
import { textFeatures } from '../../insight/features.ts';
import { bestOfEachFeature, rankUnits, type UnitRank } from '../../insight/units.ts';
import type { Settings, View } from './protocol.ts';
import type { TaskTest } from './texts.ts';

/** Samples of a model of lines, and the most symbols of one; the symbols of the sample of another model. */
const LINES = { count: 8, length: 60 };
const STREAM = { count: 1, length: 300 };

/** Completions of the prefix. */
const BEAM = { k: 5, length: 30, lengthPenalty: 0 };

/** The most symbols that the network reads while its units are watched. */
const READ = 600;

/** The gradient flow: the most lags, and the times that it is averaged over. */
const FLOW = { lags: 50, positions: 32 };

/** Units that are offered: so many at most, of each feature so many, and with a correlation of so much at least. */
const TRACKING = { most: 8, ofFeature: 2, correlation: 0.35 };

/** What a look needs besides the model. */
export interface Surroundings {
  readonly step: number;
  readonly settings: Settings;
  /** A part of the text, and where it is from; of a model without a text, neither. */
  readonly part?: { readonly text: string; readonly isHeldOut: boolean };
  /** Of a task. */
  readonly test?: TaskTest | undefined;
}

/** Looks at a model: what it writes, how its gradient flows back, and what its units do while it reads. */
export async function lookAt(model: LanguageModel, { step, settings, part, test }: Surroundings): Promise<View> {
  const { temperature } = settings;
  const unreadable = model.problemWith(settings.prefix) ?? model.problemWith(settings.reading);
  const prefix = model.problemWith(settings.prefix) ? '' : settings.prefix;
  const typed = model.problemWith(settings.reading) ? '' : settings.reading;
  const samples = await samplesOf(model, prefix, temperature, step);
  const own = part?.text ?? samples.join('\n');
  const readFrom = typed !== '' ? 'typed' : part === undefined ? 'written' : part.isHeldOut ? 'held out' : 'learned';
  const read = attempted(() => activations(model, typed === '' ? own : typed, { length: READ }));
  return {
    step,
    samples,
    completions: prefix === '' || model.vocabulary.stop === undefined ? [] : await model.beam(prefix, BEAM),
    flow: attempted(() => gradientFlow(model, own, FLOW)),
    activations: read,
    tracking: read && step > 0 ? tracking(read) : [], // before training, a unit follows a feature by chance
    readFrom,
    answers: test && (await evaluate(model, test.text, { only: test.answers })),
    problem: unreadable?.message,
  };
}

/** Units that track a feature of the text. Few symbols give a weak correlation by chance alone, so it must be strong. */
function tracking({ symbols, layers, hidden, values }: Activations): UnitRank[] {
  const trace = { ids: symbols.map(({ id }) => id), surprisals: [], units: layers * hidden, activations: values };
  const ranks = rankUnits({ hidden }, trace, textFeatures(symbols.map(({ text }) => text)));
  const strong = ranks.filter(({ correlation }) => Math.abs(correlation) >= TRACKING.correlation);
  return bestOfEachFeature(strong, TRACKING.ofFeature).slice(0, TRACKING.most);
}

/** What was found; undefined where the text does not allow it: a network that has learned little may write nothing. */
function attempted<Found>(look: () => Found): Found | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** The seed is the step, so the same run shows the same samples. */
async function samplesOf(model: LanguageModel, prefix: string, temperature: number, step: number): Promise<string[]> {
  const request = model.vocabulary.stop === undefined ? STREAM : LINES;
  const texts: string[] = [];
  for await (const { text } of model.sample({ ...request, prefix, temperature, seed: step })) texts.push(text);
  return texts;
}
