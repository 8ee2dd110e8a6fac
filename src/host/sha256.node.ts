import { createHash } from 'node:crypto';

/** A running SHA-256 (FIPS 180-4). */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** The hash in hexadecimal. Nothing can be added to it then. */
  digest(): string;
}

export function createSha256(): Sha256 {
  const hash = createHash('sha256');
  return {
    update(bytes) {
      hash.update(bytes);
    },
    digest: () => hash.digest('hex'),
  };
}
