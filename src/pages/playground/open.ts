import { type Checkpoint, corpusFromText, type LanguageModel, load } from '../../browser/index.ts';
import { type Recipe, textParts } from '../../training/complete-recipe.ts';
import { isTextOf, type RunRecord, readRun } from '../../training/record.ts';
import type { Choices } from './protocol.ts';
import { describe, type ReadText } from './reading.ts';
import { ownTexts } from './texts.ts';

/** A checkpoint from a file. */
export interface OpenedFile {
  readonly model: LanguageModel;
  readonly run: RunRecord;
  readonly choices: Choices;
  /** The text that it was trained on, where it is at hand. */
  readonly text: ReadText | undefined;
}

/**
 * Opens a checkpoint of texts. UserError, in a sentence, where it is damaged, of a newer version, or of a model of pairs.
 *
 * @param current the text that the page shows
 */
export async function openFile(file: Blob, name: string, current: ReadText | undefined): Promise<OpenedFile> {
  const model = await load(new Uint8Array(await file.arrayBuffer()), name);
  const run = readRun(model.checkpoint, name);
  return { model, run, choices: choicesOf(run), text: textOfRun(model, run, current) };
}

/** The checkpoint's state, where its run can go on with the text. */
export function stateOf({ model: { checkpoint }, text }: OpenedFile): Checkpoint | undefined {
  return text && checkpoint.resume ? checkpoint : undefined;
}

function choicesOf({ recipe, step }: RunRecord): Choices {
  const { model, bptt, batch, rate, limits } = recipe;
  const { cell, layers, hidden } = model;
  const { validation, seed } = textParts(recipe as Recipe);
  return { cell, layers, hidden, bptt, batch, rate, steps: limits.steps ?? Math.max(1, step), validation, seed };
}

/** The text of a run among those at hand, read as the run did. */
function textOfRun({ vocabulary }: LanguageModel, run: RunRecord, current: ReadText | undefined): ReadText | undefined {
  const known = [
    ...(current ? [{ name: current.facts.name, text: current.text, test: current.test }] : []),
    ...ownTexts(),
  ];
  for (const { name, text, test } of known) {
    const corpus = corpusFromText(text, { vocabulary, leaveOutUnknown: true });
    if (isTextOf(run, corpus)) return describe({ name, text, ...(test ? { test } : {}) }, corpus);
  }
  return undefined;
}
