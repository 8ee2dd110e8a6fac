import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { groupTargets, sequenceAccuracy } from '../../src/decoding/accuracy.ts';
import { rankLabels } from '../../src/decoding/labels.ts';
import { PairReader } from '../../src/decoding/pair-reader.ts';
import { Stops } from '../../src/decoding/stops.ts';
import { beamTargets } from '../../src/decoding/transduce.ts';
import { type Checkpoint, parseCheckpoint, serializeCheckpoint } from '../../src/nn/checkpoint.ts';
import { Stepper } from '../../src/nn/stepper.ts';
import type { PairTask } from '../../src/pair-task.ts';
import type { PairCorpus } from '../../src/text/pairs.ts';
import { readPairs } from '../../src/text/read-pairs.ts';
import { resolveRecipe } from '../../src/training/complete-recipe.ts';
import type { TrainEvent } from '../../src/training/events.ts';
import type { HistoryPoint } from '../../src/training/history.ts';
import type { RecipeOptions } from '../../src/training/recipe.ts';
import { type TrainOptions, trainPairs } from '../../src/training/trainer.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { run as runText, STREAM } from '../helpers/training.ts';

/** All words of one to three letters from a to c; some of them have two targets. */
const WORDS = [1, 2, 3].flatMap((length) =>
  Array.from({ length: 3 ** length }, (_, number) =>
    [...number.toString(3).padStart(length, '0')].map((digit) => 'abc'[Number(digit)]!).join(''),
  ),
);
const reversed = (word: string) => [...word].reverse().join('').toUpperCase();
const TARGETS: Readonly<Record<PairTask, (word: string) => readonly string[]>> = {
  transduce: (word) => (word.startsWith('ab') ? [reversed(word), word.toUpperCase()] : [reversed(word)]),
  // A letter is tagged by whether the last letter of the word is the same.
  tag: (word) => [[...word].map((letter) => (letter === word.at(-1) ? 'S' : 'D')).join('')],
  classify: (word) => [word.at(-1)!],
};

async function corpora(task: PairTask): Promise<{ corpus: PairCorpus; validation: PairCorpus }> {
  const lines = (words: readonly string[]) =>
    words.flatMap((word) => TARGETS[task](word).map((target) => `${word}\t${target}\n`)).join('');
  const read = async (
    text: string,
    vocabularies?: { source: PairCorpus['source']['vocabulary']; target: PairCorpus['target']['vocabulary'] },
  ) =>
    readPairs(['-'], {
      task,
      sourceUnit: 'codepoint',
      targetUnit: 'codepoint',
      vocabularies,
      stdin: Readable.from([Buffer.from(text)]),
    });
  const corpus = await read(lines(WORDS));
  const vocabularies = { source: corpus.source.vocabulary, target: corpus.target.vocabulary };
  return { corpus, validation: await read(lines(WORDS.filter((_, at) => at % 2 === 0)), vocabularies) };
}

const MODEL = { hidden: 12, layers: 1, embedding: 6 } as const;
const PLACE = { kernel: 'auto', threads: 1 } as const;

interface Reported {
  readonly point: HistoryPoint;
  readonly best: boolean;
  /** The newest state. */
  readonly checkpoint: Checkpoint;
}

async function reports(
  { corpus, validation }: Awaited<ReturnType<typeof corpora>>,
  options: RecipeOptions,
  more: Partial<TrainOptions> = {},
): Promise<{ reported: Reported[]; text: string; events: TrainEvent[] }> {
  const recipe = resolveRecipe({
    validation: 'held out',
    select: 'accuracy',
    batch: 4,
    validateEvery: 10,
    schedule: { warmup: 5 },
    ...options,
  });
  const reported: Reported[] = [];
  const events: TrainEvent[] = [];
  let found: Pick<Reported, 'point' | 'best'> | undefined;
  let text = '';
  for await (const event of trainPairs(corpus, { recipe, place: PLACE, ...more }, { validation })) {
    events.push(event);
    if (event.type === 'report') found = event;
    if (event.type !== 'checkpoint' || event.kind !== 'last') continue;
    text = [...serializeCheckpoint(event.snapshot())].join('');
    if (found) reported.push({ point: found.point, best: found.best, checkpoint: parseCheckpoint(text, 'test') });
    found = undefined;
  }
  return { reported, text, events };
}

/** The accuracy that decoding finds. */
function decoded({ model, parameters }: Checkpoint, { source, target, count, task }: PairCorpus): number {
  const [choice] = KERNEL_CHOICES;
  const pairs = Array.from({ length: count }, (_, pair) => ({
    source: source.ids.subarray(source.starts[pair], source.starts[pair + 1]),
    target: [...target.ids.subarray(target.starts[pair], target.starts[pair + 1])],
  }));
  if (task !== 'transduce') {
    const logits = new PairReader(choice!, model, parameters).labelLogits(pairs.map((pair) => pair.source));
    const labels = logits.map((own) => rankLabels(own, { count: 1 })[0]!.ids);
    const right = pairs.flatMap((pair, at) => pair.target.map((label, step) => label === labels[at]![step]));
    return right.filter(Boolean).length / right.length;
  }
  const groups = groupTargets(pairs, (ids) => ids.join(' '));
  const stops = Stops.of(target.vocabulary);
  const greedy = { prompt: [stops.symbol!], width: 1, finished: 1, length: 20, lengthPenalty: 1, stops };
  const found = beamTargets(
    new Stepper(choice!, model, parameters, 8),
    greedy,
    groups.map((group) => group.source),
  );
  const predictions = [...found].map(([best], at) => ({
    predicted: best!.ids.slice(0, best!.ids.length - best!.ending),
    targets: groups[at]!.targets,
  }));
  return sequenceAccuracy(predictions).accuracy;
}

describe.each(['transduce', 'tag', 'classify'] as const)('accuracy selects the best model that is to %s', (task) => {
  const model = { ...MODEL, members: 2, pairs: { task } };

  test('it is the accuracy of greedy decoding, and any target of an equal source is right', async () => {
    const both = await corpora(task);
    const { reported, events } = await reports(both, { model, limits: { steps: 120 } });
    expect(reported).toHaveLength(12);
    for (const { point, checkpoint } of reported) {
      expect(point.accuracy).toBeCloseTo(decoded(checkpoint, both.validation), 12);
    }
    const accuracies = reported.map(({ point }) => point.accuracy!);
    expect(Math.max(...accuracies)).toBeGreaterThan(Math.min(...accuracies));
    const [best] = [...reported].sort(
      ({ point: a }, { point: b }) => b.accuracy! - a.accuracy! || a.validation! - b.validation!,
    );
    expect(reported.filter((each) => each.best).at(-1)).toBe(best);
    const { step, accuracy, validation } = best!.point;
    expect(events.at(-1)).toMatchObject({ type: 'done', bestStep: step, accuracy, validation });
  });

  test('gives the same bytes on any number of threads, and when it is resumed', async () => {
    const both = await corpora(task);
    const recipe = { model, averaging: 0.9, limits: { steps: 45 } };
    const whole = await reports(both, recipe);
    expect((await reports(both, recipe, { place: { kernel: 'wasm128', threads: 3 } })).text).toBe(whole.text);
    for (const at of [0, 2]) {
      const resumed = await reports(both, recipe, { resume: whole.reported[at]!.checkpoint });
      expect(resumed.text).toBe(whole.text);
    }
  });
});

test('accuracy decides patience', async () => {
  const both = await corpora('classify');
  const recipe = { model: { ...MODEL, pairs: { task: 'classify' as const } }, patience: 2, limits: { steps: 1000 } };
  const { reported, events } = await reports(both, recipe);
  expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'patience' });
  // The loss may go on falling, and the best model be a newer one: only a greater accuracy keeps the run alive.
  const accuracies = reported.map(({ point }) => point.accuracy!);
  expect(Math.max(...accuracies.slice(0, -2))).toBe(Math.max(...accuracies));
  expect(accuracies.indexOf(Math.max(...accuracies))).toBe(accuracies.length - 3);
});

test('a model of texts is selected by the share of symbols that are the likeliest', async () => {
  const options = { validation: 0.2, select: 'accuracy', validateEvery: 4, limits: { steps: 12 } } as const;
  const { reports: found } = await runText(STREAM, options);
  for (const { point } of found) expect(point.accuracy).toBeGreaterThan(0);
  const { reports: byLoss } = await runText(STREAM, { ...options, select: 'loss' });
  expect(byLoss.map(({ point }) => point.accuracy)).toEqual(found.map(() => undefined));
  expect(byLoss.map(({ point }) => point.validation)).toEqual(found.map(({ point }) => point.validation));
});

test('accuracy needs a part that is held out', () => {
  expect(() => resolveRecipe({ select: 'accuracy', validation: 0 })).toThrow(
    'select accuracy needs a part that is held out; give validation',
  );
});
