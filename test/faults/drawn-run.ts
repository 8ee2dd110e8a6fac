import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { lastPath, modelPath } from '../../src/library/names.ts';
import { keptPaths } from '../../src/library/series.ts';
import { loadCheckpoint } from '../../src/nn/checkpoint-file.ts';
import { Random } from '../../src/random.ts';
import { PROSE, rnnProcess } from '../helpers/cli.ts';

/** A run of `rnn train` with options drawn at random, which has been trained to its end once. */
export interface DrawnRun {
  /** A folder with all that the run needs, in which it has not begun; and one in which it has ended. */
  readonly start: string;
  readonly end: string;
  /** What `rnn train` is given at the beginning, and when the run goes on after it was ended. */
  readonly begin: readonly string[];
  readonly resume: readonly string[];
  /** The files of the best model and of the newest state, in either folder. */
  readonly model: string;
  readonly state: string;
  /** Whether the states that stay depend on steps alone, and not on the clock. */
  readonly isSeriesExact: boolean;
  /** How long the uninterrupted run took, in milliseconds, with the start of the program. */
  readonly duration: number;
}

/** Names for `--out`: with the ending, without it, with another, with two, in a folder, and with a dot or a dash in front. */
const NAMES = ['model.json', 'model', 'model.v2', 'model.v2.json', 'runs/model.json', '.model', '-model'] as const;

/** Names of texts, and what they hold. One that is learned before a model is tuned lacks letters that the other texts have. */
const TEXTS: Readonly<Record<string, string>> = {
  'text.txt': PROSE,
  'one.txt': PROSE.slice(0, 300),
  'two.txt': PROSE.slice(300),
  'first.txt': PROSE.replaceAll(/[xyz]/g, ''),
  'transduce.tsv': pairs((word) => [...word].reverse().join('')),
  'tag.tsv': pairs((word) => word.replaceAll(/[aeiou]/g, 'v').replaceAll(/[^v]/g, 'c')),
  'classify.tsv': pairs((word) => (word.length < 4 ? 'short' : 'long')),
};

/** Lines of a word, a tab, and what is made of it. */
function pairs(targetOf: (word: string) => string): string {
  const words = [...new Set(PROSE.match(/[a-z]+/g))];
  return words.map((word) => `${word}\t${targetOf(word)}\n`).join('');
}

/** Draws a run and trains it to its end. The seed decides everything but the duration. */
export async function drawRun(parent: string, seed: string): Promise<DrawnRun> {
  const random = new Random(seed);
  const one = <T>(...choices: readonly T[]): T => choices[random.integer(choices.length)]!;
  const task = one('text', 'text', 'text', 'transduce', 'tag', 'classify');
  const beginning = one('new', 'overwrite', 'fine-tune');
  const name = one(...NAMES);
  const texts = task === 'text' ? one(['text.txt'], ['one.txt', 'two.txt']) : [`${task}.tsv`];
  const options = optionsOf(one, task);
  const model = modelPath(name);
  const state = lastPath(model);
  const out = [`--out=${name}`, '--overwrite'];
  const [start, end] = ['start', 'end'].map((folder) => join(parent, folder)) as [string, string];
  mkdirSync(start, { recursive: true });
  for (const [file, content] of Object.entries(TEXTS)) writeFileSync(join(start, file), content);
  if (beginning === 'fine-tune') {
    const first = task === 'text' ? ['first.txt'] : texts;
    await train(start, [...first, '--out', 'first.json', '--steps', '3', ...options.model]);
  }
  if (beginning === 'overwrite') {
    await train(start, [...texts, ...out, '--hidden', '6', '--steps', '3', '--save-every', '1', '--keep', '9']);
  }
  cpSync(start, end, { recursive: true });
  const first = beginning === 'fine-tune' ? ['--fine-tune', 'first.json'] : options.model;
  const begin = [...texts, ...out, ...first, ...options.run, ...options.saving];
  const resume = [...texts, ...one([`--out=${name}`, '--resume'], [`--resume=${state}`]), ...options.saving];
  const begun = performance.now();
  await train(end, begin);
  const duration = performance.now() - begun;
  const isSeriesExact = !options.saving.includes('0.05s');
  return { start, end, begin, resume, model, state, isSeriesExact, duration };
}

/** What `rnn train` is to be given in `folder`: the run goes on where it has left a state there, and begins where it hasn't. */
export function nextArguments({ start, begin, resume, state }: DrawnRun, folder: string): readonly string[] {
  const [before, now] = [start, folder].map((parent) => contentOf(join(parent, state)));
  return now && !(before && now.equals(before)) ? resume : begin;
}

/**
 * Whether the checkpoints in `folder` are, byte for byte, those of the uninterrupted run.
 *
 * @param hasSeries whether its series can be whole: a state is left out while the disk is full
 */
export function isSame({ end, model, state, isSeriesExact }: DrawnRun, folder: string, hasSeries = true): boolean {
  const filesIn = (parent: string): string[] => [
    model,
    state,
    ...(isSeriesExact && hasSeries ? keptPaths(join(parent, model)).map((path) => relative(parent, path)) : []),
  ];
  const files = filesIn(end);
  return (
    isDeepStrictEqual(filesIn(folder), files) &&
    files.every((file) => contentOf(join(folder, file))?.equals(contentOf(join(end, file))!))
  );
}

/** Throws where one of the run's checkpoints in `folder` is not whole. */
export function requireWhole({ model, state }: DrawnRun, folder: string): void {
  const paths = [model, state].map((file) => join(folder, file)).filter((path) => existsSync(path));
  for (const path of [...paths, ...keptPaths(join(folder, model))]) loadCheckpoint(path);
}

/** The temporary files and the locks beside the checkpoints in `folder`. */
export function leftovers({ model }: DrawnRun, folder: string): string[] {
  const beside = join(folder, dirname(model));
  return existsSync(beside) ? readdirSync(beside).filter((name) => /\.(tmp|lock|guard)$/.test(name)) : [];
}

/** What a run can be told that resuming could lose: of the model, of the training, and of saving, which is told again when it is resumed. */
function optionsOf(
  one: <T>(...choices: readonly T[]) => T,
  task: 'text' | 'transduce' | 'tag' | 'classify',
): Readonly<Record<'model' | 'run' | 'saving', readonly string[]>> {
  const isText = task === 'text';
  const [hidden, embedding, tied] = one([16, 0], [48, 5], [128, 5], [24, 24, '--tied']);
  const mayTie = isText || task === 'transduce';
  const model = [
    // A relu network that starts from the identity may diverge.
    `--cell ${one('lstm', 'lstm --init identity', `gru --reset ${one('before', 'after')}`, 'gru --init identity', 'rnn --activation tanh --init identity', 'rnn --activation relu')}`,
    `--layers ${one(1, 2)} --hidden ${hidden} --members ${one(1, 2)}`,
    `--embedding ${embedding} ${mayTie ? (tied ?? '') : ''}`,
    isText
      ? `--mode ${one('stream', 'lines', 'lines --separator \\n\\n')} --unit ${one('codepoint', 'byte', 'grapheme', 'token')}`
      : `--task ${task}`,
    isText ? '' : one('', '--no-bidirectional', '--reverse-source', '--fusion tanh'),
    task === 'transduce' ? `--attention ${one('none', 'dot', 'additive')}` : '',
    task === 'transduce' && !tied ? `--context ${one('first', 'every')}` : '',
  ];
  const holdsOut = one(true, true, false);
  const [final, factor] = [one(0.02, 0.3), one(0.5, 0.9)];
  const schedule = one(
    'constant',
    `linear --final-lr ${final}`,
    `cosine --final-lr ${final}`,
    `step --decay-factor ${factor} --decay-drops ${one(5, 2)}`,
    ...(holdsOut ? [`plateau --decay-factor ${factor} --decay-patience ${one(1, 3)}`] : []),
  );
  const run = [
    isText ? `--bptt ${one(8, 16)} --bptt-stride ${one(4, 8)} --min-count ${one(1, 3)}` : '',
    `--optimizer ${one('adam', 'sgd --momentum 0.9', 'sgd --momentum 0.5', 'rmsprop', 'adagrad')} --weight-decay ${one(0, 0.1)}`,
    holdsOut ? `--validation 0.2 ${one('', '--select accuracy')} ${one('', '', '--patience 4')}` : '--validation 0',
    `--schedule ${schedule} --warmup ${one(0, 20)} --dropout-input ${one(0, 0.1)} --dropconnect ${one(0, 0.2)}`,
    one(
      '',
      '--dropout 0.2',
      '--dropout-output 0.1',
      '--dropout 0.2 --variational',
      '--dropout-output 0.1 --variational',
    ),
    `--ema ${one(0, 0.9)} --clip-norm ${one(1, 5)} ${one('', '--clip-value 0.1')}`,
    `--on-divergence ${one('stop', 'rollback')} --test ${one('0', '0.1')}`,
    `--validate-every ${one(3, 10, 50)} --batch ${one(2, 5)} --lr 0.01`,
    one('--steps 150', '--steps 400', '--epochs 6.5'),
    `--seed ${one('1', 'other')}`,
  ];
  // The bits of `js` are its own, and it is slow.
  const kernel = hidden === 16 ? one('auto', 'wasm128', 'js') : one('auto', 'wasm128');
  const saving = [
    `--save-every ${one('1', '7', '0.05s')} --kernel ${kernel} --threads ${kernel === 'js' ? 1 : one(1, 2)} ${one('', '--json', '--quiet')}`,
    one('', '--keep 1', '--keep 3'),
  ];
  const split = (parts: readonly string[]): string[] => parts.flatMap((part) => part.split(' ')).filter(Boolean);
  return { model: split(model), run: split(run), saving: split(saving) };
}

async function train(cwd: string, args: readonly string[]): Promise<void> {
  const { status, stderr } = await rnnProcess(['train', ...args], { cwd });
  if (status !== 0) throw new Error(`rnn train ${args.join(' ')} ended with ${status}: ${stderr}`);
}

function contentOf(path: string): Buffer | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}
