import type * as z from 'zod';
import { message, option, UsageError } from '../errors.ts';
import { type BpttExamination, type BpttSubject, examineBptt, requireLength } from '../insight/bptt/bptt.ts';
import { modelSchema } from '../nn/config.ts';
import { freshParameters } from '../nn/initializers.ts';
import { parseOptions } from '../schema.ts';
import { corpusFromText } from '../text/corpus.ts';
import type { Unit } from '../text/symbols.ts';
import { exactString, type Text } from '../text/text.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { type BackpropagationRequest, backpropagationSchema } from './backpropagation-options.ts';
import { defaultModel } from './checkpoints.ts';
import { requireMeaning, requireOfCell } from './fresh-options.ts';
import { load } from './load.ts';

export { bpttJson } from '../insight/bptt/json.ts';
export { bpttTables } from '../insight/bptt/tables.ts';

/** What was found, and the symbols that its numbers belong to. */
export interface Backpropagation {
  readonly found: BpttExamination;
  readonly vocabulary: Vocabulary;
}

/**
 * Backpropagation through time, written out for one short text, which may be made for what the model's symbols are: `examineBptt` tells what is computed. `say` is told which checkpoint is used.
 * UserError as for `examineBptt`, and for a checkpoint that can't be read.
 */
export function backpropagation(
  given: string | ((unit: Unit) => Text),
  request: BackpropagationRequest = {},
  say: (note: ReturnType<typeof message>) => void = () => {},
): Backpropagation {
  const { checkpoint, fresh, model, ...options } = parseOptions(backpropagationSchema, request);
  if (fresh && checkpoint !== undefined) {
    throw new UsageError(
      message`give one of ${option('checkpoint')} and ${option('fresh')}: they name different models`,
    );
  }
  requireMeaning(request.model, () => fresh);
  requireOfCell(request.model, model.cell);
  const textFor = typeof given === 'string' ? () => given : given;
  const subject = fresh ? freshSubject(textFor('codepoint'), model) : checkpointSubject(checkpoint, say);
  const text = textFor(subject.vocabulary.unit);
  return { found: examineBptt(subject, text, options), vocabulary: subject.vocabulary };
}

function freshSubject(
  given: Text,
  { mode, seed, ...size }: z.output<typeof backpropagationSchema>['model'],
): BpttSubject {
  const text = exactString(given);
  requireLength(text.length, mode === 'lines');
  const { vocabulary } = corpusFromText(text, { mode });
  const config = { ...modelSchema.parse(size), symbols: vocabulary.size };
  return { config, parameters: freshParameters(config, seed), vocabulary };
}

function checkpointSubject(named: string | undefined, say: (note: ReturnType<typeof message>) => void): BpttSubject {
  const path = named ?? defaultModel(say);
  const { checkpoint, vocabulary } = load(path);
  return { config: checkpoint.model, parameters: checkpoint.parameters, vocabulary };
}
