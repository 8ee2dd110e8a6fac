import { Matrix, SVD } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { measureJacobians } from '../../src/insight/jacobian.ts';
import { largestSingularValue, spectralRadius } from '../../src/insight/matrix-norms.ts';
import { jacobianBound, recurrentSpectra } from '../../src/insight/recurrent-spectrum.ts';
import { spectralNorm } from '../../src/insight/spectral-norm.ts';
import { ACTIVATIONS, type Activation, type ModelConfig } from '../../src/nn/config.ts';
import { freshParameters } from '../../src/nn/initializers.ts';
import { Manifest } from '../../src/nn/manifest.ts';
import { Random } from '../../src/random.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { wholeCorpus } from '../../src/text/split.ts';
import { SMALL, VARIANTS } from '../helpers/network.ts';

const TEXTS = [
  corpusFromText('the rain in spain stays mainly in the plain. '.repeat(3), { mode: 'stream' }),
  corpusFromText('0110100110010110', { mode: 'stream' }),
  corpusFromText('deep\nlearn\nmachine\n', { mode: 'lines' }),
];

describe('the norm of a product of Jacobians', () => {
  const texts = TEXTS.map((corpus, index) => ({ corpus, index }));
  const cases = ACTIVATIONS.flatMap((activation) =>
    [0.5, 1, 3].flatMap((scale) => texts.map((text) => ({ activation, scale, ...text }))),
  );

  test.each(cases)(
    'is at most (γλ)ⁿ at every lag: $activation, weights × $scale, text $index',
    ({ activation, scale, corpus }) => {
      const config: ModelConfig = {
        ...SMALL,
        cell: 'rnn',
        activation,
        hidden: 12,
        layers: 2,
        symbols: corpus.vocabulary.size,
      };
      const parameters = freshParameters(config, 'bound').map((value) => scale * value);
      const part = wholeCorpus(corpus);
      const norms = measureJacobians(config, parameters, part, { arithmetic: 'double', lags: 12, positions: 6 });
      const spectra = recurrentSpectra(config, parameters);
      for (const [layer, { greatest }] of norms.entries()) {
        const bound = jacobianBound(config, spectra[layer]![0]!, 12);
        const known = [...greatest.entries()].filter(([, norm]) => !Number.isNaN(norm)); // a line may be shorter than a lag
        expect(known.length).toBeGreaterThan(6);
        for (const [lag, norm] of known) expect(norm).toBeLessThanOrEqual(bound[lag]! * (1 + 1e-9));
      }
    },
  );

  test('is that of diag(1 − h²) Wᵀ, multiplied out, where the state is known', () => {
    // Symbols are not looked at, and the bias is 0: h stays 0, every Jacobian is W, and the bound of tanh is met where W is symmetric.
    const config: ModelConfig = { ...SMALL, cell: 'rnn', hidden: 2, symbols: TEXTS[1]!.vocabulary.size };
    const manifest = new Manifest(config);
    const parameters = new Float64Array(manifest.size);
    parameters.set([0.9, 0.2, 0.2, 0.6], manifest.view('layers.0.recurrent').offset);
    const part = wholeCorpus(TEXTS[1]!);
    const [norms] = measureJacobians(config, parameters, part, { arithmetic: 'double', lags: 8, positions: 1 });
    const [[spectrum]] = recurrentSpectra(config, parameters) as [[{ gate: string; radius: number; norm: number }]];
    expect(spectrum.norm).toBeCloseTo(1, 12); // eigenvalues 1 and 0.5
    expect(spectrum.radius).toBeCloseTo(1, 12);
    expect(norms!.mean).toHaveLength(9);
    for (const norm of norms!.mean) expect(norm).toBeCloseTo(1, 6);
    expect(jacobianBound(config, spectrum, 8)).toEqual(norms!.mean.map(() => expect.closeTo(1, 9)));
  });

  test.each(VARIANTS)(
    'of the $label starts from the identity, and is the same however many rows carry it',
    (variant) => {
      // 150 units are more than are carried back at once.
      const config: ModelConfig = { ...SMALL, ...variant, hidden: 150, symbols: TEXTS[0]!.vocabulary.size };
      const parameters = freshParameters(config, 'identity');
      const [norms] = measureJacobians(config, parameters, wholeCorpus(TEXTS[0]!), {
        arithmetic: 'double',
        lags: 2,
        positions: 1,
      });
      expect(norms!.mean[0]).toBeCloseTo(1, 9);
      expect(norms!.mean[1]).toBeGreaterThan(0.05);
    },
  );
});

describe('the steepest slopes', () => {
  test.each([
    ['tanh', 1],
    ['logistic', 0.25],
    ['relu', 1],
    ['linear', 1],
  ] as [Activation, number][])('of %s is %d', (activation, slope) => {
    const config: ModelConfig = { ...SMALL, cell: 'rnn', activation };
    expect(jacobianBound(config, { gate: 'h', radius: 1, norm: 2 }, 3)).toEqual(
      [0, 1, 2, 3].map((lag) => (2 * slope) ** lag),
    );
  });
});

describe('spectra', () => {
  test('of a rotation by any angle, scaled by 0.8: radius and norm are 0.8', () => {
    const [cos, sin] = [0.8 * Math.cos(1), 0.8 * Math.sin(1)];
    const rotation = new Matrix([
      [cos, -sin],
      [sin, cos],
    ]);
    expect(spectralRadius(rotation)).toBeCloseTo(0.8, 12);
    expect(largestSingularValue(rotation)).toBeCloseTo(0.8, 12);
  });

  test('of a shear: the radius is 1, the norm is the golden ratio', () => {
    const shear = new Matrix([
      [1, 1],
      [0, 1],
    ]);
    expect(spectralRadius(shear)).toBeCloseTo(1, 6);
    expect(largestSingularValue(shear)).toBeCloseTo((1 + Math.sqrt(5)) / 2, 12);
  });

  test('are those of each gate’s own columns', () => {
    const config: ModelConfig = { ...SMALL, cell: 'lstm', hidden: 3, layers: 2 };
    const manifest = new Manifest(config);
    const parameters = new Float64Array(manifest.size);
    const { offset } = manifest.view('layers.1.recurrent');
    for (let gate = 0; gate < 4; gate++) {
      for (let unit = 0; unit < 3; unit++) parameters[offset + unit * 12 + gate * 3 + unit] = gate + 1;
    }
    const spectra = recurrentSpectra(config, parameters);
    expect(spectra[0]!.map(({ norm }) => norm)).toEqual([0, 0, 0, 0]);
    expect(spectra[1]!.map(({ gate, norm, radius }) => [gate, norm, radius])).toEqual([
      ['i', 1, 1],
      ['f', 2, 2],
      ['g', 3, 3],
      ['o', 4, 4],
    ]);
  });
});

describe('power iteration', () => {
  test('finds the largest singular value of random matrices, as a decomposition does, relative error < 1e-5 (seed 5)', () => {
    const random = new Random(5);
    for (const size of [1, 2, 3, 17, 40]) {
      const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => random.next() - 0.5));
      const { norm } = spectralNorm({ size, values: Float64Array.from(rows.flat()) });
      const right = new SVD(new Matrix(rows)).norm2;
      expect(norm).toBeLessThanOrEqual(right * (1 + 1e-12));
      expect(norm / right).toBeGreaterThan(1 - 1e-5);
    }
  });

  test('of numbers whose squares underflow, and of nothing', () => {
    expect(spectralNorm({ size: 2, values: new Float64Array(4) }).norm).toBe(0);
    expect(spectralNorm({ size: 2, values: Float64Array.of(3e-200, 0, 0, 1e-200) }).norm / 3e-200).toBeCloseTo(1, 5);
  });

  test('from a start at right angles to the answer', () => {
    const { norm } = spectralNorm({ size: 2, values: Float64Array.of(2, 0, 0, 1) }, Float64Array.of(0, 1));
    expect(norm).toBeCloseTo(2, 5);
  });
});
