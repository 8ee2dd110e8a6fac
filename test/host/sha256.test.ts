import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as browser from '../../src/host/sha256.browser.ts';
import * as node from '../../src/host/sha256.node.ts';

const hashOf = ({ createSha256 }: typeof node, ...pieces: Uint8Array[]): string => {
  const hash = createSha256();
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};

describe('SHA-256 in browsers', () => {
  it('has the values of FIPS 180-4', () => {
    const abc = new TextEncoder().encode('abc');
    expect(hashOf(browser, abc)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(hashOf(browser)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('equals Node’s at every length around the ends of blocks', () => {
    for (let length = 0; length < 200; length++) {
      const bytes = Uint8Array.from({ length }, (_, at) => 7 * at + length);
      expect(hashOf(browser, bytes), `${length} bytes`).toBe(hashOf(node, bytes));
    }
  });

  it('does not depend on how the bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
        expect(hashOf(browser, ...pieces)).toBe(hashOf(node, Buffer.concat(pieces)));
      }),
    );
  });
});
