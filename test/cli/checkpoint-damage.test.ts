import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCheckpoint } from '../../src/nn/checkpoint.ts';
import { VERSION } from '../../src/nn/checkpoint-versions.ts';
import { file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

let folder: string;
/** The newest state of a run: a whole checkpoint, with what resuming needs. */
let whole: string;

beforeAll(async () => {
  folder = temporaryFolder();
  file(folder, 'text.txt', PROSE);
  const { status } = await rnn(
    ['train', 'text.txt', '--steps', '3', '--cell', 'lstm', '--out', 'model.json', ...TINY],
    { cwd: folder },
  );
  expect(status).toBe(0);
  whole = readFileSync(join(folder, 'model.last.json'), 'utf8');
});
afterAll(removeFolders);

interface Tensor {
  shape: number[];
  dtype: string;
  data: string;
}
interface CheckpointFile {
  format: unknown;
  version: unknown;
  model: Record<string, unknown>;
  vocabulary: { unit: string; stop: boolean; unknown: boolean; symbols: string[] };
  run: { step: number; history: unknown; recipe: { model: Record<string, unknown> } };
  tensors: Record<string, Tensor>;
  resume: { data: unknown; tensors: Record<string, Tensor> };
}

let count = 0;

/** Writes a checkpoint to which something has been done. */
function changed(change: (checkpoint: CheckpointFile) => void): string {
  const checkpoint = JSON.parse(whole) as CheckpointFile;
  change(checkpoint);
  return written(JSON.stringify(checkpoint));
}

function written(text: string): string {
  return file(folder, `changed-${count++}.json`, text);
}

/** The commands that read a checkpoint. */
const READERS: readonly ((path: string) => string[])[] = [
  (path) => ['info', path],
  (path) => ['sample', '--checkpoint', path, '--length', '5'],
  (path) => ['beam', '--checkpoint', path],
  (path) => ['train', 'text.txt', '--resume', path],
];

/** Says in a line what is wrong with a checkpoint, and ends with status 1: a command, each time the next. */
async function expectRefused(
  path: string,
  message: RegExp,
  readers: typeof READERS = [READERS[count % READERS.length]!],
): Promise<void> {
  for (const reader of readers) {
    const { status, stdout, stderr } = await rnn(reader(path), { cwd: folder });
    expect(stderr).toMatch(/^rnn: [^\n]*changed-\d+\.json: [^\n]*\n$/);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch('a fault of the program');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  }
}

const BIAS = 'layers.0.bias';

describe('a checkpoint that is', () => {
  test('of a newer version', () =>
    expectRefused(
      changed((it) => {
        it.version = VERSION + 1;
      }),
      new RegExp(
        `a checkpoint of version ${VERSION + 1}, newer than this program, which reads versions up to ${VERSION}; use the program that wrote it`,
      ),
      READERS,
    ));
  test('of another format', () =>
    expectRefused(
      changed((it) => {
        it.format = 'pytorch';
      }),
      /not a checkpoint of this program/,
    ));
  test.each(['{}', '[]', 'null', '1', '"text"'])('other JSON: %s', (text) =>
    expectRefused(written(text), /not a checkpoint of this program/),
  );
  test.each(['', '{"format": "charnn checkpoint",'])('not whole JSON: %j', (text) =>
    expectRefused(written(text), /it is not whole JSON/),
  );
  test.each(['not JSON', '\u0000\u0001', 'Anna\nBert\n'])('not JSON at all: %j', (text) =>
    expectRefused(written(text), /: not a checkpoint: it is not JSON; give a \.json that `rnn train` wrote$/m),
  );

  const changes: Record<string, [RegExp, (it: CheckpointFile) => void]> = {
    'with a tensor missing': [
      /the tensor layers\.0\.bias is missing/,
      (it) => {
        delete it.tensors[BIAS];
      },
    ],
    'with a tensor too many': [
      /its configuration has no tensor "layers\.7\.bias"/,
      (it) => {
        it.tensors['layers.7.bias'] = it.tensors[BIAS]!;
      },
    ],
    'with another shape': [
      /the tensor layers\.0\.bias is \[31\], where its configuration says \[32\]/,
      (it) => {
        it.tensors[BIAS]!.shape = [31];
      },
    ],
    'with another configuration': [
      /the tensor \S+ is \[.*\], where its configuration says \[.*\]/,
      (it) => {
        it.model.hidden = 16;
      },
    ],
    'with a configuration out of bounds': [
      /model\.hidden: /,
      (it) => {
        it.model.hidden = 1e9;
      },
    ],
    'with a configuration that asks for all the memory there is': [
      /its configuration asks for \d+ parameters, more than/,
      (it) => {
        Object.assign(it.model, { hidden: 32_768, layers: 64 });
      },
    ],
    'with bytes missing': [
      /the tensor layers\.0\.bias \[32\] has \d+ bytes, not 128/,
      (it) => {
        it.tensors[BIAS]!.data = it.tensors[BIAS]!.data.slice(0, -4);
      },
    ],
    'with something other than base64': [
      /the tensor layers\.0\.bias /,
      (it) => {
        it.tensors[BIAS]!.data = `!?${it.tensors[BIAS]!.data.slice(2)}`;
      },
    ],
    'with another type of number': [
      /tensors\.layers\.0\.bias\.dtype: /,
      (it) => {
        it.tensors[BIAS]!.dtype = 'float64';
      },
    ],
    'with a NaN': [
      /the tensor layers\.0\.bias has NaN at 1/,
      (it) => {
        const values = new Float32Array(32);
        values[1] = Number.NaN;
        it.tensors[BIAS]!.data = Buffer.from(values.buffer).toString('base64');
      },
    ],
    'with an infinity': [
      /the tensor layers\.0\.bias has -Infinity at 0/,
      (it) => {
        const values = new Float32Array(32).fill(Number.NEGATIVE_INFINITY);
        it.tensors[BIAS]!.data = Buffer.from(values.buffer).toString('base64');
      },
    ],
    'with a symbol missing in its vocabulary': [
      /its vocabulary has \d+ symbols, its model \d+; use another/,
      (it) => {
        it.vocabulary.symbols.pop();
      },
    ],
    'with its vocabulary in another order': [
      /the vocabulary is damaged: its symbols must ascend/,
      (it) => {
        it.vocabulary.symbols.reverse();
      },
    ],
    'with a vocabulary of two letters a symbol': [
      /the vocabulary is damaged: symbol 0 is "ab", not one code point/,
      (it) => {
        it.vocabulary.symbols[0] = 'ab';
      },
    ],
  };
  test.each(Object.entries(changes))('%s', (_, [message, change]) => expectRefused(changed(change), message));

  test.each([
    ['the whole', '{'],
    ['the model', '"model": {'],
    ['a tensor', '"layers.0.bias": {'],
  ])('with a __proto__ in %s', (_, place) => {
    const text = whole.replace(place, `${place}"__proto__": {"shape": [1], "dtype": "float32", "data": "AAAAAA=="},`);
    expect(text).not.toBe(whole);
    return expectRefused(written(text), /the checkpoint is damaged|not a checkpoint/);
  });

  test('with a __proto__ among the tensors, which is nobody’s prototype', () => {
    const tensor = '"__proto__": {"shape": [1], "dtype": "float32", "data": "AAAAAA=="},';
    const checkpoint = parseCheckpoint(whole.replaceAll('"tensors": {', `"tensors": {${tensor}`), 'it');
    expect(checkpoint).toEqual(parseCheckpoint(whole, 'it'));
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('cut off, anywhere', async () => {
    for (const share of [0.001, 0.1, 0.5, 0.9, 0.999]) {
      const path = written(whole.slice(0, Math.floor(share * whole.length)));
      const { status, stdout, stderr } = await rnn(['info', path], { cwd: folder });
      expect(stderr).toMatch(/^rnn: [^\n]*: the checkpoint is damaged: it is not whole JSON[^\n]*\n$/);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    }
  });

  test('a folder, or missing', async () => {
    expect(await rnn(['info', '.'], { cwd: folder })).toMatchObject({
      status: 1,
      stderr: 'rnn: .: is a directory; name a checkpoint in it\n',
    });
    expect(await rnn(['info', 'nowhere.json'], { cwd: folder })).toMatchObject({
      status: 1,
      stderr: 'rnn: nowhere.json: there is no such checkpoint; make one with `rnn train`\n',
    });
  });
});

test('a checkpoint of version 1 is read, and its run resumed', async () => {
  // Made by the last program of version 1: `rnn train tobe.txt --mode stream --hidden 2 --layers 1 --embedding 2 --batch 2 --bptt 4
  // --steps 6 --validation 0.2` on this text.
  const cwd = temporaryFolder();
  file(cwd, 'tobe.txt', 'to be or not to be\n'.repeat(6));
  const old = readFileSync(new URL('../golden/checkpoint-v1.json', import.meta.url));
  expect(JSON.parse(old.toString())).toMatchObject({ version: 1 });
  const path = file(cwd, 'old.last.json', old);
  for (const args of [
    ['info', path],
    ['sample', '-c', path, '--length', '5'],
    ['beam', '-c', path],
  ]) {
    expect(await rnn(args, { cwd })).toMatchObject({ status: 0 });
  }
  const resumed = await rnn(['train', 'tobe.txt', '--resume', path, '--steps', '9'], { cwd });
  expect(resumed.stderr).toMatch('all steps: 9 steps');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    version: VERSION,
    model: { tied: false, members: 1 },
    run: { step: 9 },
  });
});

describe('a state that can’t be resumed', () => {
  async function expectNotResumed(path: string, message: RegExp, text = 'text.txt'): Promise<void> {
    const { status, stdout, stderr } = await rnn(
      ['train', text, '--resume', path, '--out', `${path}.resumed`, '--quiet'],
      { cwd: folder },
    );
    expect(stderr).toMatch(/^rnn: [^\n]*\n$/);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch('a fault of the program');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  }

  test('the best model, which has none', () =>
    expectNotResumed('model.json', /model\.json: has no state to resume from; give the \.last\.json beside it/));
  test('of another text', () =>
    expectNotResumed(
      'model.last.json',
      /trained on another text than this one/,
      file(folder, 'other.txt', PROSE.slice(2)),
    ));
  test('of a text with other symbols', () =>
    expectNotResumed('model.last.json', /"é" \(U\+00E9\) is not in the vocabulary/, file(folder, 'é.txt', 'é')));

  const changes: Record<string, [RegExp, (it: CheckpointFile) => void]> = {
    'with its record missing': [
      /damaged: run\.recipe: /,
      (it) => {
        it.run = {} as CheckpointFile['run'];
      },
    ],
    'with a record of another model': [
      /its model has hidden 8, its run 9/,
      (it) => {
        it.run.recipe.model.hidden = 9;
      },
    ],
    'with a moment missing': [
      /moment\.0 has 0 numbers, not \d+/,
      (it) => {
        delete it.resume.tensors['moment.0'];
      },
    ],
    'with a moment too short': [
      /moment\.1 has 1 numbers, not \d+/,
      (it) => {
        it.resume.tensors['moment.1'] = { shape: [1], dtype: 'float32', data: 'AAAAAA==' };
      },
    ],
    'with its place in the text lost': [
      /can't be resumed: resume\.batches\.mode: /,
      (it) => {
        (it.resume.data as { batches: unknown }).batches = { position: -1 };
      },
    ],
    'with its progress lost': [
      /can't be resumed: resume\./,
      (it) => {
        it.resume.data = 5;
      },
    ],
  };
  test.each(Object.entries(changes))('%s', (_, [message, change]) => expectNotResumed(changed(change), message));
});
