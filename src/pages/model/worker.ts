import { LanguageModel } from '../../library/language-model.ts';
import { PairModel } from '../../library/pair-model.ts';
import '../../browser/no-eval.ts';
import { unpackModel } from '../../exchange/page-model.ts';
import { prepareKernels } from '../../host/kernels.browser.ts';
import { serve } from '../channel.ts';
import { unpackBytes } from '../unpack.ts';

let opened: Promise<LanguageModel | PairModel> | undefined;

/** What the page of a model asks its worker. */
const service = {
  /** Opens the model: base64, as the page holds it. */
  open: async (packed: string) => {
    opened = open(packed);
    const { name, checkpoint, choice } = await opened;
    return { name, model: checkpoint.model, kernel: choice.name };
  },
};

export type ModelService = typeof service;

async function open(packed: string): Promise<LanguageModel | PairModel> {
  const [bytes] = await Promise.all([unpackBytes(packed), prepareKernels()]);
  const { name, checkpoint } = unpackModel(bytes);
  return checkpoint.model.pairs ? new PairModel(checkpoint, name) : new LanguageModel(checkpoint, name);
}

serve(service);
