import { describe, expect, it } from 'vitest';
import { chooseKernel } from '../../src/kernel/choose.ts';
import { hasWasm } from './subjects.ts';

describe('chooseKernel', () => {
  it('gives plain JavaScript where that is asked for', () => {
    expect(chooseKernel('js')).toEqual({ name: 'js', reason: 'asked for' });
  });

  it.runIf(hasWasm)('chooses one of the WebAssembly kernels, and says why', () => {
    const { name, module, reason } = chooseKernel('auto');
    expect(name).toMatch(/^wasm(128|256)$/);
    expect(module).toBeInstanceOf(WebAssembly.Module);
    expect(reason).toMatch(/GFLOPS/);
  });

  it.runIf(hasWasm).each(['wasm128', 'wasm256'] as const)('gives %s where that is asked for', (name) => {
    expect(chooseKernel(name).name).toBe(name);
  });

  it.skipIf(hasWasm)('falls back to plain JavaScript, and says why', () => {
    const { name, reason } = chooseKernel('auto');
    expect(name).toBe('js');
    expect(reason).not.toBe('');
    expect(() => chooseKernel('wasm256')).toThrow(/wasm256 is not available/);
  });
});
