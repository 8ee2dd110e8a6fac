import stringWidth from 'string-width';
import { EXIT } from '../errors.ts';
import { type Completion, shown } from './completions.ts';
import { graphemes, truncate, truncateStart } from './fit.ts';
import { paint, paintError } from './output.ts';

/** The colours of the screen. Where standard output is captured, the terminal is known by standard error. */
const pen = paint.level > 0 ? paint : paintError;

/** What can be done with a text at present. */
export interface Suggestions {
  readonly completions: readonly Completion[];
  /** What the completions are ordered by. */
  readonly order?: string;
  /** Why there are none. */
  readonly problem?: string;
  /** Whether they are targets of the text, so that none of them can take its place. */
  readonly areTargets?: boolean;
}

/** A key as node:readline names it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

/** What was typed, and which of its completions an arrow has chosen, from 0. */
export interface Draft {
  readonly text: string;
  readonly chosen?: number | undefined;
}

/** The person is done: with a text, or without. */
export interface End {
  readonly accepted: string | undefined;
  /** The chosen target of the text, where the completions are targets. */
  readonly target?: string;
  readonly status: number;
}

/** What the cursor's line and the line of the chosen completion begin with, and all other lines of completions. */
const [MARK, NO_MARK] = ['› ', '  '];

/** The draft after a key, or the end. */
export function edit(draft: Draft, key: Key, { completions, areTargets = false }: Suggestions): Draft | End {
  const { name, ctrl } = key;
  const chosen = completions[draft.chosen ?? -1]?.text;
  if (ctrl && name === 'c') return { accepted: undefined, status: EXIT.interrupted };
  if ((ctrl && name === 'd') || name === 'escape') return { accepted: undefined, status: EXIT.done };
  if (name === 'return' || name === 'enter') return accept(draft, chosen, areTargets);
  if (name === 'tab') return areTargets ? draft : { text: chosen ?? completions[0]?.text ?? draft.text };
  if (name === 'up' || name === 'down') return { ...draft, chosen: moved(draft.chosen, name, completions.length) };
  const text = typed(draft.text, key);
  return text === draft.text ? draft : { text };
}

function accept({ text }: Draft, chosen: string | undefined, areTargets: boolean): End {
  if (!areTargets) return { accepted: chosen ?? text, status: EXIT.done };
  return { accepted: text, status: EXIT.done, ...(chosen === undefined ? {} : { target: chosen }) };
}

/** Down goes from the text to the first completion, and up from the first back to the text. */
function moved(chosen: number | undefined, direction: 'up' | 'down', count: number): number | undefined {
  const next = (chosen ?? -1) + (direction === 'down' ? 1 : -1);
  return next < 0 || count === 0 ? undefined : Math.min(next, count - 1);
}

/** The text after a key that edits it. */
function typed(text: string, { name, sequence = '', ctrl, meta }: Key): string {
  if (ctrl && name === 'u') return '';
  if (ctrl && name === 'w') return text.replace(/\S*\s*$/u, '');
  if (name === 'backspace') return graphemes(text).slice(0, -1).join('');
  // Home, End and the like come as escape sequences: no key of theirs is text.
  const isText = !ctrl && !meta && sequence !== '' && !/\p{Cc}/u.test(sequence);
  return isText ? text + sequence : text;
}

export interface Layout {
  readonly lines: readonly string[];
  /** Column of the cursor, in the first line. */
  readonly column: number;
}

/** What a screen of so many columns and rows shows: the text, its completions, and the keys, as far as there is room. */
export function layOut(
  { text, chosen }: Draft,
  { completions, order, problem, areTargets }: Suggestions,
  { columns, rows }: { columns: number; rows: number },
): Layout {
  const written = truncateStart(shown(text), Math.max(1, columns - stringWidth(MARK) - 1));
  const found = completions.map((completion, index) => {
    const number = ` ${completion.probability.toPrecision(2)}`;
    const room = columns - number.length;
    const end = completion.finished ? completion.end : '…';
    const begun = `${index === chosen ? MARK : NO_MARK}${shown(completion.text)}`;
    if (room < 8) return truncate(begun, columns);
    const line = truncate(begun, Math.max(1, room - stringWidth(end)));
    return `${line}${pen.dim(truncate(end, Math.max(0, room - stringWidth(line))))}${pen.dim(number)}`;
  });
  const said = problem === undefined ? [] : [pen.yellow(truncate(shown(problem), columns))];
  const ordered =
    order === undefined || found.length < 2
      ? []
      : [pen.dim(truncate(`ordered by ${order}; the number is the probability`, columns))];
  const end = areTargets ? 'Enter prints the source and its target' : 'Tab takes one, Enter ends';
  const keys = pen.dim(truncate(`Arrows choose, ${end}, Esc leaves`, columns));
  return {
    lines: [MARK + written, ...found, ...said, ...ordered, keys].slice(0, Math.max(1, rows)),
    column: stringWidth(MARK + written),
  };
}
