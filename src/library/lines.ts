/** How files of lines and whole texts are read: for the command line, which stands on the library. */

export { escapeText, unescapeText } from '../text/escapes.ts';
export { type Line, readLines, readWhole } from '../text/line-reader.ts';
export { LineSet } from '../text/line-set.ts';
export { bytesOf, stringOf, type Text } from '../text/text.ts';
