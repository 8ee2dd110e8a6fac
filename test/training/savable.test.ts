import { describe, expect, test } from 'vitest';
import { corpusFromText } from '../../src/text/corpus.ts';
import { MOST_POINTS } from '../../src/training/history.ts';
import { readRun } from '../../src/training/record.ts';
import { type TrainOptions, train } from '../../src/training/trainer.ts';
import { ALONE, checkpointOf, RECIPE, run, STREAM, textOf } from '../helpers/training.ts';

describe('a run whose checkpoints could not be read', () => {
  const model = { ...RECIPE.model, hidden: 5000 };

  test('is refused before any memory is taken for it', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const recipe = { model, averaging: 0.9, onDivergence: 'rollback' } as const;
    await expect(run(STREAM, recipe)).rejects.toThrow(/the state of this run would be a file of 4\.\d GB, and 4\.0 GB/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e8);
  });

  test('because of its place in a text of lines is refused, too', async () => {
    // Ten rows read 99,999 steps of each window again: two lists of these steps, and the lists of the state to go back to.
    const lines = corpusFromText(`${'ab'.repeat(50_100)}\n`.repeat(10), { mode: 'lines' });
    const small = { ...RECIPE.model, hidden: 1 };
    const recipe = { model: small, bptt: 100_000, stride: 1, batch: 10, onDivergence: 'rollback' } as const;
    const said = await run(lines, recipe).then(
      () => 'nothing',
      (error: Error) => error.message,
    );
    expect(said).toMatch(/would have \d+ values besides its tensors, and a checkpoint can have 4000000; use a smaller/);
  });
});

test('a run of more reports than a history holds is read, goes back and is resumed to the same bytes', async () => {
  const recipe = {
    ...RECIPE,
    model: { ...RECIPE.model, hidden: 2 },
    batch: 1,
    bptt: 2,
    stride: 2,
    validation: 3,
    validateEvery: 1,
    onDivergence: 'rollback',
    limits: { steps: MOST_POINTS + 150 },
  } as const;
  const begun = MOST_POINTS - 60;
  const broken = MOST_POINTS + 50;
  /** The last state; where it is asked for, the one of a step, too. The parameters are spoilt once: the run goes back. */
  const follow = async (options: Partial<TrainOptions> = {}, wanted?: number) => {
    let [at, last] = ['', ''];
    let [step, spoilt] = [0, false];
    const notices: string[] = [];
    for await (const event of train(STREAM, { recipe, place: ALONE, ...options })) {
      if (event.type === 'step') step = event.step;
      if (event.type === 'notice') notices.push(event.text);
      if (event.type !== 'checkpoint' || event.kind !== 'last') continue;
      if (step === wanted && !at) at = textOf(event.snapshot());
      if (event.final) last = textOf(event.snapshot());
      if (step !== broken || spoilt) continue;
      event.snapshot().parameters.fill(Number.NaN);
      spoilt = true;
    }
    return { at, last, notices };
  };
  const whole = await follow({}, begun);
  expect(whole.notices[0]).toMatch(/^training diverged: .*; back to step \d+/);
  const { history } = readRun(checkpointOf(whole.last), 'the last state');
  expect(history.length).toBeLessThan(MOST_POINTS);
  const resumed = await follow({ resume: checkpointOf(whole.at) });
  expect(resumed.notices).toEqual(whole.notices);
  expect(resumed.last).toBe(whole.last);
}, 60_000);
