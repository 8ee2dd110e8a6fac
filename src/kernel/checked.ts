import { type Arena, type Block, RESERVED_BYTES } from './arena.ts';
import type { FunctionName, Kernels } from './contract.ts';
import { type Operand, rowCount } from './operand.ts';
import { type AnyEntry, ENTRIES } from './table.ts';

/** The environment variable that makes every memory's kernels checked ones. The tests set it. */
const CHECK = 'RNN_CHECK_KERNELS';

/** `checkedKernels` where the environment asks for them, as in tests; else `kernels` itself, so that a call costs nothing more. */
export function checkedIfAsked(kernels: Kernels, arena?: Arena): Kernels {
  return process.env[CHECK] ? checkedKernels(kernels, arena) : kernels;
}

/**
 * The same kernels, which check each call against the contract before they run it: addresses and sizes are whole numbers, every
 * operand lies in the memory and in the block of the arena that it starts in, ids and targets exist, and no output overlaps another
 * operand unless the contract says "in place". A call that breaks a rule throws a RangeError that names function, operand and numbers.
 *
 * @param arena what the memory was planned with; without it, only the memory's ends are known
 */
export function checkedKernels(kernels: Kernels, arena?: Arena): Kernels {
  const checked: Record<string, unknown> = { ...kernels };
  for (const [name, entry] of ENTRIES) {
    const run = kernels[name] as (...call: never[]) => unknown;
    checked[name] = (...call: never[]) => {
      checkCall(kernels, arena, name, entry, call);
      return run(...call);
    };
  }
  return checked as unknown as Kernels;
}

/** An operand that passed its own checks, with its place in bytes. */
interface Placed {
  readonly operand: Operand;
  readonly rows: number;
  readonly start: number;
  readonly end: number;
  readonly rowBytes: number;
  readonly strideBytes: number;
}

function checkCall(
  kernels: Kernels,
  arena: Arena | undefined,
  name: FunctionName,
  entry: AnyEntry,
  call: never[],
): void {
  const placed: Placed[] = [];
  for (const operand of entry.operands(...call)) {
    const fail = (what: string): never => {
      throw new RangeError(`${name}: ${operand.name} ${what}`);
    };
    checkNumbers(operand, fail);
    if (isEmpty(operand)) continue;
    const place = placeOf(operand, kernels);
    checkPlace(place, kernels, arena, entry.acrossTensors === true, fail);
    if (operand.numbers === 'ints') checkValues(place, kernels.ints, fail);
    placed.push(place);
  }
  for (const [i, one] of placed.entries()) {
    for (const other of placed.slice(i + 1)) {
      if (!mayMeet(one, other) && overlap(one, other)) {
        throw new RangeError(`${name}: ${describe(one)} overlaps ${describe(other)}`);
      }
    }
  }
}

type Fail = (what: string) => never;

function checkNumbers({ address, rows, columns, stride }: Operand, fail: Fail): void {
  const count = typeof rows === 'number' ? rows : rows.count;
  if (!Number.isSafeInteger(address)) fail(`has the address ${address}, which is not a whole number`);
  for (const [what, value] of [
    ['rows', count],
    ['columns', columns],
    ['numbers from row to row', stride],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 0) fail(`has ${value} ${what}, which is not a size`);
  }
  if (count > 1 && stride < columns) fail(`has rows of ${columns} numbers that lie only ${stride} apart`);
}

function isEmpty({ rows, columns }: Operand): boolean {
  return columns === 0 || rows === 0 || (typeof rows === 'object' && rows.count === 0);
}

function placeOf(operand: Operand, { floats, ints }: Kernels): Placed {
  const rows = rowCount(operand, ints);
  const bytes = operand.numbers === 'floats' ? floats.BYTES_PER_ELEMENT : ints.BYTES_PER_ELEMENT;
  const [start, rowBytes, strideBytes] = [operand.address * bytes, operand.columns * bytes, operand.stride * bytes];
  return { operand, rows, start, end: start + (rows - 1) * strideBytes + rowBytes, rowBytes, strideBytes };
}

function checkPlace(
  place: Placed,
  kernels: Kernels,
  arena: Arena | undefined,
  acrossTensors: boolean,
  fail: Fail,
): void {
  const size = place.rowBytes / place.operand.columns;
  const numbers = ({ start, end }: Block) => `numbers ${start / size} to ${end / size - 1}`;
  if (place.start < RESERVED_BYTES)
    fail(`takes ${numbers(place)}, but those before ${RESERVED_BYTES / size} are reserved`);
  const memory = { start: 0, end: kernels.floats.byteLength };
  if (place.end > memory.end) fail(`takes ${numbers(place)}, but the memory has ${numbers(memory)}`);
  if (!arena) return;
  const block = acrossTensors ? arena.blockAt(place.start) : arena.tensorAt(place.start);
  if (!block) fail(`takes ${numbers(place)}, but no block has the first`);
  else if (place.end > block.end) fail(`takes ${numbers(place)}, but its block has ${numbers(block)}`);
}

/** Integers: those that pick a row are at least 0, and targets are less than the number of symbols. */
function checkValues({ operand: { address, columns, limit, isIds } }: Placed, ints: Int32Array, fail: Fail): void {
  for (let i = 0; i < columns; i++) {
    const value = ints[address + i]!;
    if (isIds && value < 0) fail(`has ${value} at place ${i}, which is no row`);
    if (limit !== undefined && value >= limit) fail(`has ${value} at place ${i}, which is not less than ${limit}`);
  }
}

/** Two inputs may share numbers; an input may be the output that the contract says it may be. */
function mayMeet(one: Placed, other: Placed): boolean {
  const [a, b] = [one.operand, other.operand];
  if (a.access === 'reads' && b.access === 'reads') return true;
  const isInPlace = a.inPlaceOf === b.name || b.inPlaceOf === a.name;
  return isInPlace && a.address === b.address && a.stride === b.stride;
}

/** Whether two matrices have a number in common. Their rows may lie between each other's. */
function overlap(one: Placed, other: Placed): boolean {
  if (one.end <= other.start || other.end <= one.start) return false;
  for (let row = 0; row < one.rows; row++) {
    const start = one.start + row * one.strideBytes;
    const end = start + one.rowBytes;
    // The first row of `other` that ends after `start`.
    const gap = start - other.start - other.rowBytes;
    const first = gap < 0 ? 0 : Math.floor(gap / Math.max(1, other.strideBytes)) + 1;
    if (first < other.rows && other.start + first * other.strideBytes < end) return true;
  }
  return false;
}

function describe({ operand, rows }: Placed): string {
  const { name, address, columns, stride } = operand;
  return rows === 1
    ? `${name} (${columns} numbers at ${address})`
    : `${name} (${rows} rows of ${columns} numbers at ${address}, ${stride} apart)`;
}
