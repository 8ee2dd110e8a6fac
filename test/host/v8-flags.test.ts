import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  compilerFlags,
  opposite,
  type Runtime,
  relaxedSimdFlagOf,
  revectorizeFlagOf,
} from '../../src/host/v8-flags.ts';

const LINUX = { arch: 'x64', platform: 'linux' };
const NODE_20 = { ...LINUX, v8: '11.3.244.8-node.38' };
const NODE_22 = { ...LINUX, v8: '12.4.254.21-node.57' };
const NODE_24 = { ...LINUX, v8: '13.6.233.17-node.53' };
const NODE_25 = { ...LINUX, v8: '14.1.146.11-node.25' };
const NODE_26 = { ...LINUX, v8: '14.6.202.34-node.34' };
const HERE: Runtime = { v8: process.versions.v8, arch: process.arch, platform: process.platform };

const OLD_NAME = '--experimental-wasm-revectorize';
const NEW_NAME = '--wasm-revectorize';

describe('the flag that turns the revectorizer on', () => {
  test.each([
    [NODE_20, undefined],
    [NODE_22, OLD_NAME],
    [NODE_24, OLD_NAME],
    [NODE_25, OLD_NAME],
    [NODE_26, OLD_NAME],
    [{ ...LINUX, v8: '15.0.245.2' }, OLD_NAME],
    [{ ...LINUX, v8: '15.3.76' }, OLD_NAME],
    [{ ...LINUX, v8: '15.4.1' }, NEW_NAME],
    [{ ...LINUX, v8: '15.10.3' }, NEW_NAME],
    [{ ...LINUX, v8: '16.0.12-node.1' }, NEW_NAME],
    [{ ...LINUX, v8: '0' }, undefined],
    [{ ...NODE_24, platform: 'win32' }, OLD_NAME],
    [{ ...NODE_24, platform: 'darwin' }, undefined],
    [{ ...NODE_24, arch: 'arm64' }, undefined],
    [{ arch: 'arm64', platform: 'darwin', v8: '15.4.1' }, undefined],
  ])('%o: %s', (runtime, flag) => {
    expect(revectorizeFlagOf(runtime)).toBe(flag);
    expect(compilerFlags(runtime, true).filter((each) => each.includes('revectorize'))).toEqual(flag ? [flag] : []);
    expect(compilerFlags(runtime, false).join()).not.toContain('revectorize');
  });
});

test('inlining is turned off from V8 13 on, and relaxed SIMD on before V8 12', () => {
  expect(compilerFlags(NODE_22, true)).not.toContain('--no-wasm-inlining');
  expect(compilerFlags(NODE_24, true)).toContain('--no-wasm-inlining');
  expect(relaxedSimdFlagOf(NODE_20)).toBe('--experimental-wasm-relaxed-simd');
  expect(relaxedSimdFlagOf(NODE_22)).toBeUndefined();
});

test('a flag and its opposite', () => {
  expect(opposite('--no-liftoff')).toBe('--liftoff');
  expect(opposite('--liftoff')).toBe('--no-liftoff');
});

test('this V8 knows the flags that are meant for it, and prints nothing at them', () => {
  const flags = compilerFlags(HERE, true);
  const script = `const { setFlagsFromString } = require('node:v8');
    for (const flag of ${JSON.stringify([...flags, ...flags.map(opposite)])}) setFlagsFromString(flag);`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('a revectorizer of this V8 goes by the name that is expected', () => {
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const known = stdout.match(/--(experimental-)?wasm-revectorize(?= \()/)?.[0];
  expect(revectorizeFlagOf(HERE)).toBe(known);
});
