/** How files of lines and whole texts are read: for the command line, which stands on the library. */

export { escapeText, unescapeText } from '../text/escapes.ts';
export { withLineEnd } from '../text/line-ends.ts';
export { type Line, readingOf, readLines, readTexts, readWhole } from '../text/line-reader.ts';
export { LineSet } from '../text/line-set.ts';
export { separatorSchema } from '../text/options.ts';
export { areText } from '../text/pair-lines.ts';
export { FILE, LINE, separatorOf, splitTexts } from '../text/records.ts';
export { requireOneStandardInput } from '../text/sources.ts';
export { bytesOf, stringOf, type Text } from '../text/text.ts';
