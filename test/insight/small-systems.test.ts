import { describe, expect, test } from 'vitest';
import { demonstrate } from '../../src/insight/demonstrations.ts';
import { iteratedUnit } from '../../src/insight/iterated-unit.ts';
import {
  eigenvalueSizes,
  forwardMagnitudes,
  gradientNorms,
  length,
  linearOrbit,
  symmetricMatrix,
} from '../../src/insight/linear-system.ts';
import { quadraticMap } from '../../src/insight/quadratic-map.ts';
import { drawPhaseLine, fixedPoints, gradient, orbit, phaseLine } from '../../src/insight/scalar-map.ts';

const NOTES_UNIT = iteratedUnit(6, -3);

describe('the iterated unit h ← σ(6h − 3)', () => {
  test('has the fixed points 0.07, 0.5 and 0.93: a sink, a source, a sink', () => {
    const points = fixedPoints(NOTES_UNIT);
    expect(points.map(({ at }) => at.toFixed(2))).toEqual(['0.07', '0.50', '0.93']);
    expect(points.map(({ kind }) => kind)).toEqual(['sink', 'source', 'sink']);
    expect(points[1]!.at).toBe(0.5);
    expect(points[1]!.slope).toBe(1.5); // 6 · ½ · ½
    expect(points[0]!.slope).toBeCloseTo(points[2]!.slope, 12); // the system is symmetric about ½
    for (const { at } of points) expect(orbit(NOTES_UNIT, at, 2)[1]).toBeCloseTo(at, 12);
  });

  test('has h_100 = 0.07 from every h_1 below 0.5, 0.93 from every one above, and 0.5 from 0.5 alone', () => {
    const [low, , high] = fixedPoints(NOTES_UNIT);
    for (const first of [0, 0.1, 0.3, 0.49, 0.4999]) expect(orbit(NOTES_UNIT, first, 100)[99]).toBeCloseTo(low!.at, 9);
    for (const first of [1, 0.9, 0.7, 0.51, 0.5001]) expect(orbit(NOTES_UNIT, first, 100)[99]).toBeCloseTo(high!.at, 9);
    expect(orbit(NOTES_UNIT, 0.5, 100)[99]).toBe(0.5);
  });

  test('has a gradient that explodes at h_1 = 0.5, as 1.5⁹⁹, and vanishes elsewhere', () => {
    expect(gradient(NOTES_UNIT, 0.5, 100) / 1.5 ** 99).toBeCloseTo(1, 12);
    for (const first of [0, 0.07, 0.3, 0.49, 0.51, 0.7, 0.93, 1]) {
      expect(gradient(NOTES_UNIT, first, 100)).toBeLessThan(1e-30);
    }
  });

  test('has the gradient that central differences give', () => {
    for (const first of [0.1, 0.42, 0.5, 0.58, 0.9]) {
      for (const count of [2, 5, 9]) {
        const at = (h: number): number => orbit(NOTES_UNIT, h, count).at(-1)!;
        const numeric = (at(first + 1e-6) - at(first - 1e-6)) / 2e-6;
        expect(gradient(NOTES_UNIT, first, count)).toBeCloseTo(numeric, 6);
      }
    }
  });
});

test.each([
  // f' is at most w/4: with w ≤ 4 the curve crosses the diagonal once.
  { weight: 0, bias: 0, expected: ['0.500 sink'] },
  { weight: 4, bias: -2, expected: ['0.500 neutral'] },
  { weight: 6, bias: 0, expected: ['0.997 sink'] },
  { weight: 8, bias: -4, expected: ['0.021 sink', '0.500 source', '0.979 sink'] },
  // Inhibition: |f'| > 1 at the only fixed point, which the state jumps about.
  { weight: -8, bias: 4, expected: ['0.500 source'] },
])('fixed points with weight $weight and bias $bias: $expected', ({ weight, bias, expected }) => {
  expect(fixedPoints(iteratedUnit(weight, bias)).map(({ at, kind }) => `${at.toFixed(3)} ${kind}`)).toEqual(expected);
});

describe('the iterated unit with tanh', () => {
  test.each([
    // f' is at most w: with w ≤ 1 the curve crosses the diagonal once.
    { weight: 0.5, bias: 0, expected: ['0.000 sink'] },
    { weight: 2, bias: 0, expected: ['-0.958 sink', '0.000 source', '0.958 sink'] },
    { weight: 2, bias: 1, expected: ['0.995 sink'] },
    { weight: -2, bias: 0, expected: ['0.000 source'] },
  ])('has, with weight $weight and bias $bias, the fixed points $expected', ({ weight, bias, expected }) => {
    const points = fixedPoints(iteratedUnit(weight, bias, 'tanh'));
    expect(points.map(({ at, kind }) => `${at.toFixed(3).replace('-0.000', '0.000')} ${kind}`)).toEqual(expected);
  });

  test('has the gradient that central differences give', () => {
    const unit = iteratedUnit(1.5, -0.2, 'tanh');
    const at = (h: number): number => orbit(unit, h, 6).at(-1)!;
    for (const first of [-0.8, 0.1, 0.6])
      expect(gradient(unit, first, 6)).toBeCloseTo((at(first + 1e-6) - at(first - 1e-6)) / 2e-6, 6);
  });
});

test('the slope is the derivative: w·f·(1 − f) (weight 2, bias −1, h = ½: ½)', () => {
  expect(iteratedUnit(2, -1).slope(0.5)).toBe(0.5);
});

describe('the linear system h ← W h', () => {
  test.each([
    { eigenvalue: 0.9, at100: 0.9 ** 99 },
    { eigenvalue: 1, at100: 1 },
    { eigenvalue: 1.1, at100: 1.1 ** 99 },
    { eigenvalue: -1.1, at100: 1.1 ** 99 },
  ])('with eigenvalue $eigenvalue has ‖∂h_100/∂h_1‖ = |λ|⁹⁹', ({ eigenvalue, at100 }) => {
    const norms = gradientNorms(symmetricMatrix(eigenvalue), 100);
    expect(norms[0]).toBeCloseTo(1, 12);
    expect(norms[99]! / at100).toBeCloseTo(1, 9);
  });

  test('keeps a state along the first eigenvector, with λ = 1, and halves the rest at each step', () => {
    const [cos, sin] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    const matrix = symmetricMatrix(1);
    for (const h of linearOrbit(matrix, [cos, sin], 50)) expect(length(h)).toBeCloseTo(1, 12);
    expect(length(linearOrbit(matrix, [-sin, cos], 11)[10]!)).toBeCloseTo(2 ** -10, 12);
  });
});

describe('the quadratic map x ← x² + c', () => {
  test('with c = 0.15 has a sink at 0.184 and a source at 0.816, whose slopes add up to 2', () => {
    const points = fixedPoints(quadraticMap(0.15));
    expect(points.map(({ at, slope, kind }) => [at.toFixed(3), slope.toFixed(3), kind])).toEqual([
      ['0.184', '0.368', 'sink'],
      ['0.816', '1.632', 'source'],
    ]);
  });

  test.each([
    { constant: 0.25, kinds: ['neutral'] },
    { constant: 0.3, kinds: [] },
    { constant: 0, kinds: ['sink', 'source'] }, // 0 and 1
    { constant: -1, kinds: ['source', 'source'] }, // a cycle of two: 0, −1, 0, …
  ])('with c = $constant has the fixed points $kinds', ({ constant, kinds }) => {
    expect(fixedPoints(quadraticMap(constant)).map(({ kind }) => kind)).toEqual(kinds);
  });

  test('goes to the sink from every start between the sources, and to infinity from beyond', () => {
    const map = quadraticMap(0.15);
    const [sink] = fixedPoints(map);
    for (const first of [-0.81, 0, 0.5, 0.81]) expect(orbit(map, first, 100)[99]).toBeCloseTo(sink!.at, 9);
    for (const first of [-0.82, 0.82]) expect(orbit(map, first, 100)[99]).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the phase line', () => {
  test('has arrows towards sinks and away from sources', () => {
    expect(phaseLine(NOTES_UNIT).map(({ kind }) => kind)).toEqual([
      'right',
      'sink',
      'left',
      'source',
      'right',
      'sink',
      'left',
    ]);
    expect(phaseLine(quadraticMap(0.15)).map(({ kind }) => kind)).toEqual(['right', 'sink', 'left', 'source', 'right']);
    expect(phaseLine(quadraticMap(0.3)).map(({ kind }) => kind)).toEqual(['right']);
  });

  test('is drawn in as many characters as there are', () => {
    expect(drawPhaseLine(NOTES_UNIT, 41)).toBe('─→─●───←───────←────○───→───────→────●←──');
    expect([...drawPhaseLine(quadraticMap(0.15), 60)]).toHaveLength(60);
  });
});

describe('the forward magnitude ‖W^(t−1) U x‖', () => {
  test('of a shear grows by one at each step, though both eigenvalues are 1', () => {
    const shear = [
      [1, 1],
      [0, 1],
    ] as const;
    expect(eigenvalueSizes(shear)).toEqual([1, 1]);
    expect(forwardMagnitudes(shear, [0, 1], 4)).toEqual([1, Math.hypot(1, 1), Math.hypot(2, 1), Math.hypot(3, 1)]);
  });

  test('of a rotation stays, and of the eigenvectors of W goes as powers of the eigenvalue', () => {
    const rotation = [
      [0, -1],
      [1, 0],
    ] as const;
    expect(eigenvalueSizes(rotation)).toEqual([1, 1]);
    expect(forwardMagnitudes(rotation, [3, 4], 5)).toEqual([5, 5, 5, 5, 5]);
    const [cos, sin] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    expect(eigenvalueSizes(symmetricMatrix(0.9))).toEqual([0.9, 0.45].map((size) => expect.closeTo(size, 12)));
    for (const [index, magnitude] of forwardMagnitudes(symmetricMatrix(0.9), [cos, sin], 20).entries()) {
      expect(magnitude).toBeCloseTo(0.9 ** index, 12);
    }
  });
});

describe('a demonstration', () => {
  test('says that a map has no fixed points', () => {
    const { tables } = demonstrate('quadratic', { constant: 1 });
    expect(tables[0]).toMatchObject({ title: 'Fixed points of x ← x² + 1', rows: [['none', '', '']] });
  });

  test.each([
    ['quadratic', { weight: 3 }, 'weight is no option of quadratic; leave it out'],
    ['linear', { start: [0.1] }, 'start is no option of linear; leave it out'],
    ['iterated-unit', { constant: 1 }, 'constant is no option of iterated-unit; leave it out'],
    ['iterated-unit', { steps: 1 }, 'steps must be a whole number from 2 to 10000, not 1'],
    ['linear', { matrix: [1, 0, 0] }, 'matrix must be the 4 numbers of a 2 × 2 matrix, row by row, not 3'],
    ['linear', { eigenvalue: [1, 1e308] }, 'each of eigenvalue must be a number from -1000 to 1000, not 1e+308'],
    ['linear', { input: [1] }, 'input must be 2 numbers, not 1'],
    ['linear', { matrix: [1, 0, 0, 1], eigenvalue: [1] }, 'matrix and eigenvalue both say what W is; give one of them'],
  ] as const)('%s with %j is refused', (name, options, message) => {
    expect(() => demonstrate(name, options)).toThrow(message);
  });

  test('draws the iterations from the starts that are asked for, those that leave for infinity as far as they are near', () => {
    const { charts, tables } = demonstrate('quadratic', { start: [0.5, 0.9], steps: 20 });
    expect(charts.map(({ title }) => title)).toEqual([
      'Graph of f',
      'Phase plot',
      'Iterations',
      'State after 19 steps',
      'Gradient through 19 steps',
    ]);
    const [stays, leaves] = charts[2]!.series;
    expect(stays!.points).toHaveLength(20);
    expect(stays!.points.at(-1)![1]).toBeCloseTo(0.1838, 3);
    expect(leaves!.points.length).toBeLessThan(12);
    expect(tables[1]!.rows.map(([first, last]) => [first, last])).toEqual([
      ['0.5', '0.1838'],
      ['0.9', 'Infinity'],
    ]);
  });
});
