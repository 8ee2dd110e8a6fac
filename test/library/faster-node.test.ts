import { expect, test } from 'vitest';
import { fasterNode } from '../../src/library/faster-node.ts';

const here = { version: 'v20.19.0', platform: 'linux', arch: 'x64' };

test('an older Node on a processor with the faster kernel is told of', () => {
  expect(fasterNode('wasm128', here)).toBe(
    'this is Node 20.19.0: with Node 24 or newer, training is up to twice as fast on this kind of processor',
  );
  expect(fasterNode('wasm128', { ...here, version: 'v22.12.0' })).toMatch(/^this is Node 22\.12\.0/);
});

test.each([
  ['wasm256', {}],
  ['js', {}],
  ['wasm128', { version: 'v24.0.0' }],
  ['wasm128', { version: 'v26.1.0' }],
  ['wasm128', { arch: 'arm64' }],
  ['wasm128', { platform: 'darwin' }],
])('%s with %j is not', (kernel, other) => expect(fasterNode(kernel, { ...here, ...other })).toBeUndefined());
