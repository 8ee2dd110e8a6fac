import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What became of one seed. */
export interface Result {
  readonly right: boolean;
  /** Whether this is enough. */
  readonly isLast: boolean;
}

/** Tries SEED/0, SEED/1 …, each in a folder of its own, up to the last. Tells of a seed that throws, and returns how many went wrong. */
export async function forSeeds(
  seed: string,
  attempt: (folder: string, seed: string) => Promise<Result>,
): Promise<number> {
  let wrong = 0;
  for (let number = 0; ; number++) {
    const folder = mkdtempSync(join(tmpdir(), 'rnn-faults-'));
    try {
      const { right, isLast } = await attempt(folder, `${seed}/${number}`);
      if (!right) wrong++;
      if (isLast) return wrong;
    } catch (error) {
      wrong++;
      console.log(`WRONG, seed ${seed}/${number}: ${(error as Error).message}`);
      if (wrong > MOST_WRONG) return wrong;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

/** After so many, the fault is the same, and the seeds so far are enough to find it. */
const MOST_WRONG = 20;
