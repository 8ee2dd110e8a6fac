import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readMetadata, writeMetadata } from '../../src/exchange/metadata.ts';
import { parseCheckpoint } from '../../src/nn/checkpoint.ts';

/** The text of a checkpoint that an earlier version of the program wrote, and what is in it. */
function frozen(version: number) {
  const text = readFileSync(new URL(`../golden/checkpoint-v${version}.json`, import.meta.url));
  return { text, written: JSON.parse(text.toString()) as Parameters<typeof writeMetadata>[0] };
}

test.each([1, 2, 3, 4, 5])('what version %i wrote beside tensors is read as its checkpoint is', (version) => {
  const { text, written } = frozen(version);
  const { model, vocabulary, run } = parseCheckpoint(text, 'the checkpoint');
  expect(readMetadata(writeMetadata(written), 'the file')).toEqual({ model, vocabulary, run });
});

test('a record that lacks one field of its own version is damaged', () => {
  const { written } = frozen(5);
  const { finishSteps: _, ...run } = written.run as { finishSteps: number };
  expect(() => readMetadata(writeMetadata({ ...written, run }), 'the file')).toThrow(/damaged: run\.finishSteps/);
});
