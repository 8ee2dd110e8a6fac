/** Bytes as a string in which character i has the code of byte i (ISO 8859-1). */
export function latin1Of(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('latin1');
}

/** The bytes that `latin1Of` made a string of. */
export function bytesOfLatin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** Bytes as base64 (RFC 4648, with padding). */
export function base64Of(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('base64');
}

/**
 * Writes the bytes that base64 encodes to `target`, as many as there is room for. Returns how many it wrote: fewer than the length of the text
 * says where the text is not base64.
 */
export function writeBase64(text: string, target: Uint8Array): number {
  return bufferOf(target).write(text, 'base64');
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
