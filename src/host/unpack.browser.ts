import { bytesOfLatin1 } from './bytes.browser.ts';

/** The bytes of base64 of gzip. Rejects where these are damaged: gzip has a checksum. */
export async function unpackBytes(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytesOfBase64(base64)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Newer browsers decode by themselves, which makes a page with a large model start sooner. */
function bytesOfBase64(base64: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  return fromBase64?.(base64) ?? (bytesOfLatin1(atob(base64)) as Uint8Array<ArrayBuffer>);
}
