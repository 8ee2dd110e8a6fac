import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TOKEN, TokenSplitter } from '../../src/text/tokens.ts';

function split(pieces: readonly string[]): string[] {
  const tokens: string[] = [];
  const splitter = new TokenSplitter((token) => tokens.push(token));
  for (const piece of pieces) splitter.write(piece);
  splitter.end();
  return tokens;
}

describe('TokenSplitter', () => {
  test('gives the tokens of the whole text, wherever it is cut', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', '\t', '\n', '\u3000') });
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(split(pieces)).toEqual(pieces.join('').match(TOKEN) ?? []);
      }),
    );
  });

  test('takes a time in proportion to the length of a token, so that one of a million characters takes no minutes', () => {
    const long = 'a'.repeat(1_000_000);
    expect(split([`${long} b`])).toEqual([long, 'b']);
  });
});
