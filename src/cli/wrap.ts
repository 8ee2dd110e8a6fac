import { Help } from 'commander';

/** Descriptions of options are wrapped where they have so many columns or more. */
const LEAST_WIDTH = 16;

/** The columns that help is written for: wider terminals show it as it is. */
const WRITTEN_FOR = 80;

const WRAPPER = Object.assign(new Help(), { minWidthToWrap: LEAST_WIDTH });

/** How commander shows help: its lines are broken between words at any width of the terminal. */
export const HELP_LAYOUT = {
  minWidthToWrap: LEAST_WIDTH,
  styleTitle: (title: string): string => wrapLine(title, process.stdout.columns),
} as const;

/** A line, broken at spaces where it is wider than a terminal of so many columns; as it is where there is no terminal. */
export function wrapLine(line: string, columns: number | undefined): string {
  return columns === undefined ? line : WRAPPER.boxWrap(line, columns);
}

/** Text of help for a terminal that is narrower than what it was written for: paragraphs are filled anew, and examples keep their indentation. */
export function wrapHelp(text: string, columns = WRITTEN_FOR): string {
  if (columns >= WRITTEN_FOR) return text;
  const joined = text.replace(/(?<=\S)\n(?=\S)/g, ' ');
  return joined
    .split('\n')
    .map((line) => wrapIndented(line, columns))
    .join('\n');
}

function wrapIndented(line: string, columns: number): string {
  const [indent = ''] = /^ */.exec(line) ?? [];
  if (indent === '') return wrapLine(line, columns);
  const hanging = `${indent}  `;
  return indent + wrapLine(line.trimStart(), columns - hanging.length).replaceAll('\n', `\n${hanging}`);
}
