import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { Recipe } from '../../src/training/complete-recipe.ts';
import { hasDiverged, isFarAboveBest } from '../../src/training/divergence.ts';
import type { TrainEvent } from '../../src/training/events.ts';
import type { History } from '../../src/training/history.ts';
import { checkpointOf, LINES, RECIPE, run, STREAM } from '../helpers/training.ts';

/** A history of stretches with these losses; each stretch has `steps` steps. */
const historyOf = (losses: readonly number[], steps = 10): History =>
  losses.map((loss, i) => ({ step: steps * (i + 1), epoch: 1, loss, gradientNorm: 1, clipped: 0, rate: 1 }));

describe('a loss is far above the best', () => {
  // 65 symbols: ln 65 = 4.17.
  test.each([
    ['where it is more than half of the way back to guessing', 65, [3, 1.3, 1.4, 2.8]],
    ['where two stretches in a row are', 65, [1.3, 2.7, 2.8]],
    ['where it is more than a nat above, with two symbols', 2, [0.5, 1.6]],
    ['where it is more than ten nats, with one symbol', 1, [10.1]],
    ['where it is hopeless from the start', 65, [52]],
    ['where it is huge', 65, [1e30]],
  ])('%s', (_, symbols, losses) => expect(isFarAboveBest(historyOf(losses), symbols)).toBe(true));

  test.each([
    ['where it begins at several times that of guessing', 65, [51]],
    ['where it is less than half of the way back to guessing', 65, [3, 1.3, 1.4, 2.7]],
    ['where it falls', 65, [4.2, 3, 2, 1]],
    ['where it is within a nat of the best', 2, [0.5, 1.4]],
  ])('but not %s', (_, symbols, losses) => expect(isFarAboveBest(historyOf(losses), symbols)).toBe(false));
});

describe('a run has diverged', () => {
  const diverged = (losses: number[], options: { final?: boolean; steps?: number } = {}) =>
    hasDiverged(historyOf(losses, options.steps), 65, options.final === true);

  test('when three stretches in a row are far above the best, or when its very last stretch is hopeless', () => {
    expect(diverged([1.3, 2.8, 2.8])).toBe(false);
    expect(diverged([1.3, 2.8, 2.8, 2.8])).toBe(true);
    expect(diverged([1.3, 2.8, 1.4, 2.8])).toBe(false);
    expect(diverged([1e30, 1e30, 1e30])).toBe(true);
    expect(diverged([1e30], { final: true })).toBe(true);
    expect(diverged([1.3, 20], { final: true })).toBe(false);
  });

  test('but not while its loss comes down', () => {
    expect(diverged([1e30, 1e20, 1e10])).toBe(false);
    expect(diverged([1e30, 1e20, 1e10, 0.9e10])).toBe(false);
    expect(diverged([1e30, 1e20, 1e10, 1e10, 0.9e10])).toBe(true);
  });

  test('but not before thirty steps in a row are far above the best', () => {
    expect(diverged([1.3, ...Array<number>(29).fill(2.8)], { steps: 1 })).toBe(false);
    expect(diverged([1.3, ...Array<number>(30).fill(2.8)], { steps: 1 })).toBe(true);
    expect(diverged([1.3, ...Array<number>(15).fill(2.8), 1.4, ...Array<number>(15).fill(2.8)], { steps: 1 })).toBe(
      false,
    );
  });
});

/** A recipe of an LSTM, whose loss stays finite at any rate. */
const WILD: Partial<Recipe> = { rate: 1e30, validateEvery: 10, validation: 0.1, limits: { steps: 60 } };
/** A recipe of a relu network, whose gradient grows until it is infinite. */
const EXPLODING: Partial<Recipe> = {
  model: { ...RECIPE.model, cell: 'rnn', activation: 'relu' },
  optimizer: { ...RECIPE.optimizer, name: 'sgd' },
  clipNorm: Number.POSITIVE_INFINITY,
  rate: 100,
  validateEvery: 10,
  limits: { steps: 60 },
};
/** A rate that is too high. After it has been halved a few times, the network learns. */
const HIGH: Partial<Recipe> = { ...WILD, rate: 200, onDivergence: 'rollback' };

const notices = (events: readonly TrainEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));

describe('a run that diverges', () => {
  test.each([
    [
      'with finite losses',
      WILD,
      /the loss, \S+ nats, is far above the best at step 30;/,
      ['best', 'last', 'best', 'last'],
    ],
    ['to infinity', EXPLODING, /training diverged: .* at step \d+;/, []],
  ])('%s stops, and says what to do', async (_, recipe, message, before) => {
    const kept: string[] = [];
    const failing = run(STREAM, recipe, {}, (event) => {
      if (event.type === 'checkpoint') kept.push(event.kind);
    });
    const error: unknown = await failing.catch((thrown: unknown) => thrown);
    expect(kept).toEqual(before); // nothing of the diverged state
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(
      /use a smaller rate \(it was \S+\) or a smaller clipNorm, or onDivergence rollback$/,
    );
  });

  test.each([
    ['with finite losses', STREAM, HIGH],
    ['in lines mode', LINES, HIGH],
    ['to infinity', STREAM, { ...EXPLODING, onDivergence: 'rollback' } as const],
    ['with averages and dropout', STREAM, { ...HIGH, averaging: 0.5, dropout: { ...RECIPE.dropout, layers: 0.2 } }],
  ])(
    '%s goes back with half the rate, to the end, and to the same bytes however it is resumed',
    async (_, corpus, recipe) => {
      const whole = await run(corpus, recipe);
      const texts = notices(whole.events);
      expect(texts.length).toBeGreaterThan(0);
      expect(texts[0]).toMatch(
        /^training diverged: .* at step \d+; back to step 0( \(no later state was sound\))?, with a rate of \d+$/,
      );
      expect(whole.done.step).toBe(60);
      expect(whole.done.loss).toBeLessThan(10 * (Math.log(corpus.vocabulary.size) + 1));
      const rates = whole.steps.map(({ rate }) => rate);
      expect(rates.at(-1)).toBe(rates[0]! / 2 ** texts.length);
      for (const { kind, text } of whole.kept) {
        if (kind !== 'last') continue;
        const rest = await run(corpus, recipe, { resume: checkpointOf(text) });
        expect((rest.last ?? whole.last).text).toBe(whole.last.text);
      }
    },
  );

  test('is saved where it is interrupted before that, at a report, too', async () => {
    for (const step of [10, 15]) {
      const interruption = new AbortController();
      const { done, last } = await run(STREAM, WILD, { signal: interruption.signal }, (event) => {
        if (event.type === 'step' && event.step === step) interruption.abort();
      });
      expect(done).toMatchObject({ reason: 'interrupted', step });
      expect(done.loss).toBeGreaterThan(10 * (Math.log(STREAM.vocabulary.size) + 1));
      expect(last).toMatchObject({ step, final: true });
    }
  });

  test('goes back to the best model', async () => {
    // The test spoils the parameters itself. The recipe would not diverge.
    let broken = false;
    const recipe = { ...WILD, rate: 0.01, onDivergence: 'rollback' } as const;
    const { events, done } = await run(STREAM, recipe, {}, (event) => {
      if (broken || event.type !== 'checkpoint' || event.kind !== 'last') return;
      const { parameters } = event.snapshot(); // views of the run's memory
      for (let j = 0; j < parameters.length; j++) parameters[j] = j % 2 === 0 ? 1e20 : -1e20;
      broken = true;
    });
    expect(notices(events)[0]).toMatch(/back to step 10, with a rate of 0\.005$/);
    expect(done.step).toBe(60);
  });

  test('again and again ends after ten rollbacks', async () => {
    const error: unknown = await run(STREAM, { ...HIGH, rate: 1e30 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/, after 10 rollbacks; use a smaller rate \(it was 1e\+30 at first\)$/);
  });
});
