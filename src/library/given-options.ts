import { message, option, UsageError } from '../errors.ts';
import type { PairTask } from '../pair-task.ts';

/** The keys that are given, those within an object as `model.hidden`. */
export function keysOf(options: object, above = ''): string[] {
  return Object.entries(options).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return [];
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? keysOf(value, `${above}${key}.`)
      : [above + key];
  });
}

/** Options of texts: pairs are read whole, and each column has a unit of its own. */
const OF_TEXTS = /^(?:text\.mode|text\.unit|text\.separator|bptt|stride)$/;
/** Options of pairs. */
const OF_PAIRS = /^(?:pairs\..*|model\.pairs\..*)$/;
/** Options of a decoder. */
const OF_TRANSDUCERS = /^model\.pairs\.(?:context|attention)$/;

/** Whether an option acts in a model of this task, or of texts. The options of a decoder do so only in a transducer. */
export function actsIn(task: PairTask | undefined, key: string): boolean {
  return task === 'transduce' || !OF_TRANSDUCERS.test(key);
}

/** Whether a key is that of an option that only texts have. */
export function isOfText(key: string): boolean {
  return OF_TEXTS.test(key);
}

/** UsageError for an option that does not concern what is trained: a model of texts, or of pairs with a task. */
export function requireFitting(options: object, task: PairTask | undefined): void {
  if (task !== undefined && 'sampleEvery' in options && options.sampleEvery !== undefined) {
    throw new UsageError(
      message`${option('sampleEvery')} is for a model of texts, and this is one of pairs; leave it out`,
    );
  }
  const keys = keysOf(options);
  const alien = (pattern: RegExp): string | undefined => keys.find((key) => pattern.test(key));
  if (task === undefined) {
    const key = alien(OF_PAIRS);
    if (key !== undefined) {
      throw new UsageError(
        message`${option(key)} is for pairs; leave it out, or give their task with ${option('task')}`,
      );
    }
    return;
  }
  const ofTexts = alien(OF_TEXTS);
  if (ofTexts !== undefined) {
    throw new UsageError(message`${option(ofTexts)} is for texts, not for pairs; leave it out`);
  }
  const ofTransducers = keys.find((key) => !actsIn(task, key));
  if (ofTransducers !== undefined) {
    throw new UsageError(
      message`${option(ofTransducers)} is for the decoder of the task transduce, and the task ${task} has none; leave it out`,
    );
  }
}
