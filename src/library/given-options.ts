import { message, option, UsageError } from '../errors.ts';
import type { PairTask } from '../pair-task.ts';

/** The keys that are given, those within an object as `model.hidden`. */
export function keysOf(options: object, above = ''): string[] {
  return Object.entries(options).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return [];
    return isRecord(value) ? keysOf(value, `${above}${key}.`) : [above + key];
  });
}

/** Whether a value is an object of options: an array, a stream or a vocabulary is a value by itself. */
function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Options of texts: pairs are read whole, and each column has a unit of its own. */
const OF_TEXTS = /^(?:text\.mode|text\.unit|text\.separator|bptt|stride)$/;
/** Options of pairs. */
const OF_PAIRS = /^(?:pairs\..*|model\.pairs\..*)$/;
/** Options of a decoder. */
const OF_TRANSDUCERS = /^model\.pairs\.(?:context|attention)$/;

/** Options of how a text or pairs are read, with the task of pairs. */
const OF_READING = /^(?:text|pairs|model\.pairs)\./;

/** Whether a key is that of an option that says how a text is read. */
export function isOfReading(key: string): boolean {
  return OF_READING.test(key);
}

/** Whether an option acts in a model of this task, or of texts. The options of a decoder do so only in a transducer. */
export function actsIn(task: PairTask | undefined, key: string): boolean {
  return task === 'transduce' || !OF_TRANSDUCERS.test(key);
}

/** Whether a key is that of an option that only texts have. */
export function isOfText(key: string): boolean {
  return OF_TEXTS.test(key);
}

/** Options that a trained model has decided already. */
const OF_MODEL =
  /^(?:model\.|initializer$|text\.mode$|text\.unit$|text\.separator$|pairs\.sourceUnit$|pairs\.targetUnit$)/;

/** UsageError for an option of a run that begins with a trained model, where the model has decided it. */
export function requireOpen(options: object): void {
  const decided = keysOf(options).find((key) => OF_MODEL.test(key));
  if (decided === undefined) return;
  throw new UsageError(
    message`${option(decided)} can't be given with ${option('fineTune')}: the model has it; leave it out, or train anew`,
  );
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
