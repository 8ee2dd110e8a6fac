import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../src/nn/checkpoint.ts';
import { loadCheckpoint, saveCheckpoint } from '../../src/nn/checkpoint-file.ts';
import { file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

let folder: string;

beforeAll(async () => {
  folder = temporaryFolder();
  file(folder, 'text.txt', PROSE);
  const { status } = await rnn(['train', 'text.txt', '--steps', '2', '--out', 'model', ...TINY], { cwd: folder });
  expect(status).toBe(0);
});
afterAll(removeFolders);

describe('an option that can never act is refused:', () => {
  test.each([
    [
      'train text.txt --optimizer adam --momentum 0.9',
      '--momentum is for --optimizer sgd, and this is adam; leave it out',
    ],
    ['train text.txt --schedule constant --final-lr 0.1', '--final-lr is for --schedule linear or cosine, and this is'],
    ['train text.txt --cell lstm --reset after', '--reset is for --cell gru, and this is lstm; leave it out'],
    ['train text.txt --activation relu', '--activation is for --cell rnn, and this is gru; leave it out'],
    ['train text.txt --patience 3 --validation 0', '--patience needs a part that is held out; give --validation'],
    [
      'train text.txt --schedule plateau --validation 0',
      '--schedule plateau needs a part that is held out; give --val',
    ],
    ['train text.txt --finish all --validation 0', '--finish all needs a part that is held out; give --validation'],
    [
      'train text.txt --variational',
      '--variational is for the dropout of what layers hand on, and there is none; give',
    ],
    ['train text.txt --overwrite', '--overwrite is for --out; name the file to replace, or leave it out'],
    ['train text.txt --fine-tune model.json --momentum 0.9', '--momentum is for --optimizer sgd, and this is adam'],
    ['train text.txt --fine-tune model.json --patience 3 --validation 0', '--patience needs a part that is held out'],
  ])('rnn %s', async (line, problem) => {
    const { status, stdout, stderr } = await rnn(line.split(' '), { cwd: folder });
    expect(stderr.trimEnd().split('\n').at(-1)).toContain(`rnn: ${problem}`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

test('a run that an earlier program began with such options is read, resumed and tuned', async () => {
  const names = ['model.json', 'model.last.json'] as const;
  for (const name of names) {
    const { run, ...rest } = loadCheckpoint(join(folder, name));
    const { recipe, ...others } = run as { recipe: Record<string, object> };
    const old = { patience: 3, validation: 0, schedule: { ...recipe.schedule, name: 'plateau' } };
    const optimizer = { ...recipe.optimizer, momentum: 0.5 };
    const changed = { ...others, recipe: { ...recipe, ...old, optimizer }, history: [] };
    saveCheckpoint(join(folder, `old${name.slice(5)}`), { ...rest, run: changed } as unknown as Checkpoint);
  }
  const resumed = await rnn(['train', 'text.txt', '--resume', 'old.last.json', '--steps', '4'], { cwd: folder });
  expect(resumed).toMatchObject({ status: 0, stdout: 'old.json\n' });
  expect(JSON.parse(readFileSync(join(folder, 'old.json'), 'utf8')).run.recipe).toMatchObject({
    patience: 3,
    validation: 0,
    schedule: { name: 'plateau' },
    optimizer: { name: 'adam', momentum: 0.5 },
  });
  const tuned = await rnn(['train', 'text.txt', '--fine-tune', 'old.json', '--steps', '1'], { cwd: folder });
  expect(tuned.status).toBe(0);
});
