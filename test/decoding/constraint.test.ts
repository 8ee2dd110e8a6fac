import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LanguageOptions } from '../../src/decoding/language.ts';
import { type Sample, sampleStream, sampleTexts } from '../../src/decoding/sample.ts';
import { UsageError } from '../../src/errors.ts';
import {
  completions,
  constrain,
  isWanted,
  type Request,
  requests,
  VOCABULARIES,
} from '../helpers/constrained-texts.ts';
import { randomModel, stepperOf } from '../helpers/tiny-models.ts';

function draw(request: Request, count: number, tries?: number): Sample[] {
  const { constraint, stops } = constrain(request);
  const { vocabulary, seed, length } = request;
  const model = randomModel({ symbols: vocabulary.size, hidden: 4 }, seed, 4);
  const options = { prompt: [0], temperature: 1, length, stops, seed, constraint, tries };
  return [...sampleTexts(stepperOf(model, 3), options, count)];
}

describe('texts drawn under constraints', () => {
  test('are always as they are wanted, end within the length, and there are none exactly where it is said so', () => {
    fc.assert(
      fc.property(requests, fc.constantFrom(0, 1, 30), (request, tries) => {
        const { vocabulary, options, length } = request;
        const isAsked = Object.values(options).some((asked) => (Array.isArray(asked) ? asked.length > 0 : asked !== 0));
        const possible = new Set(completions(request));
        let samples: Sample[] = [];
        let refused = false;
        try {
          samples = draw(request, 5, tries);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          expect((error as Error).message).toMatch(/no completion|no text|the shortest completion/);
          refused = true;
        }
        expect(refused).toBe(isAsked && possible.size === 0);
        expect(samples).toHaveLength(refused ? 0 : 5);
        for (const { ids, stopped, met, exact } of samples) {
          const text = vocabulary.decode(ids);
          expect(met).toBe(true);
          if (tries === 0) expect(exact).toBe(!isAsked);
          expect(ids.length).toBeLessThanOrEqual(length);
          if (!isAsked) continue;
          expect(isWanted(text, options)).toBe(true);
          expect(possible).toContain(text);
          if (vocabulary.stop !== undefined) expect(stopped).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('come symbol by symbol as they come whole', () => {
    fc.assert(
      fc.property(requests, fc.constantFrom(0, 1, 30), (request, tries) => {
        const possible = new Set(completions(request));
        fc.pre(possible.size > 0);
        const { constraint, stops } = constrain(request);
        const { vocabulary, seed, length } = request;
        const stepper = stepperOf(randomModel({ symbols: vocabulary.size, hidden: 4 }, seed, 4), 1);
        const options = { prompt: [0], temperature: 1, length, stops, seed, constraint, tries };
        const [whole] = sampleTexts(stepper, options, 1);
        expect([...sampleStream(stepper, options)].filter((id) => id !== undefined)).toEqual(whole!.ids);
      }),
    );
  });
});

describe('a model of a stream, without stop strings', () => {
  const base = { vocabulary: VOCABULARIES.stream, strings: [], seed: 5, length: 30 };
  const textsOf = (options: LanguageOptions) =>
    draw({ ...base, options }, 30).map(({ ids, stopped }) => ({ text: base.vocabulary.decode(ids), stopped }));

  test('ends what --match is about where it would go on otherwise', () => {
    for (const { text, stopped } of textsOf({ match: '[ab]{2,}' })) {
      expect(text).toMatch(/^[ab]{2,}$/);
      expect(stopped).toBe(text.length < 30);
    }
  });

  test('ends after the words that --max-words allows', () => {
    const found = textsOf({ maxWords: 2, minLength: 1 });
    for (const { text } of found) expect(text.trim().split(/ +/).length).toBeLessThanOrEqual(2);
    expect(found.filter(({ stopped }) => stopped).length).toBeGreaterThan(20);
  });

  test('but goes on to the length with what --allow leaves', () => {
    for (const { text } of textsOf({ allow: 'ab' })) expect(text).toMatch(/^[ab]{30}$/);
  });
});

describe('what nothing can meet is refused in words', () => {
  const refusal = (options: LanguageOptions, length = 9, strings: string[] = []) => {
    try {
      draw({ vocabulary: VOCABULARIES.lines, strings, seed: 1, length, options }, 1);
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing was refused';
  };

  test.each([
    [{ match: '[0-9]+' }, 9, /^match: no text of the model's 5 symbols is like that/],
    [{ allow: 'a', contains: ['b'] }, 9, /^allow and contains: no completion can meet them together/],
    [{ match: 'a+', forbid: 'a' }, 9, /forbid and match: no completion can meet them together/],
    [{ match: 'a{9}' }, 9, /the shortest completion that meets the constraints has 10 symbols with its end/],
    [{ minLength: 9 }, 9, /has 10 symbols with its end, and length allows 9; give a larger length/],
  ] as const)('%j', (options, length, message) => {
    expect(refusal(options, length)).toMatch(message);
  });

  test('where stop strings come before it is met', () => {
    expect(refusal({ contains: ['ab'] }, 9, ['b'])).toMatch(/a stop string ends each of them too early/);
  });
});
