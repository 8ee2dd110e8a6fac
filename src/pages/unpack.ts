import { bytesOfLatin1 } from '../host/bytes.browser.ts';

/** The bytes of base64 of gzip. Rejects where these are damaged: gzip has a checksum. */
export async function unpackBytes(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = bytesOfLatin1(atob(base64)) as Uint8Array<ArrayBuffer>;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
