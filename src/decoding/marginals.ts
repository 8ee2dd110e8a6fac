import type { Stepper } from '../nn/stepper.ts';
import { Random } from '../random.ts';
import { logSoftmax } from './log-softmax.ts';

/** The distribution of each position of a text by itself, whatever stands at the others. */
export interface Marginals {
  /** [length][V + 1] p(x_t = id); the last number is the probability that the text is over before t. */
  readonly positions: readonly Float64Array[];
  /** Probability of the texts that were left out; 0 where all were followed. */
  readonly missing: number;
}

export interface MarginalOptions {
  /** Symbols that are read first. */
  readonly prompt: readonly number[];
  /** T: positions, the end of a text included. */
  readonly length: number;
  /** The id that ends a text, where there is one. */
  readonly stop: number | undefined;
  /** The most beginnings of texts that are followed at one position: the likeliest are. */
  readonly most: number;
}

/** A beginning of a text. */
interface Beginning {
  readonly logProbability: number;
  readonly last: number;
  /** Its parent's place among those followed. */
  readonly from: number;
}

/** Beginnings less likely than this are never followed: a hundred million of them would add up to 1e-4. */
const LEAST = Math.log(1e-12);

/** Where texts that are not over are less likely than this together, none is followed further. */
const ALL_OVER = 1e-9;

/**
 * The marginals p(x_t) = Σ over all texts that agree in x_t, by following every beginning of a text that is not next to impossible. They are exact where
 * `missing` is 0 or small: it bounds the error of each probability. A model of a few sentences has few beginnings; a model of a long text has too
 * many.
 *
 * @param stepper with at least `most` rows
 */
export function exactMarginals(stepper: Stepper, { prompt, length, stop, most }: MarginalOptions): Marginals {
  const { symbols: V } = stepper.config;
  const logs = new Float64Array(V);
  const positions: Float64Array[] = [];
  let [over, missing] = [0, 0];
  stepper.resetState(0);
  for (const id of prompt) stepper.step([id]);
  let beginnings: readonly Beginning[] = [{ logProbability: 0, last: -1, from: 0 }];
  for (let t = 0; t < length; t++) {
    if (t > 0) {
      stepper.moveStates(beginnings.map(({ from }) => from));
      stepper.step(beginnings.map(({ last }) => last));
    }
    const position = new Float64Array(V + 1);
    position[V] = over;
    const next: Beginning[] = [];
    for (const [from, { logProbability }] of beginnings.entries()) {
      logSoftmax(logs, stepper.logits(from));
      for (let id = 0; id < V; id++) {
        const longer = logProbability + logs[id]!;
        const probability = Math.exp(longer);
        position[id]! += probability;
        if (id === stop) over += probability;
        else if (longer > LEAST) next.push({ logProbability: longer, last: id, from });
        else missing += probability;
      }
    }
    positions.push(position);
    beginnings = likeliest(next, most);
    const followed = total(beginnings);
    missing += total(next) - followed;
    if (followed < ALL_OVER) return { positions, missing: missing + followed };
  }
  return { positions, missing };
}

/** The `most` likeliest beginnings, in their order. The last place goes to any of those that are equally likely. */
function likeliest(beginnings: readonly Beginning[], most: number): readonly Beginning[] {
  if (beginnings.length <= most) return beginnings;
  const ascending = Float64Array.from(beginnings, ({ logProbability }) => logProbability).sort();
  const least = ascending[ascending.length - most]!;
  let ties = most - beginnings.filter(({ logProbability }) => logProbability > least).length;
  return beginnings.filter(({ logProbability }) => logProbability > least || (logProbability === least && ties-- > 0));
}

function total(beginnings: readonly Beginning[]): number {
  return beginnings.reduce((sum, { logProbability }) => sum + Math.exp(logProbability), 0);
}

/** The marginals as they are among drawn texts: each counts 1/n. */
export function countedMarginals(texts: readonly (readonly number[])[], symbols: number): Marginals {
  const longest = texts.reduce((most, ids) => Math.max(most, ids.length), 0);
  const positions = Array.from({ length: longest }, (_, t) => {
    const position = new Float64Array(symbols + 1);
    for (const ids of texts) position[ids[t] ?? symbols]! += 1 / texts.length;
    return position;
  });
  return { positions, missing: 0 };
}

/**
 * Draws each position by itself from its marginal, as if positions had nothing to do with each other. That is what a structured prediction must not do: each
 * symbol is as likely as it should be, and the text as a whole may be nonsense. A text ends before the first position that is drawn as over, or
 * with `stop`.
 */
export function* independentTexts(
  { positions }: Marginals,
  { seed, stop }: { readonly seed: string | number; readonly stop: number | undefined },
): Generator<number[], never, void> {
  const random = new Random(`${seed}/independent`);
  for (;;) {
    const ids: number[] = [];
    for (const position of positions) {
      const id = draw(position, random);
      if (id === stop || id === position.length - 1) break;
      ids.push(id);
    }
    yield ids;
  }
}

function draw(position: Float64Array, random: Random): number {
  let left = random.next() * position.reduce((sum, p) => sum + p, 0);
  for (let id = 0; id < position.length; id++) {
    left -= position[id]!;
    if (left < 0) return id;
  }
  return position.findLastIndex((p) => p > 0);
}
