import { type Corpus, corpusFromText, UserError } from '../../browser/index.ts';
import { type Part, splitCorpus } from '../../text/split.ts';
import { MOST_SHOWN, type ReadRequest, type TextFacts } from './protocol.ts';
import { type NamedText, type TaskTest, textOf } from './texts.ts';

/** The symbols of the part that the network is shown reading, and the fewest that make a held-out part worth it. */
const WATCHED = 20_000;
const WORTH = 200;

/** A text that was read. */
export interface ReadText {
  readonly facts: TextFacts;
  readonly text: string | Uint8Array;
  readonly corpus: Corpus;
  readonly test: TaskTest | undefined;
}

/** Reads the text to train on. UserError where it can't be trained on. */
export async function readText({ source, mode }: ReadRequest): Promise<ReadText> {
  const found = await textOf(source);
  return describe(found, corpusFromText(found.text, { mode: 'task' in source ? 'lines' : mode }));
}

/** A text with what it was read as. */
export function describe({ name, text, test }: NamedText, corpus: Corpus): ReadText {
  const beginning = typeof text === 'string' ? text : new TextDecoder().decode(text.subarray(0, 4 * MOST_SHOWN));
  const { characters, vocabulary, mode, lineStarts, remarks } = corpus;
  const facts: TextFacts = {
    name,
    beginning: beginning.slice(0, MOST_SHOWN),
    isWhole: beginning.length <= MOST_SHOWN && (typeof text === 'string' || text.length <= 4 * MOST_SHOWN),
    characters,
    symbols: vocabulary.size,
    mode,
    lines: lineStarts && lineStarts.length - 1,
    remarks,
  };
  return { facts, text, corpus, test };
}

/** A part of a text that a network is shown reading: one that was held out of training, where that is long enough. */
export function watchedPart(
  corpus: Corpus,
  parts: { readonly validation: number; readonly test?: number; readonly seed: string },
): { readonly text: string; readonly isHeldOut: boolean } {
  const { train, validation } = splitCorpus(corpus, parts);
  const isHeldOut = validation.targets >= WORTH;
  const text = beginningOf(corpus, isHeldOut ? validation : train);
  if (text === '') throw new UserError('The text has nothing to predict. Give a text of at least two symbols.');
  return { text, isHeldOut };
}

function beginningOf({ vocabulary }: Corpus, part: Part): string {
  if (part.mode === 'stream') return fromWholeLine(vocabulary.decode(part.ids.subarray(0, WATCHED)));
  let text = '';
  for (const line of part.lines) {
    if (text.length >= WATCHED) break;
    const [start, end] = [part.lineStarts[line]!, part.lineStarts[line + 1]! - 1];
    text += `${vocabulary.decode(part.ids.subarray(start, end))}\n`;
  }
  return text;
}

/** A stream from its first whole line on, where that comes soon. */
function fromWholeLine(text: string): string {
  const end = text.slice(0, WORTH).indexOf('\n');
  return end >= 0 && text.length > 2 * WORTH ? text.slice(end + 1) : text;
}
