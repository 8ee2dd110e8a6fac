import type { Message } from '../errors.ts';
import type { PairTask } from '../pair-task.ts';
import { MARK } from './byte-order-mark.ts';
import { splitText } from './split-text.ts';
import type { TextSymbol, Unit } from './symbols.ts';
import { textOf } from './text.ts';
import { inUtf8 } from './utf16.ts';

/** The form of a line that is a pair: `source<TAB>target`, each of symbols of a unit. */
export interface PairForm {
  readonly task: PairTask;
  readonly sourceUnit: Unit;
  readonly targetUnit: Unit;
  /** The columns of the source and of the target, from 1; 1 and 2 if not given. */
  readonly columns?: readonly [number, number] | undefined;
  /** The most symbols of a source and of a target; a longer pair is refused. */
  readonly maxLength?: number | undefined;
}

/** A pair as symbols. */
export interface SymbolPair {
  readonly source: readonly TextSymbol[];
  readonly target: readonly TextSymbol[];
}

/** Why a line is no pair. */
export interface NoPair {
  readonly why: string | Message;
}

export const COLUMNS = [1, 2] as const;

const NOT_UTF8 = { why: 'is not UTF-8; convert it, or read bytes' } as const satisfies NoPair;
const RETURN_WITHIN = {
  why: 'has a carriage return (CR) in a column that is read as one symbol; remove it',
} as const satisfies NoPair;

const TAB = 0x09;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The units of pairs. One that is not known yet is none of bytes. */
type Units = Partial<Pick<PairForm, 'sourceUnit' | 'targetUnit'>>;

/** Whether pairs that are read so are converted from UTF-16: they are text, unless symbols are bytes. */
export function areText({ sourceUnit, targetUnit }: Units): boolean {
  return sourceUnit !== 'byte' && targetUnit !== 'byte';
}

/**
 * The lines of a text that are not empty, by their numbers from 1, without a byte order mark and without their ends. The ends are those of
 * `splitLines`: LF or CR LF, and CR alone in a text without LF. UTF-16 is converted, if symbols are not bytes. UserError, beginning with `name`, if
 * UTF-16 is damaged.
 */
export function* linesOf(
  given: Uint8Array,
  name: string,
  units: Units,
): Generator<{ readonly number: number; readonly line: Uint8Array }> {
  const content = areText(units) ? inUtf8(given, name) : given;
  let start = MARK.every((byte, at) => content[at] === byte) ? MARK.length : 0;
  const lineEnd = content.includes(NEWLINE) ? NEWLINE : CARRIAGE_RETURN;
  for (let number = 1; start < content.length; number++) {
    const found = content.indexOf(lineEnd, start);
    const end = found < 0 ? content.length : found;
    const last = end > start && content[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    if (last > start) yield { number, line: content.subarray(start, last) };
    start = end + 1;
  }
}

/** A line as a pair of symbols, or why it is none. */
export function parsePair(line: Uint8Array, form: PairForm): SymbolPair | NoPair {
  const { columns = COLUMNS, sourceUnit, targetUnit, task, maxLength = Number.POSITIVE_INFINITY } = form;
  const fields = splitFields(line);
  const missing = missingColumn(fields.length, columns);
  if (missing) return { why: missing };
  const [source, target] = [
    symbolsOf(fields[columns[0] - 1]!, sourceUnit),
    symbolsOf(fields[columns[1] - 1]!, targetUnit),
  ];
  if ('why' in source) return source;
  if ('why' in target) return target;
  if (source.length === 0) return { why: 'has an empty source' };
  if (target.length === 0) return { why: 'has an empty target' };
  if (task === 'tag' && source.length !== target.length) {
    return { why: `has ${source.length} source symbols and ${target.length} tags; a tag is needed for each symbol` };
  }
  if (task === 'classify' && target.length !== 1) {
    return { why: `has a target of ${target.length} symbols, and a label is one; read it with the unit field` };
  }
  if (source.length > maxLength || target.length > maxLength) {
    return {
      why: `has ${Math.max(source.length, target.length)} symbols, more than the ${maxLength} that are allowed`,
    };
  }
  return { source, target };
}

/** What is said of a line of `count` columns that lacks one of a pair's; undefined of a line that has both. */
export function missingColumn(count: number, columns: readonly [number, number]): string | undefined {
  const needed = Math.max(...columns);
  if (count >= needed) return undefined;
  const has = count === 1 ? 'has no tab' : `has ${count} columns`;
  return `${has}, and a pair needs column ${needed}; write source, tab, target`;
}

/** The columns of a line. */
export function splitFields(line: Uint8Array): Uint8Array[] {
  const fields: Uint8Array[] = [];
  let start = 0;
  for (let end = line.indexOf(TAB); end >= 0; end = line.indexOf(TAB, start)) {
    fields.push(line.subarray(start, end));
    start = end + 1;
  }
  fields.push(line.subarray(start));
  return fields;
}

/** The symbols of a column, or why it has none. */
export function symbolsOf(field: Uint8Array, unit: Unit): readonly TextSymbol[] | NoPair {
  if (unit === 'byte') return [...field];
  const text = textOf(field);
  if (typeof text !== 'string') return NOT_UTF8;
  if (unit !== 'field') return splitText(text, unit);
  return text.includes('\r') ? RETURN_WITHIN : text === '' ? [] : [text];
}
