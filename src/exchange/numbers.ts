/**
 * Kinds of floating-point numbers that files of other programs hold. All numbers are little-endian, as safetensors and ONNX store them. The
 * machine is little-endian, too (nn/checkpoint-tensors.ts).
 */
export const FLOATS = ['float64', 'float32', 'float16', 'bfloat16'] as const;
export type FloatKind = (typeof FLOATS)[number];

/** Bytes of a number. */
export const FLOAT_BYTES: Readonly<Record<FloatKind, number>> = { float64: 8, float32: 4, float16: 2, bfloat16: 2 };

/** What a conversion to float32 means for the model, in a sentence; undefined where every number stays as it is. */
export const CONVERSION_NOTES: Readonly<Record<FloatKind, string | undefined>> = {
  float64: 'its float64 numbers were rounded to float32, which keeps 24 of their 53 bits',
  float32: undefined,
  float16: 'its float16 numbers are exact in float32, but have 11 bits of precision',
  bfloat16: 'its bfloat16 numbers are exact in float32, but have 8 bits of precision',
};

/** Numbers as float32. The bytes are a whole number of numbers, and need no alignment. A float64 beyond float32's range becomes infinite. */
export function readFloats(bytes: Uint8Array, kind: FloatKind): Float32Array {
  const count = bytes.length / FLOAT_BYTES[kind];
  const values = new Float32Array(count);
  if (kind === 'float32') {
    new Uint8Array(values.buffer).set(bytes);
    return values;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = READERS[kind];
  for (let j = 0; j < count; j++) values[j] = read(view, j);
  return values;
}

/** The bytes of numbers: a view of them where their memory is this thread's alone. */
export function floatBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

const READERS: Readonly<Record<Exclude<FloatKind, 'float32'>, (view: DataView, index: number) => number>> = {
  float64: (view, index) => view.getFloat64(8 * index, true),
  float16: (view, index) => halfToNumber(view.getUint16(2 * index, true)),
  bfloat16: (view, index) => upperHalfToNumber(view.getUint16(2 * index, true)),
};

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const SCRATCH = new DataView(new ArrayBuffer(4));

/** A bfloat16 is the upper half of a float32. */
function upperHalfToNumber(bits: number): number {
  SCRATCH.setUint32(0, bits << 16);
  return SCRATCH.getFloat32(0);
}
