import { expect, test } from 'vitest';
import { kernelRemark } from '../../src/pages/kernel-remark.ts';
import type { Opened } from '../../src/pages/playground/protocol.ts';
import { openedWords } from '../../src/pages/playground/words.ts';

test('a page says where its kernels are slower or round otherwise, and nothing else of them', () => {
  const reason = 'vectors have 128 bits in browsers';
  expect(kernelRemark({ name: 'wasm128', reason })).toBeUndefined();
  expect(kernelRemark({ name: 'wasm128', reason, roundsTwice: true })).toMatch(
    /no relaxed SIMD, so the last digits differ/,
  );
  expect(kernelRemark({ name: 'js', reason: 'this browser runs no WebAssembly' })).toMatch(
    /many times slower: this browser runs no WebAssembly\.$/,
  );
});

test('the playground says why a checkpoint that was opened does not go on', () => {
  const opened = { name: 'book.json', step: 20 } as Opened;
  expect(openedWords(opened, '')).toMatch(
    /^book\.json is open, a network after 20 steps\. This page does not have its text, so/,
  );
  expect(openedWords({ ...opened, text: {} } as Opened, '')).toMatch(/The file holds no state of its run, so/);
  expect(openedWords({ ...opened, begun: {} } as Opened, 'The GRU of 1 × 8 units')).toBe(
    'book.json is open: the GRU of 1 × 8 units after 20 steps. Train goes on with its run.',
  );
});
