import { describe, expect, test } from 'vitest';
import { SOLO, share, type Team } from '../../src/kernel/team.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { Random } from '../../src/random.ts';
import { makeNetwork, type Network, randomState, randomSymbols, SMALL, VARIANTS } from '../helpers/network.ts';

const SEED = 61;

/** Symbols, targets and keeps of some steps of B rows, each [T][B]. */
interface Sequence {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
  readonly keep: Int32Array;
}

function randomSequence(steps: number, rows: number, symbols: number, seed: number): Sequence {
  const random = new Random(seed);
  const draw = () => Int32Array.from({ length: steps * rows }, () => random.integer(symbols));
  return { inputs: draw(), targets: draw(), keep: new Int32Array(steps * rows).fill(1) };
}

/** Steps [from, to) of a sequence of B rows. */
function part(sequence: Sequence, rows: number, from: number, to: number): Sequence {
  const cut = (ids: Int32Array) => ids.slice(from * rows, to * rows);
  return { inputs: cut(sequence.inputs), targets: cut(sequence.targets), keep: cut(sequence.keep) };
}

function load({ model, kernels }: Network, { inputs, targets, keep }: Sequence): void {
  kernels.ints.set(inputs, model.inputs);
  kernels.ints.set(targets, model.targets);
  kernels.ints.set(keep, model.keep);
}

function team(rank: number, size: number): Team {
  return { rank, size, barrier() {} };
}

/** What can be seen of a run of `steps` steps from outside. */
interface Run {
  readonly logits: number[];
  readonly losses: number[];
  readonly finalStates: number[][];
  readonly gradients: number[];
}

/**
 * Forward, loss, backward, weight gradients of the sum of losses, by a team whose threads take turns, in the order of `ranks`,
 * at what would be done between two barriers.
 */
function run(network: Network, steps: number, ranks: readonly number[] = [0]): Run {
  const { model, kernels } = network;
  const { rows, training } = model.shape;
  const size = ranks.length;
  const numbers = (from: number, count: number) => [...kernels.floats.subarray(from, from + count)];
  const block = rows * model.config.hidden;
  const slice = (rank: number) => share(team(rank, size), rows);
  for (const rank of ranks) model.pack(kernels, team(rank, size));
  for (const rank of ranks) model.forward(kernels, slice(rank), { steps });
  const logits = numbers(model.members[0]!.logits, steps * rows * model.config.symbols);
  for (const rank of ranks) model.loss(kernels, slice(rank), { steps }, 1);
  if (training) {
    for (const rank of ranks) model.pack(kernels, team(rank, size), 'backward');
    for (const rank of ranks) model.backward(kernels, slice(rank), { steps });
    kernels.fill(model.parameters.gradients, 0, model.parameters.manifest.size);
    for (const rank of ranks) model.weightGradients(kernels, team(rank, size), { steps });
  }
  return {
    logits,
    losses: numbers(model.losses, steps * rows),
    finalStates: model.states.map((state) => numbers(state.final(steps), block)),
    gradients: training ? numbers(model.parameters.gradients, model.parameters.manifest.size) : [],
  };
}

/** The numbers of batch row `row` in [T][B][width]. */
function ofRow(numbers: readonly number[], row: number, rows: number, width: number): number[] {
  return numbers.filter((_, j) => Math.floor(j / width) % rows === row);
}

function clearState({ model, kernels }: Network): void {
  for (const state of model.states) state.reset(kernels);
}

describe.each(VARIANTS)('state of the $label', (variant) => {
  const config: ModelConfig = { ...SMALL, ...variant, layers: 2, embedding: 3 };
  const ROWS = 3;

  test.each([{ resets: 'none' }, { resets: 'in mid-chunk and at a chunk’s first step' }])(
    'carried over chunks of 5, 4 and 3 steps equals one run of 12 steps to the bit, resets: $resets',
    ({ resets }) => {
      const sequence = randomSequence(12, ROWS, config.symbols, 62);
      if (resets !== 'none') for (const position of [1, 5 * ROWS, 7 * ROWS + 2]) sequence.keep[position] = 0;
      const whole = makeNetwork(config, { steps: 12, rows: ROWS, training: false }, SEED);
      randomState(whole, 63);
      load(whole, sequence);
      const expected = run(whole, 12);

      const chunked = makeNetwork(config, { steps: 5, rows: ROWS, training: false }, SEED);
      randomState(chunked, 63);
      const logits: number[] = [];
      const losses: number[] = [];
      let finalStates: number[][] = [];
      for (const [from, to] of [
        [0, 5],
        [5, 9],
        [9, 12],
      ] as const) {
        load(chunked, part(sequence, ROWS, from, to));
        const chunk = run(chunked, to - from);
        chunked.model.carry(chunked.kernels, to - from);
        logits.push(...chunk.logits);
        losses.push(...chunk.losses);
        finalStates = chunk.finalStates;
      }
      expect(logits).toEqual(expected.logits);
      expect(losses).toEqual(expected.losses);
      expect(finalStates).toEqual(expected.finalStates);
    },
  );

  test('that is carried matters: chunks that start from s₀ differ from one long run', () => {
    const sequence = randomSequence(10, ROWS, config.symbols, 62);
    const whole = makeNetwork(config, { steps: 10, rows: ROWS, training: false }, SEED);
    load(whole, sequence);
    const expected = run(whole, 10).losses.slice(5 * ROWS);
    const fresh = makeNetwork(config, { steps: 5, rows: ROWS, training: false }, SEED);
    load(fresh, part(sequence, ROWS, 5, 10));
    for (const [position, loss] of run(fresh, 5).losses.entries()) expect(loss).not.toBe(expected[position]);
  });

  test('that is reset in one row equals a fresh sequence there, and nothing changes in the others, to the bit', () => {
    const sequence = randomSequence(9, ROWS, config.symbols, 64);
    const shape = { steps: 9, rows: ROWS, training: false };
    const running = makeNetwork(config, shape, SEED);
    randomState(running, 65);
    load(running, sequence);
    const unbroken = run(running, 9);

    const resetting = makeNetwork(config, shape, SEED);
    randomState(resetting, 65);
    load(resetting, { ...sequence, keep: sequence.keep.with(4 * ROWS + 1, 0) });
    const broken = run(resetting, 9);

    const starting = makeNetwork(config, shape, SEED);
    load(starting, part(sequence, ROWS, 4, 9));
    const fresh = run(starting, 5);

    const V = config.symbols;
    const [before, after] = [broken.logits.slice(0, 4 * ROWS * V), broken.logits.slice(4 * ROWS * V)];
    expect(before).toEqual(unbroken.logits.slice(0, 4 * ROWS * V));
    expect(ofRow(after, 1, ROWS, V)).toEqual(ofRow(fresh.logits, 1, ROWS, V));
    for (const row of [0, 2]) {
      expect(ofRow(broken.logits, row, ROWS, V)).toEqual(ofRow(unbroken.logits, row, ROWS, V));
    }
    for (const [index, state] of broken.finalStates.entries()) {
      expect(ofRow(state, 1, ROWS, config.hidden)).toEqual(ofRow(fresh.finalStates[index]!, 1, ROWS, config.hidden));
    }
  });

  test('that is reset cuts the gradient: the whole gradient is the sum of both sequences’, relative error < 1e-12', () => {
    const sequence = randomSequence(9, 1, config.symbols, 66);
    sequence.keep[4] = 0;
    const network = makeNetwork(config, { steps: 9, rows: 1, training: true }, SEED);
    randomState(network, 67);
    load(network, sequence);
    const { gradients } = run(network, 9);
    load(network, part(sequence, 1, 0, 4));
    randomState(network, 67);
    const first = run(network, 4).gradients;
    clearState(network);
    load(network, part({ ...sequence, keep: sequence.keep.with(4, 1) }, 1, 4, 9));
    const second = run(network, 5).gradients;
    const largest = Math.max(...gradients.map(Math.abs));
    for (const [j, gradient] of gradients.entries()) {
      expect(Math.abs(gradient - first[j]! - second[j]!)).toBeLessThan(1e-12 * largest);
    }
  });

  test.each([0, 1, 4, 7])(
    'of %i steps in a model planned for 8 equals that of a model planned for as many, to the bit',
    (steps) => {
      const long = makeNetwork(config, { steps: 8, rows: ROWS, training: true }, SEED);
      randomSymbols(long, 68);
      randomState(long, 69);
      run(long, 8); // leaves numbers everywhere that a shorter run must not read
      const exact = makeNetwork(config, { steps, rows: ROWS, training: true }, SEED);
      const sequence = randomSequence(steps, ROWS, config.symbols, 70);
      const runs = [long, exact].map((network) => {
        load(network, sequence);
        randomState(network, 71);
        return run(network, steps);
      });
      expect(runs[0]).toEqual(runs[1]);
      expect(runs[0]?.losses).toHaveLength(steps * ROWS);
    },
  );

  test('that is reset at the start only needs less memory, and gives the same bits', () => {
    const shape = { steps: 6, rows: ROWS, training: true };
    const sequence = randomSequence(6, ROWS, config.symbols, 72);
    sequence.keep[1] = 0;
    const networks = [false, true].map((resetsAtStart) => makeNetwork(config, { ...shape, resetsAtStart }, SEED));
    const runs = networks.map((network) => {
      randomState(network, 73);
      load(network, sequence);
      const first = run(network, 6);
      network.model.carry(network.kernels, 6);
      return [first, run(network, 4)];
    });
    expect(runs[0]).toEqual(runs[1]);
    const [anywhere, atStart] = networks.map(({ kernels }) => kernels.floats.length);
    expect(atStart).toBeLessThanOrEqual(anywhere! - config.layers * 6 * ROWS * config.hidden);
  });
});

test.each(['forward', 'backward'] as const)('a %s pass without weights that are packed for it is an error', (pass) => {
  const network = makeNetwork(SMALL, { steps: 2, rows: 1, training: true }, SEED);
  const { model, kernels } = network;
  const rows = { start: 0, end: 1 };
  model.pack(kernels, SOLO, pass === 'forward' ? 'backward' : 'forward');
  expect(() => model[pass](kernels, rows, { steps: 2 })).toThrow(`the weights must be packed for the ${pass} pass`);
});

describe.each(VARIANTS)('work on the $label shared out between threads', (variant) => {
  // Wide enough that every weight's columns fall into several shares, whose bounds lie within gates.
  const config: ModelConfig = { ...SMALL, ...variant, layers: 2, hidden: 22, symbols: 37 };
  const shape = { steps: 6, rows: 5, training: true };

  function shared(embedding: number, ranks: readonly number[]): { run: Run; memory: Int32Array } {
    const network = makeNetwork({ ...config, embedding }, shape, 81, 4);
    randomSymbols(network, 82);
    randomState(network, 83);
    for (const position of [2, 11, 19, 20]) network.kernels.ints[network.model.keep + position] = 0;
    return { run: run(network, shape.steps, ranks), memory: network.kernels.ints };
  }

  test.each([
    { embedding: 0, ranks: [0, 1] },
    { embedding: 0, ranks: [0, 1, 2] },
    { embedding: 34, ranks: [1, 0] },
    { embedding: 34, ranks: [2, 0, 1] },
    { embedding: 34, ranks: [6, 5, 4, 3, 2, 1, 0] }, // more threads than rows
  ])('is the same float32 to the bit: embedding $embedding, ranks $ranks', ({ embedding, ranks }) => {
    const alone = shared(embedding, [0]);
    const together = shared(embedding, ranks);
    expect(together.run).toEqual(alone.run);
    expect(alone.run.gradients.filter((gradient) => gradient !== 0).length).toBeGreaterThan(1000);
    // Every number in memory: activations, gates, packed weights, the signs of zeros.
    expect(Buffer.from(together.memory.buffer).equals(Buffer.from(alone.memory.buffer))).toBe(true);
  });
});
