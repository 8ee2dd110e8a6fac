import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case } from './cases.ts';
import { CASES, generators } from './cases.ts';
import type { Product, Shape } from './products.ts';
import { PRODUCTS, productError, productOn } from './products.ts';
import type { Subject } from './subjects.ts';
import { difference, hasWasm, oracle, plain, referenceF32, run, single, wasm } from './subjects.ts';

const SIZES = [0, 1, 3, 5, 17, 63, 64, 65, 100];
const FEW_SIZES = [0, 1, 3, 6, 17, 65];
const SUBJECTS = [referenceF32, ...wasm, ...single, ...plain];

it('the WebAssembly kernels are among those that are tested', () => {
  expect(wasm).not.toEqual([]);
});

describe.each(SUBJECTS)('$name against the reference in float64', (subject) => {
  describe.each(PRODUCTS)('$name, within (k + 1) · 2⁻²⁴ of the sum of magnitudes', (product) => {
    it.each(FEW_SIZES)('m = %i, every few n and k', (m) => {
      for (const n of FEW_SIZES) {
        for (const k of FEW_SIZES) expect(productError(subject, product, shape(m, n, k))).toBeUndefined();
      }
    });

    it('every size in each dimension', () => {
      for (const size of SIZES) {
        expect(productError(subject, product, shape(size, 33, 7))).toBeUndefined();
        expect(productError(subject, product, shape(7, size, 33))).toBeUndefined();
        expect(productError(subject, product, shape(33, 7, size))).toBeUndefined();
      }
    });

    it('more rows, columns and steps than one block', () => {
      expect(productError(subject, product, shape(13, 21, 1100))).toBeUndefined();
      expect(productError(subject, product, shape(523, 19, 30))).toBeUndefined();
      expect(productError(subject, product, shape(25, 512, 65))).toBeUndefined();
    });

    it('random shapes', () => {
      fc.assert(
        fc.property(anyShape, fc.nat(), (any, seed) => productError(subject, product, any, seed) === undefined),
        { numRuns: 60 },
      );
    });
  });

  describe.each(CASES)('$name, error ≤ $tolerance of the larger of the result and $unit', (test) => {
    it('every size', () => {
      for (const a of SIZES) {
        for (const b of test.sizes === 1 ? [0] : SIZES) expect(caseError(subject, test, a, b, 1)).toBeUndefined();
      }
    });

    it('random sizes', () => {
      fc.assert(
        fc.property(
          fc.nat(test.sizes === 1 ? 900 : 30),
          fc.nat(90),
          fc.nat(),
          (a, b, seed) => caseError(subject, test, a, b, seed) === undefined,
        ),
        { numRuns: 30 },
      );
    });
  });

  describe('sub-blocks of a larger matrix', () => {
    it('multiplies a block into a block and leaves the numbers around it alone', () => {
      const [m, n, k] = [11, 19, 23];
      const whole = { m: m + 4, n: n + 6, k: k + 5 };
      for (const product of PRODUCTS) {
        const outer = { ...whole, padC: 0, padA: 0, padB: 0 };
        const operands = product.operands(subject.kernels, outer, 3);
        const [rowC, columnC] = [2, 3];
        const inside = run(subject, operands, (kernels, at) => {
          const inner = {
            m,
            n,
            k,
            padC: whole.n - n,
            padA: product.name === 'multiplyTransposed' ? whole.m - m : whole.k - k,
            padB: product.name === 'multiply by a transposed matrix' ? whole.k - k : whole.n - n,
          };
          product.call(kernels, { ...at, c: at.c! + rowC * whole.n + columnC, a: at.a! + 2, b: at.b! + 1 }, inner);
        }).c!;
        let touched = 0;
        for (let i = 0; i < whole.m; i++) {
          for (let j = 0; j < whole.n; j++) {
            const isInside = i >= rowC && i < rowC + m && j >= columnC && j < columnC + n;
            const same = inside[i * whole.n + j] === operands.c![i * whole.n + j];
            if (!isInside) expect(same).toBe(true);
            else if (!same) touched++;
          }
        }
        expect(touched).toBeGreaterThan(0.99 * m * n);
      }
    });
  });

  describe('NaN and infinity', () => {
    it.each(PRODUCTS)('$name: a NaN in A reaches its row of C and no other; ∞ in B its column', (product) => {
      const any = { m: 13, n: 21, k: 9, padC: 2, padA: 1, padB: 3 };
      const operands = product.operands(subject.kernels, any, 5);
      const isTransposed = product.name === 'multiplyTransposed';
      const strideA = isTransposed ? any.m + any.padA : any.k + any.padA;
      operands.a![isTransposed ? 4 * strideA + 7 : 7 * strideA + 4] = Number.NaN;
      const strideB = product.name.endsWith('matrix') ? any.k + any.padB : any.n + any.padB;
      operands.b![product.name.endsWith('matrix') ? 17 * strideB + 2 : 2 * strideB + 17] = Number.POSITIVE_INFINITY;
      // Numbers beside the operands' columns must never be read.
      for (let i = 0; i < operands.a!.length; i++) {
        if (i % strideA >= strideA - any.padA) operands.a![i] = Number.NaN;
      }
      for (let i = 0; i < operands.b!.length; i++) {
        if (i % strideB >= strideB - any.padB) operands.b![i] = Number.NaN;
      }
      const { c } = run(subject, operands, (kernels, at) => product.call(kernels, at, any));
      for (let i = 0; i < any.m; i++) {
        for (let j = 0; j < any.n; j++) {
          const x = c![i * (any.n + any.padC) + j]!;
          if (i === 7) expect(x).toBeNaN();
          else if (j === 17) expect(Math.abs(x)).toBe(Number.POSITIVE_INFINITY);
          else expect(x).toSatisfy(Number.isFinite);
        }
      }
    });

    it.each(['tanhForward', 'logisticForward', 'reluForward'] as const)(
      '%s keeps NaN, and has its limits at ±∞, in every lane',
      (name) => {
        for (let at = 0; at < 13; at++) {
          const limit = name === 'tanhForward' ? -1 : 0;
          for (const [x, expected] of [
            [Number.NaN, Number.NaN],
            [Number.POSITIVE_INFINITY, name === 'reluForward' ? Number.POSITIVE_INFINITY : 1],
            [Number.NEGATIVE_INFINITY, limit],
          ] as const) {
            const a = new Float32Array(13).fill(0.5);
            a[at] = x;
            const result = run(subject, { a }, (kernels, where) => kernels[name](where.a!, 13)).a!;
            expect(result[at]).toBe(expected);
            expect(Array.from(result).filter(Number.isNaN)).toHaveLength(Number.isNaN(x) ? 1 : 0);
          }
        }
      },
    );

    it('softmaxCrossEntropy: a NaN or +∞ makes its row NaN and no other; −∞ has probability 0', () => {
      for (const symbols of [1, 5, 8, 13, 65]) {
        for (const x of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
          if (symbols === 1 && x === Number.NEGATIVE_INFINITY) continue;
          const logits = new Float32Array(3 * symbols).map((_, i) => Math.sin(i));
          logits[2 * symbols - 1] = x;
          const { logits: gradient, losses } = run(
            subject,
            { logits, losses: new Float32Array(3), targets: new Int32Array(3) },
            (k, at) => k.softmaxCrossEntropy(at.logits!, at.losses!, at.targets!, 3, symbols, 1),
          );
          const isBroken = x !== Number.NEGATIVE_INFINITY;
          expect(Number.isNaN(losses![1])).toBe(isBroken);
          gradient!.forEach((g, i) => {
            expect(Number.isNaN(g)).toBe(isBroken && Math.floor(i / symbols) === 1);
          });
          if (!isBroken) expect(gradient![2 * symbols - 1]).toBe(0);
        }
      }
    });

    it('clamp keeps NaN and limits ±∞; sumOfSquares is NaN with a NaN', () => {
      const g = Float32Array.from([1, Number.NaN, Infinity, -Infinity, -0.1, 1, 1, 1, Number.NaN, 3, 0]);
      const result = run(subject, { g }, (k, at) => k.clamp(at.g!, 0.5, 11)).g!;
      expect(Array.from(result)).toEqual([
        0.5,
        Number.NaN,
        0.5,
        -0.5,
        Math.fround(-0.1),
        0.5,
        0.5,
        0.5,
        Number.NaN,
        0.5,
        0,
      ]);
      run(subject, { g }, (k, at) => expect(k.sumOfSquares(at.g!, 11)).toBeNaN());
    });
  });

  describe('softmaxCrossEntropy of many symbols', () => {
    it('5000 symbols in ±10: relative error of the loss < 1e-6, of the gradient < 3e-6 (half an ulp of x − max)', () => {
      const [floats] = generators(7);
      const operands = {
        logits: floats(2 * 5000, -10, 10),
        losses: new Float32Array(2),
        targets: Int32Array.from([4999, 77]),
      };
      const call: Parameters<typeof run>[2] = (k, at) =>
        k.softmaxCrossEntropy(at.logits!, at.losses!, at.targets!, 2, 5000, 1);
      const actual = run(subject, operands, call);
      const expected = run(oracle, operands, call);
      for (const [name, relative] of [
        ['losses', 1e-6],
        ['logits', 3e-6],
      ] as const) {
        const wrong = difference(actual[name]!, expected[name]!, (i) => relative * Math.abs(expected[name]![i]!));
        expect(wrong).toBeUndefined();
      }
    });
  });

  describe('an output in parts equals the whole to the bit', () => {
    it.each(PRODUCTS)('$name, rows and columns divided anywhere', (product) => {
      fc.assert(
        fc.property(anyShape, fc.nat(), fc.nat(), fc.nat(), (any, row, column, seed) => {
          const whole = productOn(subject, product, any, seed);
          return difference(productInParts(subject, product, any, seed, row, column), whole, () => 0) === undefined;
        }),
        { numRuns: 40 },
      );
    });

    it('sumRows, columns divided anywhere', () => {
      fc.assert(
        fc.property(fc.nat(40), fc.nat(100), fc.nat(), fc.nat(), (rows, n, at, seed) => {
          const [floats] = generators(seed);
          const operands = { out: floats(n), d: floats(rows * n) };
          const split = at % (n + 1);
          const whole = run(subject, operands, (k, a) => k.sumRows(a.out!, a.d!, rows, n, n)).out!;
          const parts = run(subject, operands, (k, a) => {
            k.sumRows(a.out! + split, a.d! + split, rows, n - split, n);
            k.sumRows(a.out!, a.d!, rows, split, n);
          }).out!;
          return difference(parts, whole, () => 0) === undefined;
        }),
        { numRuns: 40 },
      );
    });

    it('updates, divided anywhere', () => {
      fc.assert(
        fc.property(fc.nat(100), fc.nat(), fc.nat(), (n, at, seed) => {
          const split = at % (n + 1);
          for (const test of CASES.filter(({ name }) => /^(sgd|rmsProp|adagrad|adam)$/.test(name))) {
            const operands = test.operands(...generators(seed), n, 0);
            const whole = run(subject, operands, (k, a) => test.call(k, a, n, 0));
            const parts = run(subject, operands, (k, a) => {
              const rest = Object.fromEntries(Object.entries(a).map(([name, from]) => [name, from + split]));
              test.call(k, rest, n - split, 0);
              test.call(k, a, split, 0);
            });
            for (const name of Object.keys(operands)) {
              if (difference(parts[name]!, whole[name]!, () => 0)) return false;
            }
          }
          return true;
        }),
        { numRuns: 20 },
      );
    });
  });
});

describe.runIf(hasWasm).each([...wasm.slice(1), ...single])('wasm128 and $name agree to the bit', (wide) => {
  const [narrow] = wasm as [Subject];

  it.each(PRODUCTS)('$name', (product) => {
    fc.assert(
      fc.property(anyShape, fc.nat(), (any, seed) => {
        const [a, b] = [productOn(narrow, product, any, seed), productOn(wide, product, any, seed)];
        return difference(a, b, () => 0) === undefined;
      }),
      { numRuns: 60 },
    );
    for (const [m, n, k] of [
      [1, 512, 128],
      [2, 512, 128],
      [3, 260, 128],
      [25, 65, 128],
      [50, 512, 65],
      [25, 128, 1500],
    ] as const) {
      const [a, b] = [productOn(narrow, product, shape(m, n, k)), productOn(wide, product, shape(m, n, k))];
      expect(difference(a, b, () => 0)).toBeUndefined();
    }
  });

  it.each(CASES)('$name', (test) => {
    for (const [a, b] of [
      [17, 65],
      [64, 13],
    ] as const) {
      const operands = test.operands(...generators(9), a, b);
      const [x, y] = [narrow, wide].map((subject) => run(subject, operands, (k, at) => test.call(k, at, a, b)));
      for (const name of Object.keys(operands)) expect(difference(x![name]!, y![name]!, () => 0)).toBeUndefined();
    }
  });
});

function shape(m: number, n: number, k: number): Shape {
  return { m, n, k, padC: 3, padA: 1, padB: 5 };
}

const anyShape = fc.record({
  m: fc.nat(40),
  n: fc.nat(70),
  k: fc.nat(40),
  padC: fc.nat(9),
  padA: fc.nat(9),
  padB: fc.nat(9),
});

/** Says where the subject's result differs from the oracle's by more than the case allows; undefined where it never does. */
function caseError(subject: Subject, test: Case, a: number, b: number, seed: number): string | undefined {
  const operands = test.operands(...generators(seed), a, b);
  const actual = run(subject, operands, (kernels, at) => test.call(kernels, at, a, b));
  const expected = run(oracle, operands, (kernels, at) => test.call(kernels, at, a, b));
  for (const name of Object.keys(operands)) {
    const e = expected[name]!;
    const wrong = difference(actual[name]!, e, (i) => test.tolerance * Math.max(Math.abs(e[i]!), test.unit));
    if (wrong) return `${test.name} (${a}, ${b}), seed ${seed}, on ${subject.name}: ${name}${wrong}`;
  }
  return undefined;
}

/** The same product in four calls, with C divided at a row and at a column. */
function productInParts(
  subject: Subject,
  product: Product,
  any: Shape,
  seed: number,
  rowSeed: number,
  columnSeed: number,
): Float64Array {
  const { m, n, k, padC, padA, padB } = any;
  const [height, width] = [rowSeed % (m + 1), columnSeed % (n + 1)];
  const [strideC, isTransposed] = [n + padC, product.name === 'multiplyTransposed'];
  const isTransposedB = product.name.endsWith('matrix');
  const operands = product.operands(subject.kernels, any, seed);
  return run(subject, operands, (kernels, at) => {
    for (const [i, rows] of [
      [0, height],
      [height, m - height],
    ] as const) {
      for (const [j, columns] of [
        [0, width],
        [width, n - width],
      ] as const) {
        const part = {
          m: rows,
          n: columns,
          k,
          padC: strideC - columns,
          padA: isTransposed ? m + padA - rows : padA,
          padB: isTransposedB ? padB : n + padB - columns,
        };
        const a = at.a! + (isTransposed ? i : i * (k + padA));
        const b = at.b! + (isTransposedB ? j * (k + padB) : j);
        // The operands that sums may start from instead of C.
        const row = at.row! + j;
        const start = at.start! + i * (n + padB) + j;
        product.call(kernels, { ...at, c: at.c! + i * strideC + j, a, b, row, start }, part);
      }
    }
  }).c!;
}
