import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../src/random.ts';
import { BIN } from '../helpers/cli.ts';
import { drawRun, isSame, leftovers, nextArguments, requireWhole } from './drawn-run.ts';

/** What became of a drawn run that was killed. */
export interface Survival {
  readonly options: string;
  readonly kills: number;
  /** Of the kills, those that came while a checkpoint was being written: its temporary file was left. */
  readonly whileSaving: number;
  /** Whether the checkpoints are, byte for byte, the uninterrupted run's, in every chain. */
  readonly same: boolean;
}

/**
 * Trains once to the end, and then in chains: the process is killed (SIGKILL) at a random instant and the run resumed, until it ends. There are
 * `chains` chains, and at most `most` kills. After every kill, each checkpoint that is there must be whole: throws where one isn't.
 */
export async function killAndResume(parent: string, seed: string, chains: number, most: number): Promise<Survival> {
  const drawn = await drawRun(parent, seed);
  const random = new Random(`${seed}/kills`);
  let kills = 0;
  let whileSaving = 0;
  let same = true;
  for (let chain = 0; chain < chains; chain++) {
    const folder = join(parent, `chain-${chain}`);
    cpSync(drawn.start, folder, { recursive: true });
    // What is left is a part of the whole: later kills would mostly come too late. On a busy machine, a run may be killed before it goes on.
    let left = Math.min(MOST_IN_A_CHAIN, most - kills);
    const after = (): number | undefined => (left > 0 ? (0.2 + 0.8 * random.next()) * drawn.duration : undefined);
    for (; await isKilled(folder, nextArguments(drawn, folder), after()); left--) {
      kills++;
      if (leftovers(drawn, folder).some((file) => file.endsWith('.tmp'))) whileSaving++;
      requireWhole(drawn, folder);
    }
    const files = leftovers(drawn, folder);
    if (files.length > 0) throw new Error(`left behind: ${files.join(', ')}`);
    same &&= isSame(drawn, folder);
  }
  return { options: drawn.begin.join(' '), kills, whileSaving, same };
}

const MOST_IN_A_CHAIN = 20;

/** Runs `rnn train`; whether it was killed, if it was to be after so many milliseconds. Throws where it fails of itself. */
function isKilled(cwd: string, args: readonly string[], after: number | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, 'train', ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    const timer = after === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), after);
    let errors = '';
    child.stderr.on('data', (text: Buffer) => {
      errors += text.toString();
    });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0 || signal === 'SIGKILL') resolve(signal === 'SIGKILL');
      else reject(new Error(`rnn train ${args.join(' ')} ended with ${status ?? signal}: ${errors}`));
    });
  });
}
