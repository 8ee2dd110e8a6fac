// Manual pages in roff, with the macros of man(7).

/** What stands for a character that roff would read as its own, or set as another one: a hyphen for a minus, a quotation mark for an accent. */
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\(rs',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** Text, so that each of its characters is printed as it is, at any place of a line. Beyond ASCII they are \[uXXXX], for any encoding of the reader. */
export function roffText(text: string): string {
  const escaped = text.replace(/[\\\-'`^~]|\P{ASCII}/gu, (character) => {
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    return ESCAPES[character] ?? `\\[u${code}]`;
  });
  return escaped.replace(/^(?=\.)/gm, '\\&'); // a dot at the start of a line would begin a request
}

/** Text in bold, and text in italics. */
export function bold(text: string): string {
  return `\\fB${roffText(text)}\\fR`;
}
export function italic(text: string): string {
  return `\\fI${roffText(text)}\\fR`;
}

/** A macro with arguments, which are text. */
export function macro(name: string, ...args: readonly string[]): string {
  return [`.${name}`, ...args.map((each) => `"${roffText(each).replaceAll('"', '\\(dq')}"`)].join(' ');
}

/** A paragraph that has a tag, such as an option, and what is said of it. The tag is roff already; the text is indented by `width` columns. */
export function tagged(tag: string, text: string, width?: number): string {
  return `.TP${width === undefined ? '' : ` ${width}`}\n${tag}\n${roffText(text)}`;
}

/**
 * The text of a help: paragraphs, which are filled anew, and lines that begin with spaces, which stay as they are. The heading of such lines,
 * "Examples:", is in bold.
 */
export function roffParagraphs(text: string): string[] {
  return parts(text).map((part) => {
    if (part.startsWith(' ')) return `.EX\n${roffText(part.replaceAll(/^ {2}/gm, ''))}\n.EE`;
    const line = part.replaceAll('\n', ' ');
    return `.PP\n${/^[^.]*:$/.test(line) ? bold(line) : roffText(line)}`;
  });
}

/** The paragraphs of a help, in which lines that begin with spaces are a part of their own. */
function parts(text: string): string[] {
  return text.trim().match(/^(?: .*(?:\n .*)*|\S.*(?:\n\S.*)*)/gm) ?? [];
}
