import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importModel } from '../../src/exchange/import.ts';
import type { ImportOptions } from '../../src/exchange/options.ts';
import { writeSafetensors } from '../../src/exchange/safetensors.ts';
import { listSymbols } from '../../src/exchange/symbols.ts';
import { Manifest } from '../../src/nn/manifest.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';
import { checkpointOf, joined, largestDifference, logitsOf, MODELS } from './models.ts';

/** A file of another program, as test/golden/exchange.py describes it. */
interface ForeignCase {
  readonly file: string;
  readonly options: ImportOptions & { readonly symbols: string };
  /** Symbols by the file's own numbers. */
  readonly text: readonly number[];
  /** After every tenth symbol. */
  readonly logits: readonly (readonly number[])[];
}

const FOLDER = new URL('../golden/exchange/', import.meta.url);
const CASES = JSON.parse(readFileSync(new URL('cases.json', FOLDER), 'utf8')) as readonly ForeignCase[];
const EVERY = 10;

const NOTES: Readonly<Record<string, readonly RegExp[]>> = {
  'one-hot-gru-double.safetensors': [/float64 numbers were rounded to float32/],
  'relu-half.safetensors': [/float16 numbers .* 11 bits/],
  'tanh-bfloat16.safetensors': [/bfloat16 numbers .* 8 bits/, /nothing says which activation/],
  'no-bias.safetensors': [/no biases; here they are 0/],
  'tied.safetensors': [/output layer has no bias; here it is 0/],
};

describe('a model of another program', () => {
  test.each(CASES)('$file: predicts what that program predicts', ({ file, options, text, logits }) => {
    const { checkpoint, notes } = importModel(readFileSync(new URL(file, FOLDER)), file, options);
    const vocabulary = Vocabulary.fromJSON(checkpoint.vocabulary);
    // Numbers of symbols here, for each of the file's own.
    const ids = listSymbols(options.symbols).map((symbol) => vocabulary.id(symbol)!);
    const ours = logitsOf(
      checkpoint,
      text.map((symbol) => ids[symbol]!),
    );
    const rows = ours.filter((_, step) => step % EVERY === EVERY - 1).map((row) => ids.map((id) => row[id]!));
    expect(rows).toHaveLength(20);
    expect(largestDifference(rows, logits)).toBeLessThan(1e-5);
    const expected = NOTES[file] ?? [];
    expect(notes).toHaveLength(expected.length);
    for (const [index, note] of notes.entries()) expect(note).toMatch(expected[index]!);
  });
});

describe('a safetensors file with the names of a checkpoint', () => {
  test.each(MODELS.filter(({ config }) => config.activation === 'tanh'))(
    '$label: is taken without metadata',
    ({ config }) => {
      const { model, parameters } = checkpointOf(config);
      const tensors = new Manifest(model).views.map(({ name, shape, offset, size }) => ({
        ...{ name, shape },
        values: () => parameters.slice(offset, offset + size),
      }));
      const file = joined(writeSafetensors(tensors, new Map()));
      const symbols = 'abcdefghi'.slice(0, model.symbols);
      const isVanilla = model.cell === 'rnn';
      const options: ImportOptions = { symbols, ...(isVanilla ? { activation: 'tanh' } : {}) };
      const { checkpoint } = importModel(file, 'it', options);
      expect(checkpoint.model).toEqual(model);
      expect(checkpoint.parameters).toEqual(parameters);
      if (isVanilla) return;
      expect(() => importModel(file, 'it', { symbols, activation: 'relu' })).toThrow(
        `it: its cell, ${model.cell}, has no activation; leave it out`,
      );
    },
  );
});
