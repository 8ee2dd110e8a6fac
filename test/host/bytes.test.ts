import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as browser from '../../src/host/bytes.browser.ts';
import * as node from '../../src/host/bytes.node.ts';

describe.each([
  ['Node', node],
  ['browsers', browser],
])('bytes in %s', (_, { latin1Of, bytesOfLatin1, base64Of, writeBase64 }) => {
  it('become a string of as many characters, and bytes again', () => {
    const all = Uint8Array.from({ length: 20_000 }, (_, at) => at);
    expect(latin1Of(all).slice(0x7e, 0x82)).toBe('\x7e\x7f\x80\x81');
    expect(Uint8Array.from(bytesOfLatin1(latin1Of(all)))).toEqual(all);
  });

  it('become base64: the examples of RFC 4648', () => {
    const encoded = ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((text) => base64Of(bytesOfLatin1(text)));
    expect(encoded).toEqual(['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYg==', 'Zm9vYmE=', 'Zm9vYmFy']);
  });

  it('are written from base64, as many as there is room for', () => {
    const target = new Uint8Array(5);
    expect(writeBase64('Zm9v', target.subarray(1))).toBe(3);
    expect([...target]).toEqual([0, 0x66, 0x6f, 0x6f, 0]);
    expect(writeBase64('Zm9vYmFy', target.subarray(0, 2))).toBe(2);
    expect(writeBase64('Zm9vYmF*', new Uint8Array(6))).toBeLessThan(6);
  });

  it('come back from base64 whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const target = new Uint8Array(bytes.length);
        expect(writeBase64(base64Of(bytes), target)).toBe(bytes.length);
        expect(target).toEqual(bytes);
      }),
    );
  });
});
