/** ‖x‖ of `count` numbers from `at` on. It sums in double precision, because the squares of small numbers can be too small for single precision. */
export function norm(values: ArrayLike<number>, at = 0, count = values.length): number {
  let squares = 0;
  for (let j = at; j < at + count; j++) squares += values[j]! * values[j]!;
  return Math.sqrt(squares);
}
