import { describe, expect, test } from 'vitest';
import { importModel } from '../../src/exchange/import.ts';
import { toPyTorchFolder } from '../../src/exchange/pytorch-folder.ts';
import { LINES, run, STREAM } from '../helpers/training.ts';
import { joined } from './models.ts';

/** The tensors of whole numbers of a safetensors file. */
function integerTensors(bytes: Buffer): Record<string, { dtype: string; values: number[] }> {
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  return Object.fromEntries(
    Object.entries(header).map(
      ([
        name,
        {
          dtype,
          data_offsets: [from, to],
        },
      ]) => [name, { dtype, values: [...bytes.subarray(8 + length + from, 8 + length + to)] }],
    ),
  );
}

describe('a folder to train on in PyTorch', () => {
  test('a stream: has the model, the parts of the text in order, and a recipe without gaps', async () => {
    const { last } = await run(STREAM, { limits: { steps: 3 }, validation: 0.1, test: 0.1 });
    const files = toPyTorchFolder(last.checkpoint, STREAM);
    expect([...files.keys()]).toEqual(['model.safetensors', 'corpus.safetensors', 'recipe.json', 'train.py']);
    const { train, validation, test: held } = integerTensors(joined(files.get('corpus.safetensors')!));
    expect([...train!.values, ...validation!.values, ...held!.values]).toEqual([...STREAM.ids]);
    expect(train!.dtype).toBe('U8');
    const recipe = JSON.parse(joined(files.get('recipe.json')!).toString());
    expect(recipe).toMatchObject({
      ...{
        rows: 4,
        window: 8,
        stride: 8,
        limits: { steps: 3 },
        rate: 0.01,
        clipNorm: 5,
        clipValue: null,
        stop: null,
        seed: 'test',
      },
      optimizer: { name: 'adam', beta1: 0.9, epsilon: 1e-8 },
      schedule: { name: 'constant', warmup: 0 },
      dropout: { input: 0, layers: 0, output: 0, recurrent: 0, variational: false },
    });
    expect(recipe.validateEvery).toBeGreaterThan(0);
    const { checkpoint } = importModel(joined(files.get('model.safetensors')!), 'it');
    expect(checkpoint.parameters).toEqual(last.checkpoint.parameters);
    expect(checkpoint.vocabulary).toEqual(last.checkpoint.vocabulary);
    expect(checkpoint.run).toMatchObject({
      step: 0,
      epoch: 0,
      history: [],
      corpus: { hash: STREAM.hash, mode: 'stream' },
    });
    expect(joined(files.get('train.py')!).toString()).toMatch(/^#!\/usr\/bin\/env python3\n"""/);
  });

  test('lines: each part is <stop> line <stop> line … <stop>, and no line is lost', async () => {
    const { last } = await run(LINES, { limits: { steps: 2 }, validation: 0.2 });
    const files = toPyTorchFolder(last.checkpoint, LINES);
    const tensors = integerTensors(joined(files.get('corpus.safetensors')!));
    const lines = Object.values(tensors).flatMap(({ values }) => {
      const text = LINES.vocabulary;
      if (values.length > 0) expect([values[0], values.at(-1)]).toEqual([text.stop, text.stop]);
      return values
        .map((id) => (id === text.stop ? '\n' : text.decode([id])))
        .join('')
        .split('\n')
        .filter((line) => line !== '');
    });
    const all = [...LINES.ids]
      .map((id) => (id === LINES.vocabulary.stop ? '\n' : LINES.vocabulary.decode([id])))
      .join('');
    expect(lines.sort()).toEqual(
      all
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    );
    expect(tensors.test!.values).toEqual([]);
    expect(JSON.parse(joined(files.get('recipe.json')!).toString())).toMatchObject({ stop: LINES.vocabulary.stop });
  });
});
