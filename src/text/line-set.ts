/** Texts that are known: a set of strings, or of lines that were read. */
export type KnownTexts = ReadonlySet<string> | LineSet;

/** Bytes of one part of the store. */
const PART_BYTES = 1 << 24;

/** Slots of the table at first. It doubles before two of three are taken. */
const FIRST_SLOTS = 1 << 10;

/**
 * A set of lines, as bytes. A `Set` of strings holds at most 2²⁴ of them, and takes some hundred bytes for each. Here a line takes its own
 * bytes, and about twenty more: the bytes of all lines stand one after the other, and a hash table says where each line begins.
 */
export class LineSet {
  size = 0;
  readonly #parts: Uint8Array[] = [];
  /** Bytes taken of the last part. */
  #taken = PART_BYTES;
  /** For each slot, the part in which its line stands, from 1 (0: the slot is free), and where the line begins and ends in it. */
  #part = new Uint32Array(FIRST_SLOTS);
  #start = new Uint32Array(FIRST_SLOTS);
  #end = new Uint32Array(FIRST_SLOTS);

  has(line: Uint8Array): boolean {
    return this.#part[this.#slotOf(line)]! > 0;
  }

  add(line: Uint8Array): void {
    const slot = this.#slotOf(line);
    if (this.#part[slot]! > 0) return;
    if (this.#parts.length === 0 || this.#taken + line.length > this.#parts.at(-1)!.length) {
      this.#parts.push(new Uint8Array(Math.max(PART_BYTES, line.length)));
      this.#taken = 0;
    }
    this.#parts.at(-1)!.set(line, this.#taken);
    this.#put(slot, this.#parts.length, this.#taken, this.#taken + line.length);
    this.#taken += line.length;
    this.size++;
    if (3 * this.size > 2 * this.#part.length) this.#grow();
  }

  #put(slot: number, part: number, start: number, end: number): void {
    this.#part[slot] = part;
    this.#start[slot] = start;
    this.#end[slot] = end;
  }

  /** The slot of a line, or the free slot where it belongs. */
  #slotOf(line: Uint8Array): number {
    const mask = this.#part.length - 1;
    let slot = hash(line) & mask;
    while (this.#part[slot]! > 0 && !this.#isAt(slot, line)) slot = (slot + 1) & mask;
    return slot;
  }

  #isAt(slot: number, line: Uint8Array): boolean {
    const [start, end] = [this.#start[slot]!, this.#end[slot]!];
    if (end - start !== line.length) return false;
    const part = this.#parts[this.#part[slot]! - 1]!;
    for (let at = 0; at < line.length; at++) if (part[start + at] !== line[at]) return false;
    return true;
  }

  #grow(): void {
    const [parts, starts, ends] = [this.#part, this.#start, this.#end];
    const slots = 2 * parts.length;
    this.#part = new Uint32Array(slots);
    this.#start = new Uint32Array(slots);
    this.#end = new Uint32Array(slots);
    for (let old = 0; old < parts.length; old++) {
      if (parts[old] === 0) continue;
      const line = this.#parts[parts[old]! - 1]!.subarray(starts[old], ends[old]);
      this.#put(this.#slotOf(line), parts[old]!, starts[old]!, ends[old]!);
    }
  }
}

/** FNV-1a, with the mixing of MurmurHash3 at the end. */
function hash(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < bytes.length; at++) h = Math.imul(h ^ bytes[at]!, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
