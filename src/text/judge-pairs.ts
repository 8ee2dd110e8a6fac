import { extname } from 'node:path';
import { UserError } from '../errors.ts';
import type { PairTask } from '../pair-task.ts';
import { readLines } from './line-reader.ts';
import type { PairReading } from './options.ts';
import { areText, missingColumn } from './pair-lines.ts';
import { splitText } from './split-text.ts';
import type { Unit } from './symbols.ts';

/** What `auto` takes files for. */
export interface TaskChoice {
  /** Undefined: the files are a text. */
  readonly task: PairTask | undefined;
  /** Why, where the names of the files say that they hold pairs. */
  readonly reason?: string;
  /** The units in which every target has as many symbols as its source, so that the targets may be tags. */
  readonly alignedUnit?: Unit;
}

/** A list of labels has at most so many, and each label has at least so many examples on average. */
const MOST_LABELS = 1000;
const EXAMPLES_OF_LABEL = 10;

/**
 * The rule of the task `auto`. Files are pairs when the name of each ends in `.tsv` and each of their lines has a tab; empty lines don't count.
 * Other files are a text. Pairs are to be classified when there are at most 1,000 different targets, each seen ten times on average, or when a
 * target is read as one symbol (the unit `field`). Other pairs are to be transduced. Tags are never guessed. A line that lacks a column says
 * nothing about them. UserError where all lines do.
 *
 * @param reading how the columns will be read. A target that has a unit other than `field` is no label.
 */
export async function judgePairs(
  sources: readonly string[],
  { columns = [1, 2], sourceUnit, targetUnit }: PairReading,
): Promise<TaskChoice> {
  if (sources.length === 0 || !sources.every((path) => extname(path).toLowerCase() === '.tsv'))
    return { task: undefined };
  const counts = new TargetCounts();
  let lacking: string | undefined;
  const alignments = [new Alignment(sourceUnit ?? 'codepoint', targetUnit ?? 'codepoint')];
  if (sourceUnit === undefined && targetUnit === undefined) alignments.push(new Alignment('token', 'token'));
  for (const path of sources) {
    for await (const lines of readLines(path, { convert: areText({ sourceUnit, targetUnit }) })) {
      for (const { number, text } of lines) {
        if (text.length === 0) continue;
        if (typeof text !== 'string') return { task: undefined, reason: `${path}: line ${number} is not UTF-8` };
        const fields = text.split('\t');
        if (fields.length === 1) return { task: undefined, reason: `${path}: line ${number} has no tab` };
        const missing = missingColumn(fields.length, columns);
        if (missing) {
          lacking ??= `${path}: line ${number}: ${missing}`;
          continue;
        }
        const [source, target] = [fields[columns[0] - 1]!, fields[columns[1] - 1]!];
        counts.add(target);
        for (const alignment of alignments) alignment.add(source, target);
      }
    }
  }
  if (counts.lines === 0 && lacking) throw new UserError(lacking);
  if (counts.lines === 0) return { task: undefined };
  const isLabel = targetUnit === undefined ? counts.areLabels : targetUnit === 'field';
  const alignedUnit = alignments.find(({ holds }) => holds)?.unit;
  return {
    task: isLabel ? 'classify' : 'transduce',
    reason: counts.inWords,
    ...(alignedUnit === undefined ? {} : { alignedUnit }),
  };
}

/** How many targets there are, and how many different ones, up to the most that labels have. */
class TargetCounts {
  lines = 0;
  readonly #different = new Set<string>();

  add(target: string): void {
    this.lines++;
    if (this.#different.size <= MOST_LABELS) this.#different.add(target);
  }

  get areLabels(): boolean {
    return this.#different.size <= MOST_LABELS && this.lines >= EXAMPLES_OF_LABEL * this.#different.size;
  }

  get inWords(): string {
    const { size } = this.#different;
    if (size > MOST_LABELS) return `more than ${MOST_LABELS} different targets`;
    if (this.lines === 1) return 'there is one pair';
    if (size === 1) return 'all targets are equal';
    return `${size} different targets, each seen ${(this.lines / size).toFixed(1)} times on average`;
  }
}

/** Whether every target has as many symbols as its source, and some source has several. */
class Alignment {
  readonly unit: Unit;
  readonly #sourceUnit: Unit;
  readonly #targetUnit: Unit;
  #isEqual = true;
  #hasSeveral = false;

  constructor(sourceUnit: Unit, targetUnit: Unit) {
    this.unit = sourceUnit;
    this.#sourceUnit = sourceUnit;
    this.#targetUnit = targetUnit;
  }

  add(source: string, target: string): void {
    if (!this.#isEqual) return;
    const length = countSymbols(source, this.#sourceUnit);
    if (countSymbols(target, this.#targetUnit) !== length) this.#isEqual = false;
    if (length > 1) this.#hasSeveral = true;
  }

  get holds(): boolean {
    return this.#isEqual && this.#hasSeveral;
  }
}

function countSymbols(text: string, unit: Unit): number {
  return unit === 'byte' ? Buffer.byteLength(text) : splitText(text, unit).length;
}
