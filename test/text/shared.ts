import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The project's own corpora. */
export const corpora = join(repository, 'corpora');

/** Real texts kept beside the repository, where they are. Tests that need them skip without, and say so in their names. */
export const sharedData = findSharedData();

export const orSkipped = sharedData === undefined ? ' (skipped: no ../shared/data)' : '';

function findSharedData(): string | undefined {
  for (let folder = repository; ; folder = dirname(folder)) {
    const data = join(folder, 'shared', 'data');
    if (existsSync(data)) return data;
    if (folder === dirname(folder)) return undefined;
  }
}

/** The message of what `act` throws. */
export async function messageOf(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
