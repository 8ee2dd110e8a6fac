/** A loss in nats and in bits: 1.512 nats (2.181 bits). */
export function lossText(nats: number): string {
  return `${fixed(nats, 4)} nats (${fixed(nats / Math.LN2, 3)} bits)`;
}

/** A number with so many digits after the point. A run that diverges has losses of dozens of digits: they are written as 3.68e+29. */
function fixed(value: number, digits: number): string {
  return Math.abs(value) < 1e6 ? value.toFixed(digits) : value.toExponential(2);
}

/** A share as a percentage: 99.31 %. */
export function shareText(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** Control characters but for newline and tab, which a terminal would obey. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text that a terminal shows and doesn't obey: control characters are escaped. */
export function harmless(text: string): string {
  return text.replace(CONTROLS, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The same, but sequences that set colours and nothing else are kept. */
export function harmlessInColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
  const parts = text.split(/(\u001b\[[0-9;]*m)/);
  return parts.map((part, at) => (at % 2 === 1 ? part : harmless(part))).join('');
}

/** Text on one line: a message may name a file or quote an argument that has newlines or obeys other controls. */
export function oneLine(text: string): string {
  return harmless(text).replaceAll('\n', '\\n');
}

/** A word of a command that a person may paste into a shell: in quotes, unless the shell reads it as it stands. */
export function shellWord(text: string): string {
  return /^[\w./,:=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
