import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { chooseKernel, type Evidence } from '../../src/kernel/choose.ts';
import type { FunctionName } from '../../src/kernel/contract.ts';
import type { WasmName } from '../../src/kernel/trial.ts';
import { BIN, file, PROSE, removeFolders, run, TINY, temporaryFolder } from '../helpers/cli.ts';
import { hasWasm } from './subjects.ts';

describe('chooseKernel', () => {
  it('gives plain JavaScript where that is asked for', () => {
    expect(chooseKernel('js')).toEqual({ name: 'js', reason: 'asked for' });
  });

  it.runIf(hasWasm)('chooses one of the WebAssembly kernels, and says why', () => {
    const { name, module, reason } = chooseKernel('auto');
    expect(name).toMatch(/^wasm(128|256)$/);
    expect(module).toBeInstanceOf(WebAssembly.Module);
    expect(reason).toMatch(/^6 × 16 tiles are (not )?faster than 6 × 8: \d+ against \d+ GFLOPS$/);
  });

  it.runIf(hasWasm).each(['wasm128', 'wasm256'] as const)('gives %s where that is asked for', (name) => {
    expect(chooseKernel(name).name).toBe(name);
  });

  it('tries kernels once in a process', () => {
    expect(chooseKernel('auto')).toBe(chooseKernel('auto'));
  });

  it.skipIf(hasWasm)('falls back to plain JavaScript, and says why', () => {
    const { name, reason } = chooseKernel('auto');
    expect(name).toBe('js');
    expect(reason).not.toBe('');
    expect(() => chooseKernel('wasm256')).toThrow(/wasm256 is not available/);
  });
});

describe('chooseKernel under node --jitless, which has no WebAssembly', () => {
  const url = new URL('../../dist/test/threads.js', import.meta.url).href;
  const choose = (requested: string): string => {
    const script = `const { chooseKernel } = await import('${url}');
      try { const { name, reason } = chooseKernel('${requested}'); console.log(name + ': ' + reason); }
      catch (error) { console.log(error.name + ': ' + error.message); }`;
    const args = ['--jitless', '--input-type=module', '-e', script];
    return spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.trim();
  };

  it('falls back to plain JavaScript', () => {
    expect(choose('auto')).toBe('js: this Node runs without WebAssembly (its option --jitless?)');
  });

  it('refuses a WebAssembly kernel that is asked for by name', () => {
    const reason = 'this Node runs without WebAssembly (its option --jitless?)';
    expect(choose('wasm256')).toBe(`UserError: kernel wasm256 is not available: ${reason}`);
  });
});

describe('the program under node --jitless', () => {
  afterAll(removeFolders);

  it('trains, samples, searches and scores with plain JavaScript', async () => {
    const cwd = temporaryFolder();
    file(cwd, 'text.txt', PROSE);
    const jitless = (...args: string[]) => run(process.execPath, ['--jitless', BIN, ...args], { cwd });
    const trained = await jitless('train', 'text.txt', '--out', 'm.json', '--steps', '2', ...TINY);
    expect(trained).toMatchObject({ status: 0, stdout: 'm.json\n' });
    expect(trained.stderr).toMatch('kernel js, 1 thread');
    for (const args of [
      ['sample', '--length', '5', '--seed', '1'],
      ['beam', '--prefix', 'the', '--length', '3'],
      ['score', 'text.txt', '--whole'],
      ['eval', 'text.txt'],
      ['gradflow', 'text.txt', '--lags', '3', '--positions', '2', '--json'],
      ['info', '--runtime'],
    ]) {
      const model = args[1] === '--runtime' ? [] : ['--checkpoint', 'm.json'];
      const { status, stdout, stderr } = await jitless(...args, ...model);
      expect({ args, status }, stderr).toEqual({ args, status: 0 });
      expect(stdout.length).toBeGreaterThan(4);
      expect(stderr).not.toMatch('WebAssembly is not defined');
    }
  }, 60_000);
});

describe('chooseKernel where V8 computes wrongly', () => {
  const revectorized = {} as WebAssembly.Module;
  const plain = {} as WebAssembly.Module;
  type Faults = Partial<Record<WasmName, FunctionName>>;

  /** A machine on which the two modules have these faults, and the wide tile is the faster one unless told otherwise. */
  function machine(faults: Faults, plainFaults: Faults = {}, speeds: [number, number] = [100, 60]): Evidence {
    return {
      hasRevectorizer: true,
      load: (revectorize) => ({ module: revectorize ? revectorized : plain }),
      trialOf: (module) => ({
        fault: (name) => (module === revectorized ? faults : plainFaults)[name],
        measure: () => speeds,
      }),
    };
  }
  const wrong = (name: string, fault: string) => `${name} computes ${fault} wrongly on Node ${process.version}`;

  it('takes the faster tile where all is right', () => {
    const reason = '6 × 16 tiles are faster than 6 × 8: 100 against 60 GFLOPS';
    expect(chooseKernel('auto', machine({}))).toEqual({ name: 'wasm256', module: revectorized, reason });
    const slow = '6 × 16 tiles are not faster than 6 × 8: 30 against 60 GFLOPS';
    expect(chooseKernel('auto', machine({}, {}, [30, 60]))).toEqual({
      name: 'wasm128',
      module: revectorized,
      reason: slow,
    });
  });

  it('takes the narrow tile, untried, in a page, and says where it rounds twice', () => {
    const browser: Evidence = {
      ...machine({}),
      hasRevectorizer: false,
      load: () => ({ module: plain, roundsTwice: true }),
      trialOf: undefined,
    };
    const remark = 'without relaxed SIMD, so it rounds otherwise than Node';
    const reason = `vectors have 128 bits in browsers; ${remark}`;
    expect(chooseKernel('auto', browser)).toEqual({ name: 'wasm128', module: plain, reason, roundsTwice: true });
    expect(chooseKernel('wasm256', browser)).toMatchObject({ name: 'wasm256', reason: `asked for; ${remark}` });
    const fused: Evidence = { ...browser, load: () => ({ module: plain, roundsTwice: false }) };
    expect(chooseKernel('auto', fused)).not.toHaveProperty('roundsTwice');
  });

  it('takes the narrow tile where the wide one is wrong', () => {
    const { name, module, reason } = chooseKernel('auto', machine({ wasm256: 'multiply' }));
    expect([name, module]).toEqual(['wasm128', revectorized]);
    expect(reason).toContain(`${wrong('wasm256', 'multiply')}; 6 × 16`);
  });

  it('compiles without the revectorizer where its code is wrong', () => {
    const faults = { wasm256: 'adam', wasm128: 'adam' } as const;
    for (const requested of ['auto', 'wasm128'] as const) {
      const { name, module, reason } = chooseKernel(requested, machine(faults));
      expect(name).toBe('wasm128');
      expect(module).toBe(plain);
      expect(reason).toMatch(/wasm128 computes adam wrongly on Node v[\d.]+; compiled without V8’s revectorizer$/);
    }
  });

  it('falls back to plain JavaScript where every candidate is wrong, and refuses one that is asked for', () => {
    const all = { wasm256: 'fill', wasm128: 'fill' } as const;
    const broken = machine(all, all);
    expect(chooseKernel('auto', broken).name).toBe('js');
    expect(chooseKernel('auto', broken).reason).toContain(wrong('wasm256', 'fill'));
    const asked = () => chooseKernel('wasm256', broken);
    expect(asked).toThrow(UserError);
    expect(asked).toThrow(`kernel wasm256 is not available: ${wrong('wasm256', 'fill')}`);
    expect(() => chooseKernel('wasm128', { ...machine(all), hasRevectorizer: false })).toThrow(UserError);
  });

  it('falls back to plain JavaScript where there is no module, and refuses WebAssembly with the reason', () => {
    const none: Evidence = { ...machine({}), load: () => ({ reason: 'no SIMD here' }) };
    expect(chooseKernel('auto', none)).toEqual({ name: 'js', reason: 'no SIMD here' });
    expect(() => chooseKernel('wasm128', none)).toThrow('kernel wasm128 is not available: no SIMD here');
  });
});
