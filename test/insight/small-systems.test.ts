import { describe, expect, test } from 'vitest';
import { fixedPoints, gradient, NOTES_UNIT, orbit, slope } from '../../src/insight/iterated-unit.ts';
import { gradientNorms, length, linearOrbit, symmetricMatrix } from '../../src/insight/linear-system.ts';

describe('the iterated unit h ← σ(6h − 3)', () => {
  test('has the fixed points 0.07, 0.5 and 0.93: a sink, a source, a sink', () => {
    const points = fixedPoints(NOTES_UNIT);
    expect(points.map(({ h }) => h.toFixed(2))).toEqual(['0.07', '0.50', '0.93']);
    expect(points.map(({ kind }) => kind)).toEqual(['sink', 'source', 'sink']);
    expect(points[1]!.h).toBe(0.5);
    expect(points[1]!.slope).toBe(1.5); // 6 · ½ · ½
    expect(points[0]!.slope).toBeCloseTo(points[2]!.slope, 12); // the system is symmetric about ½
    for (const { h } of points) expect(orbit(NOTES_UNIT, h, 2)[1]).toBeCloseTo(h, 12);
  });

  test('has h_100 = 0.07 from every h_1 below 0.5, 0.93 from every one above, and 0.5 from 0.5 alone', () => {
    const [low, , high] = fixedPoints(NOTES_UNIT);
    for (const first of [0, 0.1, 0.3, 0.49, 0.4999]) expect(orbit(NOTES_UNIT, first, 100)[99]).toBeCloseTo(low!.h, 9);
    for (const first of [1, 0.9, 0.7, 0.51, 0.5001]) expect(orbit(NOTES_UNIT, first, 100)[99]).toBeCloseTo(high!.h, 9);
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
  expect(fixedPoints({ weight, bias }).map(({ h, kind }) => `${h.toFixed(3)} ${kind}`)).toEqual(expected);
});

test('the slope is the derivative: w·f·(1 − f) (weight 2, bias −1, h = ½: ½)', () => {
  expect(slope({ weight: 2, bias: -1 }, 0.5)).toBe(0.5);
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
