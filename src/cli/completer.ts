import stringWidth from 'string-width';
import { EXIT } from '../errors.ts';
import { type Completion, shown } from './completions.ts';
import { graphemes, truncate, truncateStart } from './fit.ts';
import { paint } from './output.ts';

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

/** The person is done: with the text, or without. */
export interface End {
  readonly accepted: boolean;
  readonly status: number;
}

/** What the cursor's line begins with. */
const MARK = '› ';

/** The text after a key, or the end. */
export function edit(
  text: string,
  { name, sequence = '', ctrl, meta }: Key,
  { completions, areTargets }: Suggestions,
): string | End {
  if (ctrl && name === 'c') return { accepted: false, status: EXIT.interrupted };
  if ((ctrl && name === 'd') || name === 'escape') return { accepted: false, status: EXIT.done };
  if (name === 'return' || name === 'enter') return { accepted: true, status: EXIT.done };
  if (name === 'tab') return areTargets ? text : (completions[0]?.text ?? text);
  if (ctrl && name === 'u') return '';
  if (ctrl && name === 'w') return text.replace(/\S*\s*$/u, '');
  if (name === 'backspace') return graphemes(text).slice(0, -1).join('');
  // Arrows and the like come as escape sequences: no key of theirs is text.
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
  text: string,
  { completions, order, problem, areTargets }: Suggestions,
  { columns, rows }: { columns: number; rows: number },
): Layout {
  const typed = truncateStart(shown(text), Math.max(1, columns - stringWidth(MARK) - 1));
  const found = completions.map((completion) => {
    const number = ` ${completion.probability.toPrecision(2)}`;
    const room = columns - number.length;
    const end = completion.finished ? completion.end : '…';
    if (room < 8) return truncate(shown(completion.text), columns);
    const line = truncate(shown(completion.text), Math.max(1, room - stringWidth(end)));
    return `${line}${paint.dim(truncate(end, Math.max(0, room - stringWidth(line))))}${paint.dim(number)}`;
  });
  const said = problem === undefined ? [] : [paint.yellow(truncate(shown(problem), columns))];
  const ordered =
    order === undefined || found.length < 2
      ? []
      : [paint.dim(truncate(`ordered by ${order}; the number is the probability`, columns))];
  const end = areTargets ? 'Enter prints the source and its best target' : 'Tab takes the first, Enter ends';
  const keys = paint.dim(truncate(`${end}, Esc leaves`, columns));
  return {
    lines: [MARK + typed, ...found, ...said, ...ordered, keys].slice(0, Math.max(1, rows)),
    column: stringWidth(MARK + typed),
  };
}
