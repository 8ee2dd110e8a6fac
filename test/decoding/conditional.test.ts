import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { beamSearch } from '../../src/decoding/beam.ts';
import { Constraint } from '../../src/decoding/constraint.ts';
import { CANDIDATES } from '../../src/decoding/drawing.ts';
import { type FilterOptions, filter } from '../../src/decoding/filters.ts';
import { type LanguageOptions, languageOf } from '../../src/decoding/language.ts';
import { logSoftmax } from '../../src/decoding/log-softmax.ts';
import { type Sample, type SampleOptions, sampleTexts } from '../../src/decoding/sample.ts';
import { selectTexts } from '../../src/decoding/select.ts';
import { Stops } from '../../src/decoding/stops.ts';
import { UserError } from '../../src/errors.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { chiSquaredRatio } from '../helpers/chi-squared.ts';
import { markovModel, stepperOf } from '../helpers/tiny-models.ts';

/** Names of rivers, of which only these letters are left. */
const RIVERS = readFileSync(new URL('../../corpora/rivers.txt', import.meta.url), 'utf8').replace(/[^aenrst\n]/g, '');
const { vocabulary } = corpusFromText(RIVERS, { mode: 'lines' });
const STOP = vocabulary.stop!;

/** A model of names that knows how often a letter follows another: logits are logarithms of the counts in the list of rivers. */
const TABLE = bigrams(RIVERS.trim().split('\n'));
const MODEL = markovModel(TABLE);

function bigrams(lines: readonly string[]): number[][] {
  const counts = Array.from({ length: vocabulary.size }, () => Array<number>(vocabulary.size).fill(0.01));
  for (const line of lines) {
    const ids = [STOP, ...vocabulary.encode(line), STOP];
    for (let at = 1; at < ids.length; at++) counts[ids[at - 1]!]![ids[at]!]!++;
  }
  return counts.map((row) => row.map(Math.log));
}

const LENGTH = 80;

function draw(wanted: LanguageOptions, count: number, more: Partial<SampleOptions> = {}): Sample[] {
  const stops = new Stops(STOP);
  const language = languageOf(wanted, vocabulary);
  const constraint = language && new Constraint(language, stops);
  const options = { prompt: [STOP], temperature: 1, length: LENGTH, stops, seed: 'conditional', constraint, ...more };
  return [...sampleTexts(stepperOf(MODEL, 64), options, count)];
}

/**
 * Exactly: how likely each length is among those texts of the model that contain `part`. The model's next symbol
 * depends on the last alone, so the sum over all texts is a sum over (last symbol, how much of `part` was read).
 */
function exactly(part: string, filters: FilterOptions = { temperature: 1 }): Map<string, number> {
  const rows = TABLE.map((row) => {
    const weights = new Float64Array(row.length);
    logSoftmax(weights, Float32Array.from(row));
    filter(weights, filters);
    const p = weights.map(Math.exp);
    const sum = p.reduce((total, each) => total + each, 0);
    return p.map((each) => each / sum);
  });
  /** How much of the part a text ends with, once it ended with `read` of it and has one letter more. */
  const matched = (read: number, letter: string): number => {
    if (read === part.length) return read;
    const text = part.slice(0, read) + letter;
    let length = Math.min(text.length, part.length);
    while (!text.endsWith(part.slice(0, length))) length--;
    return length;
  };
  let at = new Map<string, number>([[`${STOP} 0`, 1]]);
  const ended = new Map<string, number>();
  let chance = 0;
  for (let length = 0; length < LENGTH; length++) {
    const next = new Map<string, number>();
    for (const [key, probability] of at) {
      const [last, read] = key.split(' ').map(Number) as [number, number];
      for (const [id, p] of rows[last]!.entries()) {
        if (id === STOP) {
          if (read < part.length) continue;
          ended.set(String(length), (ended.get(String(length)) ?? 0) + probability * p);
          chance += probability * p;
        } else {
          const then = `${id} ${matched(read, vocabulary.decode([id]))}`;
          next.set(then, (next.get(then) ?? 0) + probability * p);
        }
      }
    }
    at = next;
  }
  return new Map([...ended].map(([length, p]) => [length, p / chance]));
}

const lengthsOf = (samples: readonly Sample[]) => samples.map(({ ids }) => String(ids.length));

describe('texts under a constraint', () => {
  test.each<[string, FilterOptions, string]>([
    ['temperature 1', { temperature: 1 }, 'ann'],
    ['temperature 0.7', { temperature: 0.7 }, 'an'],
    ['top-p 0.9', { temperature: 1, topP: 0.9 }, 'se'],
    ['temperature 1.3, top-k 5', { temperature: 1.3, topK: 5 }, 'ara'],
  ])('have the lengths of those texts among all that meet it, %s (χ², p > 0.001)', (_, filters, part) => {
    const lengths = exactly(part, filters);
    const samples = draw({ contains: [part] }, 1000, filters);
    for (const { ids, exact, stopped } of samples) {
      expect(vocabulary.decode(ids)).toContain(part);
      expect([exact, stopped]).toEqual([true, true]);
    }
    expect(chiSquaredRatio(lengthsOf(samples), lengths)).toBeLessThan(1);
  });

  test('are the texts of the same number without it, where these meet it', () => {
    const free = draw({}, 200);
    const bound = draw({ contains: ['a'] }, 200);
    const met = free.filter(({ ids, stopped }) => stopped && vocabulary.decode(ids).includes('a'));
    expect(met.length).toBeGreaterThan(60);
    for (const { index, ids, logProbability } of met) expect(bound[index]).toMatchObject({ ids, logProbability });
  });

  test('may ask for it as a regular expression: the same texts', () => {
    const texts = (wanted: LanguageOptions) => draw(wanted, 50).map(({ ids }) => vocabulary.decode(ids));
    expect(texts({ match: '.*ann.*' })).toEqual(texts({ contains: ['ann'] }));
  });
});

describe('texts that are drawn by looking ahead', () => {
  // One text in 7, 100, 2,600 and 200,000 of the model has it.
  test.each(['an', 'ann', 'tts', 'nanesta'])('have such lengths, too, as far as 400 of them show: %s', (part) => {
    const lengths = exactly(part);
    const samples = draw({ contains: [part] }, 400, { tries: 0 });
    for (const { ids, exact, stopped, met, tries } of samples) {
      expect(vocabulary.decode(ids)).toContain(part);
      expect([exact, stopped, met]).toEqual([false, true, true]);
      expect(tries).toBeGreaterThanOrEqual(CANDIDATES);
    }
    expect(chiSquaredRatio(lengthsOf(samples), lengths)).toBeLessThan(1);
  });
});

describe('the likeliest', () => {
  test.each([1, 3, 8])('of %d hypotheses is short, too, and as good as the best of 400', (width) => {
    const stops = new Stops(STOP);
    const constraint = new Constraint(languageOf({ contains: ['ann'] }, vocabulary)!, stops);
    const search = (k: number) =>
      beamSearch(stepperOf(MODEL, k), {
        prompt: [STOP],
        ...{ width: k, finished: k, length: 100, lengthPenalty: 1, stops, constraint },
      });
    const found = search(width).map(({ ids }) => vocabulary.decode(ids.slice(0, -1)));
    expect(found).toHaveLength(width);
    for (const text of found) expect(text).toMatch(/^(?=.*ann).{3,10}$/);
    expect(found[0]).toBe(vocabulary.decode(search(400)[0]!.ids.slice(0, -1)));
  });
});

test('selection gives up in time where --no-repeat leaves no way to meet the constraint', () => {
  const samples = function* () {
    for (let index = 0; ; index++) yield* draw({ match: '(an){2}' }, 1, { noRepeat: 1, length: 5, seed: index });
  };
  const nothing = { unique: false, known: new Set<string>(), textOf: ({ ids }: Sample) => vocabulary.decode(ids) };
  expect(() => [...selectTexts(samples(), 2, nothing)].map(({ ids }) => ids)).toThrow(UserError);
});
