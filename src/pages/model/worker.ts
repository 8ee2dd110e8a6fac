// Before anything that makes schemas.
import '../../browser/no-eval.ts';
import { serialize } from '../../browser/serialize.ts';
import { type PageModel, unpackModel } from '../../exchange/page-model.ts';
import { prepareKernels } from '../../host/kernels.browser.ts';
import { unpackBytes } from '../../host/unpack.browser.ts';
import { LanguageModel } from '../../library/language-model.ts';
import { PairModel } from '../../library/pair-model.ts';
import type { Text } from '../../text/text.ts';
import { serve } from '../channel.ts';
import { kernelRemark } from '../kernel-remark.ts';
import { attend, findTargets, rankLabels, scoreTarget, type TargetRequest } from './pairs.ts';
import {
  type BeamRequest,
  drawTexts,
  findTexts,
  nextSymbols,
  type SamplePart,
  type SampleRequest,
  scoreText,
} from './texts.ts';

/** What the page is told of its model. */
export interface OpenedModel {
  readonly name: string;
  readonly facts: readonly (readonly [string, string])[];
  readonly task: 'text' | 'transduce' | 'tag' | 'classify';
  /** What an example is: a stretch of one long text, a line, a record of several lines, or a source and its target. */
  readonly layout: 'stream' | 'lines' | 'records';
  readonly hasAttention: boolean;
  /** Whether its parameters were rounded to float16. */
  readonly isHalf: boolean;
  /** What is to be said of how it computes; undefined where it computes as on the command line. */
  readonly remark?: string | undefined;
}

let held: { readonly stored: PageModel; readonly model: LanguageModel | PairModel } | undefined;

/** What the page of a model asks its worker. `open` comes first. */
const service = {
  /** Opens the model: base64 of gzip, as the page holds it. */
  open: async (packed: string): Promise<OpenedModel> => {
    let bytes: Uint8Array;
    try {
      [bytes] = await Promise.all([unpackBytes(packed), prepareKernels()]);
    } catch {
      throw new Error('The model in this page is damaged: a part of it is missing or changed. Get the file again.');
    }
    const stored = unpackModel(bytes);
    const { name, checkpoint } = stored;
    const model = checkpoint.model.pairs ? new PairModel(checkpoint, name) : new LanguageModel(checkpoint, name);
    held = { stored, model };
    return describe(stored, model);
  },
  next: (request: { readonly prefix: Text; readonly most: number }) => nextSymbols(texts(), request),
  sample: (request: SampleRequest, give: (part: SamplePart) => void, signal: AbortSignal) =>
    drawTexts(texts(), request, give, signal),
  beam: (request: BeamRequest) => findTexts(texts(), request),
  score: (text: Text) => scoreText(texts(), text),
  targets: (request: TargetRequest) => findTargets(pairs(), request),
  scoreTarget: (request: { readonly source: string; readonly target: string }) => scoreTarget(pairs(), request),
  labels: (request: { readonly source: string; readonly count: number }) => rankLabels(pairs(), request),
  attention: (request: { readonly source: string; readonly target: Text }) => attend(pairs(), request),
  /** The model as the text of a file that rnn reads. */
  checkpoint: () => serialize(opened().stored.checkpoint),
};

export type ModelService = typeof service;

function describe({ name, facts, floats }: PageModel, model: LanguageModel | PairModel): OpenedModel {
  const { pairs } = model.checkpoint.model;
  return {
    name,
    facts,
    task: pairs?.task ?? 'text',
    layout: model.vocabulary.layout,
    hasAttention: pairs?.task === 'transduce' && pairs.attention !== 'none',
    isHalf: floats === 'float16',
    remark: kernelRemark(model.choice),
  };
}

function opened(): NonNullable<typeof held> {
  if (!held) throw new Error('the model is not open');
  return held;
}

function texts(): LanguageModel {
  return opened().model as LanguageModel;
}

function pairs(): PairModel {
  return opened().model as PairModel;
}

/** What the page, or the command line, calls an option. */
const NAMES: Readonly<Record<string, string>> = {
  prefix: 'your text',
  source: 'your source',
  target: 'your target',
  stop: 'stop at',
  topP: 'top-p',
  lengthPenalty: 'α',
  minCount: 'min-count',
};

serve(service, (key) => NAMES[key] ?? key);
