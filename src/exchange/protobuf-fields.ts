import type { PbfReader } from 'pbf';

// The fields of a protobuf message, each of which must lie within its message and have the kind that is expected.

/** protobuf's encodings of a field. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Reads the value of a field. `end` is where the message around it ends. */
type ReadField = (pbf: PbfReader, end: number) => void;

export interface Field {
  readonly wire: number;
  readonly read: ReadField;
}

type Fields = Readonly<Record<number, Field | readonly Field[]>>;

/** Reads the fields of a message that ends at `end`, which lies within the file. Every field must lie within the message. */
export function readFields(pbf: PbfReader, end: number, fields: Fields): void {
  for (;;) {
    const number = pbf.nextField(end);
    if (number === 0) break;
    const field = [fields[number] ?? []].flat().find(({ wire }) => wire === pbf.type);
    if (!field && fields[number]) throw new Error(`a field ${number} has the wrong kind`);
    field?.read(pbf, end);
    if (!(pbf.pos <= end)) throw new Error('it ends too early');
  }
  if (pbf.pos !== end) throw new Error('it ends too early');
}

export const varint = (use: (value: number) => void): Field => ({
  wire: WIRE.varint,
  read: (pbf) => use(pbf.readVarint(true)),
});
export const fixed32 = (use: (value: number) => void): Field => ({
  wire: WIRE.fixed32,
  read: (pbf) => use(pbf.readFloat()),
});

/** The bytes of a field, which lie within the message. */
export const bytes = (use: (value: Uint8Array) => void): Field => ({
  wire: WIRE.bytes,
  read: (pbf, end) => {
    const size = pbf.readVarint();
    if (!(pbf.pos + size <= end)) throw new Error('it ends too early');
    use(pbf.buf.subarray(pbf.pos, pbf.pos + size));
    pbf.pos += size;
  },
});

export const text = (use: (value: string) => void): Field => bytes((value) => use(Buffer.from(value).toString('utf8')));

/** A message within a message. */
export const message = (read: (pbf: PbfReader, end: number) => void): Field => ({
  wire: WIRE.bytes,
  read: (pbf, end) => {
    const size = pbf.readVarint();
    const inner = pbf.pos + size;
    if (!(inner <= end)) throw new Error('it ends too early');
    read(pbf, inner);
  },
});

/** Whole numbers, one a field or many in one. */
export function integers(into: number[], most: number): readonly Field[] {
  const one = varint((value) => add(into, value, most, 'numbers'));
  const packed = message((pbf, end) => {
    while (pbf.pos < end) add(into, pbf.readVarint(true), most, 'numbers');
  });
  return [one, packed];
}

/** Numbers of 4 bytes: one a field, or many in one, whose bytes are kept as they are. */
export function floats(into: number[], most: number): readonly Field[] {
  const one = fixed32((value) => add(into, value, most, 'numbers'));
  const packed = message((pbf, end) => {
    while (pbf.pos < end) add(into, pbf.readFloat(), most, 'numbers');
  });
  return [one, packed];
}

/** Adds to a list that may not grow longer than `most`: a damaged file says what it likes. */
export function add<T>(list: T[], item: T, most: number, what: string): void {
  if (list.length >= most) throw new Error(`it has more than ${most} ${what}`);
  list.push(item);
}
