import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lastPath, modelPath } from '../../src/library/names.ts';
import { loadCheckpoint } from '../../src/nn/checkpoint-file.ts';
import { Random } from '../../src/random.ts';
import { BIN, PROSE } from '../helpers/cli.ts';

/** What a chain of killed and resumed runs came to. */
export interface Survival {
  readonly options: string;
  readonly kills: number;
  /** Of the kills, those that came while a checkpoint was being written: its temporary file was left. */
  readonly whileSaving: number;
  /** Whether both checkpoints are, byte for byte, the uninterrupted run's. */
  readonly same: boolean;
}

/** Names of checkpoints: with the ending, without it, with a dot in them, and in a folder. */
const NAMES = ['model.json', 'model', 'model.v2', 'runs/model.json'] as const;

/** A run's parts that resuming could lose, drawn at random; so short that its processes are mostly killed in the middle. */
function drawOptions(random: Random): string[] {
  const one = <T>(...choices: readonly T[]): T => choices[random.integer(choices.length)]!;
  return [
    `--cell ${one('lstm', 'gru', 'rnn')} --optimizer ${one('adam', 'sgd', 'rmsprop', 'adagrad')}`,
    // A relu network that starts from the identity may diverge.
    `--activation ${one('tanh --init uniform', 'tanh --init identity', 'relu --init uniform')} --reset ${one('before', 'after')}`,
    `--mode ${one('stream', 'lines')} --unit ${one('codepoint', 'byte', 'grapheme')} --min-count ${one(1, 3)}`,
    `--schedule ${one('cosine', 'constant', 'linear', 'step', 'plateau')} --embedding ${one(0, 5)} --members ${one(1, 2)}`,
    `--dropout ${one(0, 0.2)} --dropout-input ${one(0, 0.1)} --dropconnect ${one(0, 0.2)} --ema ${one(0, 0.9)}`,
    `--on-divergence ${one('stop', 'rollback')} --weight-decay ${one(0, 0.1)} --clip-norm ${one(1, 5)} --test ${one('0', '0.1')}`,
    `--layers ${one(1, 2)} --hidden ${one(16, 48, 128)} --batch ${one(2, 5)} --bptt ${one(8, 16)} --bptt-stride ${one(4, 8)}`,
    `--validation ${one('0', '0.2')} --validate-every ${one(3, 10, 50)} --save-every ${one('1', '7', '0.05s')}`,
    `--threads ${one(1, 2)} --lr 0.01 --steps ${one(150, 400)} --seed ${random.integer(1000)}`,
  ].flatMap((part) => part.split(' '));
}

/**
 * Trains once to the end, and once more with the process killed (SIGKILL) at random instants and resumed, at most `most` times,
 * until it ends. After every kill, each checkpoint that is there must be whole: throws where one isn't.
 */
export async function killAndResume(folder: string, seed: string, most: number): Promise<Survival> {
  const random = new Random(seed);
  const options = drawOptions(random);
  const name = NAMES[random.integer(NAMES.length)]!;
  const [model, state] = [modelPath(name), lastPath(modelPath(name))];
  const [calm, hard] = ['calm', 'hard'].map((name) => join(folder, name)) as [string, string];
  for (const cwd of [calm, hard]) {
    mkdirSync(cwd, { recursive: true });
    writeFileSync(join(cwd, 'text.txt'), PROSE);
  }
  const begun = performance.now();
  const anew = ['text.txt', '--out', name, '--overwrite', ...options];
  await run(calm, anew);
  const duration = performance.now() - begun;
  const saveEvery = options.slice(options.indexOf('--save-every'), options.indexOf('--save-every') + 2);
  let kills = 0;
  let whileSaving = 0;
  for (let done = false; !done; ) {
    const resumed = existsSync(join(hard, state));
    const args = resumed ? ['text.txt', '--out', name, '--resume', ...saveEvery] : anew;
    // What is left is a part of the whole: later ones would mostly come too late.
    const after = kills < most ? (0.2 + 0.8 * random.next()) * duration : undefined;
    done = !(await run(hard, args, after));
    if (done) break;
    kills++;
    if (filesOf(hard, name).some((file) => file.endsWith('.tmp'))) whileSaving++;
    for (const file of [model, state]) if (existsSync(join(hard, file))) loadCheckpoint(join(hard, file));
  }
  const same = [model, state].every((file) => readFileSync(join(calm, file)).equals(readFileSync(join(hard, file))));
  const left = filesOf(hard, name).filter((file) => file.startsWith('.'));
  if (left.length > 0) throw new Error(`seed ${seed}: left behind: ${left.join(', ')}`);
  return { options: `--out ${name} ${options.join(' ')}`, kills, whileSaving, same };
}

/** The files of the folder in which a checkpoint lies. */
function filesOf(cwd: string, name: string): string[] {
  return readdirSync(join(cwd, dirname(name)));
}

/** Runs `rnn train`; whether it was killed, if it was to be after so many milliseconds. Throws where it fails of itself. */
function run(cwd: string, args: readonly string[], killAfter?: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, 'train', ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
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
