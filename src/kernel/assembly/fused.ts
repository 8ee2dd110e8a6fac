// Multiply-add, in the form that the build allows. A build with relaxed SIMD uses the instruction, which rounds once on every processor that
// has it. A build without, for engines that don't know relaxed SIMD, multiplies and then adds, which rounds twice. The condition is known
// when the kernels are compiled, so each build has one of the two.

/** a·b + c, of four numbers. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** c − a·b, of four numbers. */
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_nmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/** a·b + c, of two numbers in double precision. */
@inline
export function maddDouble(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f64x2.relaxed_madd(a, b, c) : f64x2.add(f64x2.mul(a, b), c);
}
