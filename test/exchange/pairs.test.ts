import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exportModel, safetensorsOf } from '../../src/exchange/export.ts';
import { importModel } from '../../src/exchange/import.ts';
import { readSafetensors, writeSafetensors } from '../../src/exchange/safetensors.ts';
import type { Checkpoint } from '../../src/nn/checkpoint.ts';
import { trainedPairs } from '../helpers/pair-checkpoints.ts';
import { textOf } from '../helpers/training.ts';
import { joined, largestDifference } from './models.ts';
import { drawnPairConfig, logsOf, onnxOf, PAIR_MODELS, pairCheckpointOf } from './pair-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'rnn-exchange-pairs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CASES = [
  ...PAIR_MODELS,
  ...Array.from({ length: 16 }, (_, seed) => ({ label: `drawn by the seed ${seed}`, config: drawnPairConfig(seed) })),
];

const FORMATS = [
  { format: 'safetensors', write: (checkpoint: Checkpoint) => joined(safetensorsOf(checkpoint)) },
  { format: 'ONNX', write: onnxOf },
] as const;

describe.each(FORMATS)('$format of a model of pairs', ({ write }) => {
  test.each(CASES)('$label: what is imported is what was exported, to the bit', ({ config }) => {
    const checkpoint = pairCheckpointOf(config);
    const { checkpoint: back, notes } = importModel(write(checkpoint), 'it');
    expect(notes).toEqual([]);
    expect(Buffer.from(back.parameters.buffer)).toEqual(Buffer.from(checkpoint.parameters.buffer));
    expect(textOf(back)).toBe(textOf(checkpoint));
  });

  test.each(['tag', 'classify', 'transduce'] as const)(
    'a model that was trained to %s comes back with both vocabularies and its history',
    async (task) => {
      const checkpoint = await trainedPairs(task, { steps: 3 });
      const { checkpoint: back } = importModel(write(checkpoint), 'it');
      expect(textOf(back)).toBe(textOf(checkpoint));
    },
  );
});

describe('safetensors of a model of pairs', () => {
  test('a tied table is written twice: for the decoder and for the output', () => {
    const { config } = PAIR_MODELS.find(({ label }) => label.includes('tied'))!;
    const { tensors } = readSafetensors(joined(safetensorsOf(pairCheckpointOf(config))), 'it');
    const [table, output] = ['decoder.embedding.weight', 'output.weight'].map((name) => tensors.get(name)!.values());
    expect(output).toEqual(table);
    expect(tensors.get('encoder.embedding.weight')!.values()).not.toEqual(table);
    expect([...tensors.keys()].filter((name) => name.endsWith('output.weight'))).toEqual([
      'attention.output.weight',
      'output.weight',
    ]);
  });
});

/** A file of PyTorch, as test/golden/exchange_pairs.py describes it. */
interface FrozenPair {
  readonly file: string;
  readonly source: readonly number[];
  readonly target: readonly number[];
  readonly logs: readonly (readonly number[])[];
}

describe('a model of pairs that PyTorch saved', () => {
  const frozen = new URL('../golden/exchange/', import.meta.url);
  const cases = JSON.parse(readFileSync(new URL('pairs.json', frozen), 'utf8')) as readonly FrozenPair[];

  test.each(cases)('$file: predicts what PyTorch predicts', ({ file, source, target, logs }) => {
    const { checkpoint, notes } = importModel(readFileSync(new URL(file, frozen)), file);
    expect(notes).toEqual([]);
    expect(logs).toHaveLength(target.length);
    expect(largestDifference(logsOf(checkpoint, { source, target }), logs)).toBeLessThan(1e-5);
  });
});

describe('a file of a model of pairs that is not whole', () => {
  const { config } = PAIR_MODELS.find(({ label }) => label.includes('additive, fused'))!;
  const file = () => readSafetensors(joined(safetensorsOf(pairCheckpointOf(config))), 'it');
  const taken = (metadata: ReadonlyMap<string, string>, without = '') => {
    const tensors = [...file().tensors.values()].filter(({ name }) => name !== without);
    return () => importModel(joined(writeSafetensors(tensors, metadata)), 'it');
  };

  test.each([
    ['encoder.recurrent.1.weight_ih_l0_reverse', '[16, 4]'],
    ['decoder.start_cell.1.weight', '[4, 8]'],
    ['encoder.fusion.0.weight', '[4, 8]'],
    ['attention.vector', '[4]'],
    ['attention.output.weight', '[4, 8]'],
  ])('without %s', (name, shape) => {
    expect(taken(file().metadata, name)).toThrow(`it: the tensor ${name} ${shape} is missing`);
  });

  test('whose vocabulary of sources is missing or has another size', () => {
    const changed = (key: string, change: (value: Record<string, unknown>) => object) => {
      const { metadata } = file();
      return new Map([...metadata, [key, JSON.stringify(change(JSON.parse(metadata.get(key)!)))]]);
    };
    const more = changed('charnn.model', (model) => ({ ...model, sourceSymbols: 8 }));
    expect(taken(more)).toThrow('it: its vocabulary has 7 symbols, its model 8; export the model again');
    const without = changed('charnn.vocabulary', ({ target }) => ({ target }));
    expect(taken(without)).toThrow(/^it: .*vocabulary/);
    const unsaid = changed('charnn.model', ({ sourceSymbols: _, ...model }) => model);
    expect(taken(unsaid)).toThrow('it: its vocabulary has 7 symbols, its model 0; export the model again');
  });
});

describe('what other formats have not', () => {
  test.each(['ml5', 'pytorch'] as const)('%s refuses a model of pairs by its task', (to) => {
    const checkpoint = pairCheckpointOf(PAIR_MODELS[0]!.config);
    expect(() => exportModel(checkpoint, join(folder, to), { to })).toThrow(
      `a model of pairs (task tag) can't be exported as ${to}; export it as one of safetensors, onnx, html`,
    );
  });

  test.each([
    [
      { cell: 'gru', reset: 'before' },
      /^PyTorch has no module for a GRU that resets before the product: .*imported here/,
    ],
    [{ cell: 'rnn', activation: 'logistic' }, /^PyTorch has no module for a logistic RNN: .*imported here/],
  ] as const)('%o: the note says that PyTorch has no module for it', (cell, note) => {
    const checkpoint = pairCheckpointOf({ ...PAIR_MODELS[0]!.config, ...cell });
    const { notes } = exportModel(checkpoint, join(folder, `${cell.cell}.safetensors`));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(note);
  });
});
