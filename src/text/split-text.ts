import { GraphemeSplitter } from './graphemes.ts';
import type { TextSymbol, Unit } from './symbols.ts';
import { TOKEN } from './tokens.ts';

/** The symbols of a text, of a unit whose symbols are strings. A newline is a token of its own; a field is the whole text. */
export function splitText(text: string, unit: Exclude<Unit, 'byte'>): string[] {
  switch (unit) {
    case 'codepoint':
      return [...text];
    case 'grapheme':
      return splitClusters(text);
    case 'token':
      return text.match(TOKEN) ?? [];
    case 'field':
      return [text];
  }
}

/** The symbols of a text that is given as bytes. UserError of `decode` where the unit is not `byte` and they are not UTF-8. */
export function splitBytes(bytes: Uint8Array, unit: Unit, decode: (bytes: Uint8Array) => string): TextSymbol[] {
  return unit === 'byte' ? [...bytes] : splitText(decode(bytes), unit);
}

function splitClusters(text: string): string[] {
  const clusters: string[] = [];
  const splitter = new GraphemeSplitter((cluster) => clusters.push(cluster));
  splitter.write(text);
  splitter.end();
  return clusters;
}
