import { describe, expect, test } from 'vitest';
import { examineBptt } from '../../../src/insight/bptt/bptt.ts';
import { thirdOrder, unfold } from '../../../src/insight/bptt/explicit.ts';
import { forwardStep, networkMatrices } from '../../../src/insight/bptt/network-step.ts';
import type { Activation, ModelConfig } from '../../../src/nn/config.ts';
import { freshParameters } from '../../../src/nn/initializers.ts';
import { Manifest } from '../../../src/nn/manifest.ts';
import { Vocabulary } from '../../../src/text/vocabulary.ts';
import { SMALL, VARIANTS } from '../../helpers/network.ts';

/** The ids are `<stop>` 0, d 1, e 2, p 3. */
const VOCABULARY = Vocabulary.fromJSON({ unit: 'codepoint', stop: true, unknown: false, symbols: ['d', 'e', 'p'] });

/** A network of one unit: U of d, e, p; W; and the weight from the unit to the logit of e, the only one that is not 0. */
function oneUnit(activation: Activation, U: readonly number[], W: number, toE: number) {
  const config: ModelConfig = { ...SMALL, cell: 'rnn', activation, hidden: 1, symbols: 4 };
  const manifest = new Manifest(config);
  const parameters = new Float64Array(manifest.size);
  parameters.set([0, ...U], manifest.view('layers.0.input').offset);
  parameters[manifest.view('layers.0.recurrent').offset] = W;
  parameters[manifest.view('output.weight').offset + 2] = toE;
  return { config, parameters, vocabulary: VOCABULARY };
}

const near = (rows: readonly (readonly number[])[]) => rows.map((row) => row.map((value) => expect.closeTo(value, 12)));

describe('deep, worked by hand', () => {
  test('by a linear unit: s = x + s₋/2', () => {
    // s_1 = 1, s_2 = 0.5 + 0.5, s_3 = 0.5 + 0.5, s_4 = −1.5 + 0.5. The logit of e is s ln 2, so e has the weight 2ˢ and the others 1.
    const found = examineBptt(oneUnit('linear', [1, 0.5, -1.5], 0.5, Math.LN2), 'deep', { truncate: 2, copies: true });
    const { steps, losses, lossByState } = found.unfolded;
    expect(found.text).toEqual({ inputs: [1, 2, 2, 3], targets: [2, 2, 3, 0] });
    expect(steps.map(({ state }) => state)).toEqual([[1], [1], [1], [-1]]);
    const fifths = [1 / 5, 1 / 5, 2 / 5, 1 / 5];
    expect(steps.map(({ probabilities }) => probabilities)).toEqual(
      near([fifths, fifths, fifths, [2 / 7, 2 / 7, 1 / 7, 2 / 7]]),
    );
    expect([losses]).toEqual(near([[Math.log(5 / 2), Math.log(5 / 2), Math.log(5), Math.log(7 / 2)]]));
    expect(found.loss).toBeCloseTo(Math.log((5 / 2) * (5 / 2) * 5 * (7 / 2)), 12);
    // ∂L_t/∂s_t = ln 2 · (y_e − 1 where e is the target).
    expect(lossByState).toEqual(near([[-0.6], [-0.6], [0.4], [1 / 7]].map(([by = 0]) => [by * Math.LN2])));
    // ∂s_t/∂s_k = (1/2)^(t−k), and ∂⁺s_k/∂W = s_{k−1}: 0, 1, 1, 1.
    const norms = [[0], [0, 0.6], [0, 0.2, 0.4], [0, 1 / 28, 1 / 14, 1 / 7]];
    expect(found.sum.norms).toEqual(near(norms.map((row) => row.map((value) => value * Math.LN2))));
    expect(found.sum.byLoss.map(([value]) => value! / Math.LN2)).toEqual(near([[0, -0.6, 0.6, 0.25]])[0]);
    expect(found.sum.total[0]).toBeCloseTo(0.25 * Math.LN2, 12);
    // Of the copies of W: ∂L/∂W_k = Σ_t of column k.
    expect(found.sum.byCopy.map(([value]) => value! / Math.LN2)).toEqual(
      near([[0, -0.6 + 0.2 + 1 / 28, 0.4 + 1 / 14, 1 / 7]])[0],
    );
    expect(found.truncation!.dropped).toEqual(near([[0, 0, 0, Math.LN2 / 28]])[0]);
    expect(found.truncation!.droppedTotal).toBeCloseTo(Math.LN2 / 28, 12);
  });

  test('by a tanh unit whose state is 3/5 after every symbol: tanh(ln 2) = 3/5, and its slope there is 16/25', () => {
    const W = 0.5;
    const U = Math.LN2 - 0.6 * W;
    const toE = Math.LN2 / 0.6;
    const { unfolded, sum } = examineBptt(oneUnit('tanh', [Math.LN2, U, U], W, toE), 'deep');
    expect(unfolded.steps.map(({ state }) => state)).toEqual(near(Array(4).fill([0.6])));
    expect(unfolded.steps.map(({ jacobian }) => jacobian.to1DArray())).toEqual(near(Array(4).fill([0.32])));
    // ∂L_t/∂s_t = toE · (−0.6, −0.6, 0.4, 0.4); ∂⁺s_k/∂W = 0.64 s_{k−1} = 0.384, and 0 for the first.
    const terms = [[0], [0, -0.6], [0, 0.4 * 0.32, 0.4], [0, 0.4 * 0.32 ** 2, 0.4 * 0.32, 0.4]];
    const scaled = terms.map((row) => row.map((value) => value * toE * 0.384));
    expect(sum.norms).toEqual(near(scaled.map((row) => row.map(Math.abs))));
    expect(sum.total[0]).toBeCloseTo(
      scaled.flat().reduce((total, value) => total + value, 0),
      12,
    );
  });
});

describe('∂⁺s/∂W, the tensor of third order', () => {
  test('of a vanilla RNN is σ′(a_m) · s₋_i where j = m, else 0', () => {
    const config: ModelConfig = { ...SMALL, cell: 'rnn', hidden: 3, symbols: 4 };
    const { steps } = unfold(networkMatrices(config, freshParameters(config, 'third')), {
      inputs: [1, 2],
      targets: [2, 3],
    });
    const [before, after] = steps.map(({ state }) => state) as [readonly number[], readonly number[]];
    const tensor = thirdOrder(steps[1]!.immediate.find(({ tensor: name }) => name === 'layers.0.recurrent')!);
    const unsigned = tensor.map((matrix) => matrix.map((row) => row.map((value) => value + 0))); // −0 is 0
    expect(unsigned).toEqual(
      after.map((value, m) => before.map((from) => after.map((_, j) => (j === m ? (1 - value * value) * from : 0)))),
    );
  });

  /** Derivatives of a step's state by a number that is nudged, by central differences of two points: error of the order 1e-10. */
  function byNudging(state: (by: number) => readonly number[]): number[] {
    const h = 1e-5;
    const [more, less] = [state(h), state(-h)];
    return more.map((value, m) => (value - less[m]!) / (2 * h));
  }

  test.each(VARIANTS)(
    'and ∂s/∂s₋ of the $label with two layers are what central differences say of a step by itself',
    ({ label: _, ...variant }) => {
      const config: ModelConfig = { ...SMALL, ...variant, layers: 2, hidden: 3, embedding: 2, symbols: 4 };
      const parameters = freshParameters(config, 'third').map((value) => 1.5 * value);
      const network = networkMatrices(config, parameters);
      const { steps } = unfold(network, { inputs: [1, 2], targets: [2, 3] });
      const before = steps[0]!.states;
      const flat = (cells: ReturnType<typeof forwardStep>) => cells.flatMap(({ after: { h, c = [] } }) => [...h, ...c]);
      for (const { tensor, ...derivative } of steps[1]!.immediate) {
        const { offset, size } = network.manifest.view(tensor);
        const whole = thirdOrder({ tensor, ...derivative }).map((matrix) => matrix.flat());
        for (let place = 0; place < size; place++) {
          const numeric = byNudging((by) => {
            const changed = Float64Array.from(parameters);
            changed[offset + place]! += by;
            return flat(forwardStep(networkMatrices(config, changed), 2, before));
          });
          for (const [m, value] of numeric.entries()) expect(Math.abs(whole[m]![place]! - value)).toBeLessThan(1e-9);
        }
      }
      const parts = before.flatMap((state, layer) => Object.keys(state).map((of) => ({ layer, of: of as 'h' | 'c' })));
      for (const [index, { layer, of }] of parts.entries()) {
        for (let unit = 0; unit < 3; unit++) {
          const numeric = byNudging((by) => {
            const nudged = before.map((state, at) =>
              at === layer ? { ...state, [of]: state[of]!.with(unit, state[of]![unit]! + by) } : state,
            );
            return flat(forwardStep(network, 2, nudged));
          });
          for (const [m, value] of numeric.entries()) {
            expect(Math.abs(steps[1]!.jacobian.get(m, index * 3 + unit) - value)).toBeLessThan(1e-9);
          }
        }
      }
    },
  );
});
