/** What every checkpoint says first of itself. */
export const FORMAT = 'charnn checkpoint';

/** More bytes than the beginning that `beginsAsCheckpoint` looks at has, unless it has many spaces. */
export const FORMAT_BYTES = 64;

const BEGINNING = new RegExp(`^\\s*\\{\\s*"format"\\s*:\\s*"${FORMAT}"`);

/** Whether a text begins as a checkpoint does, whatever spaces it has. What follows may be damaged. */
export function beginsAsCheckpoint(text: string): boolean {
  return BEGINNING.test(text);
}
