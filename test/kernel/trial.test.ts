import { describe, expect, it } from 'vitest';
import { load } from '../../src/host/kernels.node.ts';
import type { FunctionName, Kernels } from '../../src/kernel/contract.ts';
import { ENTRIES } from '../../src/kernel/table.ts';
import { Trial, type WasmName } from '../../src/kernel/trial.ts';
import { wasmKernels } from '../../src/kernel/wasm.ts';
import { hasWasm } from './subjects.ts';

const NAMES = ENTRIES.map(([name]) => name);
type Call = (...call: never[]) => unknown;

/** A trial in which `name` is replaced. */
function trialWith(name: FunctionName, replace: (run: Call, kernels: Kernels) => Call): Trial {
  const open: typeof wasmKernels = (...kernel) => {
    const kernels = wasmKernels(...kernel);
    return { ...kernels, [name]: replace(kernels[name] as Call, kernels) };
  };
  return new Trial(load().module!, open);
}

/** The layout of a packed matrix is a back end's own; a wrong one shows in the product. */
const shownBy = (name: FunctionName): FunctionName => (name.startsWith('pack') ? 'multiply' : name);

describe.runIf(hasWasm).each<WasmName>(['wasm128', 'wasm256'])('a trial of %s', (tile) => {
  it('finds no fault in the kernels of this machine', () => {
    expect(new Trial(load().module!).fault(tile)).toBeUndefined();
    expect(new Trial(load(false).module!).fault(tile)).toBeUndefined();
    // V8 would take the code that it has for the same bytes.
    const marks = [true, false].map((revectorize) =>
      WebAssembly.Module.customSections(load(revectorize).module!, 'unmerged'),
    );
    expect(marks.map(({ length }) => length)).toEqual([0, 1]);
  });

  it.each(NAMES)('finds a %s that does nothing', (name) => {
    const trial = trialWith(name, () => () => (name === 'sumOfSquares' ? 0 : undefined));
    expect(trial.fault(tile)).toBe(shownBy(name));
  });

  it.each(NAMES.filter((name) => !name.startsWith('pack')))('finds a %s that writes past its output', (name) => {
    const [, entry] = ENTRIES.find(([each]) => each === name)!;
    const trial = trialWith(name, (run, kernels) => (...call) => {
      const result = run(...call);
      for (const { access, address, rows, columns, stride } of entry.operands(...call)) {
        const last = address + ((typeof rows === 'number' ? rows : 3) - 1) * stride + columns;
        if (access !== 'reads') kernels.floats[last] = 7;
      }
      return result;
    });
    if (name !== 'sumOfSquares') expect(trial.fault(tile)).toBe(name);
  });

  it.each(NAMES.filter((name) => !/^(pack|multiply|sumOfSquares)/.test(name)))(
    'finds a %s whose second call gets one number wrong',
    (name) => {
      const [, entry] = ENTRIES.find(([each]) => each === name)!;
      let calls = 0;
      const trial = trialWith(name, (run, kernels) => (...call) => {
        const result = run(...call);
        const output = entry.operands(...call).find(({ access }) => access !== 'reads')!;
        if (calls++ > 0) kernels.floats[output.address + output.columns - 1]! += 0.01;
        return result;
      });
      expect(trial.fault(tile)).toBe(name);
    },
  );

  // The lists of calls are long enough only if each place of a vector begins an output of each function.
  it.each(NAMES.filter((name) => !/^(pack|sumOfSquares)/.test(name)))(
    'finds a %s that is wrong at a single alignment',
    (name) => {
      const [, entry] = ENTRIES.find(([each]) => each === name)!;
      for (let place = 0; place < 8; place++) {
        const trial = trialWith(name, (run, kernels) => (...call) => {
          const result = run(...call);
          const output = entry.operands(...call).find(({ access }) => access !== 'reads')!;
          if (output.address % 8 === place) kernels.floats[output.address] = 7;
          return result;
        });
        expect(trial.fault(tile), `alignment ${place}`).toBe(name);
      }
    },
  );
});
