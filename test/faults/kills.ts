/**
 * Kills training at random instants and resumes it, until so many kills are done: every checkpoint that is ever seen must be
 * whole, and every run must end with the bytes of the uninterrupted one.
 *
 *     npm run test:faults                            200 kills, some minutes
 *     npm run test:faults -- --kills 1000 --seed x
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killAndResume } from './killing.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: String(Date.now()) } },
});
const wanted = Number(values.kills);

let kills = 0;
let whileSaving = 0;
let different = 0;
for (let number = 0; kills < wanted; number++) {
  const folder = mkdtempSync(join(tmpdir(), 'rnn-faults-'));
  const seed = `${values.seed}/${number}`;
  const survival = await killAndResume(folder, seed, wanted - kills);
  rmSync(folder, { recursive: true });
  kills += survival.kills;
  whileSaving += survival.whileSaving;
  if (!survival.same) different++;
  console.log(
    `${survival.same ? 'same bytes' : 'OTHER BYTES'} after ${survival.kills} kills (${kills} in all), seed ${seed}: ${survival.options}`,
  );
}
console.log(`${kills} kills, ${whileSaving} of them while saving; ${different} runs ended with other bytes`);
process.exitCode = different === 0 ? 0 : 1;
