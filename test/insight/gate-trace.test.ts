import { expect, test } from 'vitest';
import { FOLLOWED } from '../../src/insight/followed.ts';
import { gateSteps } from '../../src/insight/gate-steps.ts';
import { traceGates } from '../../src/insight/gate-trace.ts';
import { unitsThatFit } from '../../src/insight/report-units.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { freshParameters } from '../../src/nn/initializers.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { wholeCorpus } from '../../src/text/split.ts';
import { SMALL, VARIANTS } from '../helpers/network.ts';
import { JS } from '../helpers/tiny-models.ts';

test.each(VARIANTS)(
  'the gates of all units of the $label are those of the explicit steps',
  ({ label: _, ...variant }) => {
    const lines = ['deep', 'peel', 'deed']; // more than one run of steps
    const corpus = corpusFromText(`${lines.join('\n')}\n`.repeat(6), { mode: 'lines' });
    const config: ModelConfig = { ...SMALL, ...variant, layers: 2, symbols: corpus.vocabulary.size };
    const parameters = freshParameters(config, 'all');
    const units = Array.from({ length: 2 * config.hidden }, (_unit, index) => index).toReversed();
    const { followed, values } = traceGates(JS, config, parameters, wholeCorpus(corpus), 88, units);
    for (const [index, unit] of units.entries()) {
      const options = { layer: Math.floor(unit / config.hidden) + 1, unit: (unit % config.hidden) + 1 };
      for (const [line, word] of lines.entries()) {
        const { names, steps } = gateSteps({ config, parameters, vocabulary: corpus.vocabulary }, word, options);
        expect(names).toEqual(followed.map(({ name }) => name));
        for (const [which, numbers] of values[index]!.entries()) {
          expect(numbers).toHaveLength(88);
          for (const repeat of [0, 5]) {
            const at = 5 * (3 * repeat + line); // the <stop> before the line is not shown
            // The last line is cut off after 88 symbols.
            for (let k = 0; k < word.length && at + k < 88; k++) {
              expect(numbers[at + k]).toBeCloseTo(steps[k + 1]!.values[which]!, 5);
            }
          }
        }
      }
    }
  },
);

test('a page has as many units as fit', () => {
  expect(unitsThatFit(2000, FOLLOWED.lstm)).toBe(262);
  expect(unitsThatFit(10, FOLLOWED.gru)).toBe(1024);
  expect(unitsThatFit(10_000_000, FOLLOWED.rnn)).toBe(1);
});
