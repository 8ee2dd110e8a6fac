import { expect, test } from 'vitest';
import { Random } from '../../src/random.ts';
import { fuzzOnnx, fuzzSafetensors } from './exchange-subjects.ts';
import { fuzzCheckpoint, fuzzCorpus, fuzzOptions } from './subjects.ts';

// The short form of `npm run fuzz`.
test.each([
  { what: 'damaged checkpoints', fuzz: fuzzCheckpoint, cases: 1500 },
  { what: 'damaged texts', fuzz: fuzzCorpus, cases: 400 },
  { what: 'wild option lists', fuzz: fuzzOptions, cases: 100 },
  { what: 'damaged safetensors files', fuzz: fuzzSafetensors, cases: 500 },
  { what: 'damaged ONNX files', fuzz: fuzzOnnx, cases: 500 },
])('$cases $what are taken, or refused in a line', async ({ fuzz, cases }) => {
  const seed = String(Date.now());
  let refused = 0;
  for (let count = 0; count < cases; count++) {
    try {
      if ((await fuzz(new Random(`${seed}/${count}`))).refused) refused++;
    } catch (error) {
      throw new Error(`seed ${seed}/${count}: ${(error as Error).message}`, { cause: error });
    }
  }
  expect(refused).toBeGreaterThan(cases / 10);
  expect(refused).toBeLessThan(cases);
});
