/** A number as the sum of two float64: the second is what rounding has cut off from the first. */
type Double = readonly [high: number, low: number];

/** 2²⁷ + 1: multiplied by it, a float64 splits into halves of 26 bits (Veltkamp 1968). */
const SPLIT = 2 ** 27 + 1;

/**
 * xⁿ for 0 ≤ x ≤ 1 and a whole n ≥ 0, in about log₂ n products of two float64 each. Only additions and multiplications are used, which every engine
 * rounds alike. `x ** n` is not the same in every V8: Node 20 and 22 give other last digits than Node 24.
 */
export function power(x: number, n: number): number {
  let result: Double = [1, 0];
  let square: Double = [x, 0];
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = product(result, square);
    square = product(square, square);
  }
  return result[0];
}

/** The product of two doubled numbers (Dekker 1971). */
function product([a, aLow]: Double, [b, bLow]: Double): Double {
  const high = a * b;
  const [a1, a2] = halves(a);
  const [b1, b2] = halves(b);
  const error = a1 * b1 - high + a1 * b2 + a2 * b1 + a2 * b2;
  const low = error + (a * bLow + aLow * b);
  const sum = high + low;
  return [sum, low - (sum - high)];
}

function halves(a: number): Double {
  const scaled = SPLIT * a;
  const high = scaled - (scaled - a);
  return [high, a - high];
}
