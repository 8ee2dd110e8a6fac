import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../src/nn/checkpoint.ts';
import { loadCheckpoint, saveCheckpoint } from '../../src/nn/checkpoint-file.ts';
import { file, PROSE, removeFolders, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

let folder: string;

beforeAll(async () => {
  folder = temporaryFolder();
  file(folder, 'text.txt', PROSE);
  file(folder, 'pairs.tsv', 'ab\tba\nabc\tcba\ncb\tbc\nca\tac\n'.repeat(4));
  for (const [text, out] of [
    ['text.txt', 'model'],
    ['pairs.tsv', 'pairs'],
  ] as const) {
    const kind = text === 'text.txt' ? ['--mode', 'stream', '--bptt', '16'] : ['--task', 'transduce'];
    const args = ['train', text, '--steps', '2', '--out', out, '--hidden', '8', '--layers', '1', ...kind];
    expect((await rnn(args, { cwd: folder })).status).toBe(0);
  }
  expect((await rnn(['export', 'model.json', 'model.onnx'], { cwd: folder })).status).toBe(0);
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
    ['train text.txt --sample-every 5 --quiet', "--quiet and --sample-every can't both be given; leave one out"],
    ['sample -c model.json --repetition-window 9', '--repetition-window is for --repetition-penalty; leave it out'],
    ['sample -c model.json --raw --json', "--raw and --json can't both be given; leave one out"],
    ['sample -c model.json -0 --json', "--json and --null can't both be given; leave one out"],
    ['sample -c model.json --prefix-file text.txt -0', "--prefix-file and --null can't both be given; leave one out"],
    ['beam -c model.json --raw --json', "--json and --raw can't both be given; leave one out"],
    ['beam -c pairs.json --source ab --scores', "--source and --scores can't both be given; leave one out"],
    ['beam -c pairs.json --scores --json', "--scores and --json can't both be given; leave one out"],
    ['score -c model.json --raw --json text.txt', "--json and --raw can't both be given; leave one out"],
    ['eval pairs.tsv -c pairs.json --confusion --json', "--confusion and --json can't both be given; leave one out"],
    ['info model.json --runtime', "--runtime and --checkpoint can't both be given; leave one out"],
    [
      'gradflow text.txt --fresh --cell lstm --reset after',
      '--reset is for --cell gru, and this is lstm; leave it out',
    ],
    ['gradflow text.txt --fresh --activation relu', '--activation is for --cell rnn, and this is lstm; leave it out'],
    ['gradflow text.txt -c model.json --double --kernel js', "--double and --kernel can't both be given; leave one"],
    ['bptt deep --fresh --reset after', '--reset is for --cell gru, and this is rnn; leave it out'],
    ['bench --cell lstm --reset before', '--reset is for --cell gru, and this is lstm; leave it out'],
    ['bench --task peak --hidden 64', '--hidden says nothing to --task peak; leave it out'],
    ['bench --task sample --profile', '--profile says nothing to --task sample; leave it out'],
    ['bench --task transduce --bptt 9', '--bptt says nothing to --task transduce; leave it out'],
    ['import model.onnx --reset after', 'model.onnx: the file says it; leave out --reset'],
    ['playground --html - --overwrite', '--overwrite is for a file; leave it out'],
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
