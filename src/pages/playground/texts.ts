import { text as deepLearnMachine } from '../../../corpora/deep-learn-machine.txt';
import { text as lighthouse } from '../../../corpora/lighthouse.txt';
import { text as terms } from '../../../corpora/terms.txt';
import { text as threeSentences } from '../../../corpora/three-sentences.txt';
import { UserError } from '../../browser/index.ts';
import { TASK, taskLines } from '../../insight/tasks.ts';
import { OWN_TEXTS, type OwnText, type Source, type TaskText } from './protocol.ts';

const TEXTS: Readonly<Record<OwnText, string>> = {
  'deep-learn-machine': deepLearnMachine,
  terms,
  lighthouse,
  'three-sentences': threeSentences,
};

/** The most bytes of a text: a page that reads more would leave a phone no memory. */
const MOST_BYTES = 20_000_000;

/** Lines of a task to learn from, as `rnn corpus` makes them by default, and lines to test with. */
const LEARNED_LINES = 1000;
const TEST_LINES = 100;

/** A text by its name, as a string or as the bytes of a file. */
export interface NamedText {
  readonly name: string;
  readonly text: string | Uint8Array;
  /** Of a task. */
  readonly test?: TaskTest;
}

/** New lines of a task, whose answers can be checked. */
export interface TaskTest {
  readonly text: string;
  /** The symbols of answers, which stand nowhere else. */
  readonly answers: string;
}

/** The text of a source. UserError for one that is empty or too large for a page. */
export async function textOf(source: Source): Promise<NamedText> {
  if ('own' in source) return { name: source.own, text: TEXTS[source.own] };
  if ('task' in source) return taskText(source.task, source.length);
  if ('typed' in source) return checked({ name: 'text', text: source.typed }, source.typed.length);
  const { file, name } = source;
  requireSmall(name, file.size);
  return checked({ name: name.replace(/\.[^.]*$/, ''), text: new Uint8Array(await file.arrayBuffer()) }, file.size);
}

/** The texts that the page carries: a checkpoint that was trained on one of them can go on. */
export function ownTexts(): NamedText[] {
  return OWN_TEXTS.map((name) => ({ name, text: TEXTS[name] }));
}

function checked(text: NamedText, size: number): NamedText {
  if (size === 0)
    throw new UserError('The text is empty. Paste a text, choose a file, or take one of the texts of this page.');
  requireSmall(text.name, size);
  return text;
}

function requireSmall(name: string, size: number): void {
  if (size <= MOST_BYTES) return;
  const [has, most] = [size, MOST_BYTES].map((bytes) => Math.round(bytes / 1e6));
  throw new UserError(
    `${name} has ${has} MB, and this page takes texts of up to ${most} MB. Take a part of it, or train on all of it with the command line: rnn train FILE`,
  );
}

/** Lines of a task: of the length that is given for `lag`, of up to that length for `parity`, whose test has lines twice as long. */
function taskText(task: TaskText, length: number): NamedText {
  const lengths = { lag: { least: length, most: length }, parity: { least: 1, most: length } }[task];
  const testLengths = { lag: lengths, parity: { least: 1, most: 2 * length } }[task];
  const lines = (count: number, seed: string, of = lengths): string =>
    [...taskLines(task, count, seed, of)].map((line) => `${line}\n`).join('');
  return {
    name: `${task}-${length}`,
    text: lines(LEARNED_LINES, '1'),
    test: { text: lines(TEST_LINES, 'test', testLengths), answers: TASK[task].answers },
  };
}
