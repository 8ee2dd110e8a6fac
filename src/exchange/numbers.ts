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

/** The bytes of numbers, each rounded to the nearest float16; of two that are as near, to the even one. Beyond ±65504 it becomes infinite. */
export function halfBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (let j = 0; j < values.length; j++) view.setUint16(2 * j, numberToHalf(values[j]!), true);
  return bytes;
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

/** The smallest number of float16 with 11 bits of precision is 2⁻¹⁴. Numbers below it are multiples of 2⁻²⁴. */
const HALF_LEAST_EXPONENT = -14;
const HALF_LARGEST_EXPONENT = 15;
const HALF_INFINITY = 0x7c00;

/** The bits of the nearest float16. A number that rounds up to a power of two carries into the exponent by itself. */
function numberToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return HALF_INFINITY | 1;
  const exponent = Math.max(HALF_LEAST_EXPONENT, Math.floor(Math.log2(size)));
  if (exponent > HALF_LARGEST_EXPONENT) return sign | HALF_INFINITY;
  const units = roundToEven(size * 2 ** (10 - exponent));
  // Below 2⁻¹⁴ there is no leading bit, and the exponent is stored as 0.
  return sign | (((exponent - HALF_LEAST_EXPONENT) << 10) + units);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return below + (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? 1 : 0);
}

const SCRATCH = new DataView(new ArrayBuffer(4));

/** A bfloat16 is the upper half of a float32. */
function upperHalfToNumber(bits: number): number {
  SCRATCH.setUint32(0, bits << 16);
  return SCRATCH.getFloat32(0);
}
