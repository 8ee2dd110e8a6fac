/**
 * Trains on disks that are full from some byte or from some instant on, until so many runs have met a full disk. Each run then goes on with
 * space, and must end with the bytes of a run that had space from the beginning. Each drawn run meets several such disks.
 *
 *     npm run test:full-disks                           200 full disks
 *     npm run test:full-disks -- --disks 1000 --seed x
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { canMount, fillAndResume } from './filling.ts';
import { forSeeds } from './seeds.ts';

const { values } = parseArgs({
  options: { disks: { type: 'string', default: '200' }, seed: { type: 'string', default: String(Date.now()) } },
});
const wanted = Number(values.disks);

/** Disks that a drawn run meets: the run that they are compared with is trained once for all of them. */
const DISKS = 10;

const trial = mkdtempSync(join(tmpdir(), 'rnn-faults-'));
const possible = canMount(trial);
rmSync(trial, { recursive: true });
if (possible) await fillDisks();
else console.log('skipped: this user may not mount a small file system (run it as root)');

async function fillDisks(): Promise<void> {
  const total = { full: 0, toTheEnd: 0 };
  const wrong = await forSeeds(values.seed, async (folder, seed) => {
    const { full, toTheEnd, different, options } = await fillAndResume(folder, seed, DISKS);
    total.full += full;
    total.toTheEnd += toTheEnd;
    const found = different.length === 0 ? 'same bytes' : `OTHER BYTES at ${different.join(' ')}`;
    console.log(`${found} after ${full} full disks (${total.full} in all), seed ${seed}: ${options}`);
    return { right: different.length === 0, isLast: total.full >= wanted };
  });
  console.log(`${total.full} full disks, ${total.toTheEnd} of them to the end of the run; ${wrong} runs went wrong`);
  process.exitCode = wrong === 0 ? 0 : 1;
}
