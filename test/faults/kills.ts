/**
 * Kills training at random instants and resumes it, until so many kills are done: every checkpoint that is ever seen must be
 * whole, and every run must end with the bytes of the uninterrupted one. Each run has options of its own, drawn from its seed.
 *
 *     npm run test:faults                            200 kills, some minutes
 *     npm run test:faults -- --kills 1000 --seed x
 */
import { parseArgs } from 'node:util';
import { killAndResume } from './killing.ts';
import { forSeeds } from './seeds.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: String(Date.now()) } },
});
const wanted = Number(values.kills);

/** Chains of each drawn run: the run that they are compared with is trained once for all of them. */
const CHAINS = 2;

const total = { kills: 0, whileSaving: 0 };

const wrong = await forSeeds(values.seed, async (folder, seed) => {
  const { kills, whileSaving, same, options } = await killAndResume(folder, seed, CHAINS, wanted - total.kills);
  total.kills += kills;
  total.whileSaving += whileSaving;
  console.log(
    `${same ? 'same bytes' : 'OTHER BYTES'} after ${kills} kills (${total.kills} in all), seed ${seed}: ${options}`,
  );
  return { right: same, isLast: total.kills >= wanted };
});
console.log(`${total.kills} kills, ${total.whileSaving} of them while saving; ${wrong} runs went wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
