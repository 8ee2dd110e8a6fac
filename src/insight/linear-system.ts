/** A pair of linear units, h_t = W h_{t−1} + U x_t, W of 2 × 2. Only the first input is not 0, so h_t = W^(t−1) U x_1. */
export type Matrix2 = readonly [readonly [number, number], readonly [number, number]];
export type Vector2 = readonly [number, number];

/** The angle between the eigenvectors and the axes, in radians. It is not 0, so W mixes the two units. */
const ANGLE = Math.PI / 6;

/** The second eigenvalue divided by the first. */
const SECOND = 0.5;

/** The symmetric W = Q diag(λ, λ/2) Qᵀ. Its eigenvectors are the axes turned by 30°, and its norm is its spectral radius |λ|. */
export function symmetricMatrix(eigenvalue: number): Matrix2 {
  const [cos, sin] = [Math.cos(ANGLE), Math.sin(ANGLE)];
  const [first, second] = [eigenvalue, SECOND * eigenvalue];
  const mixed = (first - second) * cos * sin;
  return [
    [first * cos * cos + second * sin * sin, mixed],
    [mixed, first * sin * sin + second * cos * cos],
  ];
}

/** h_1, h_2, …, h_n. */
export function linearOrbit(matrix: Matrix2, first: Vector2, count: number): Vector2[] {
  const states = [first];
  while (states.length < count) states.push(apply(matrix, states.at(-1)!));
  return states;
}

/** The spectral norm ‖∂h_t/∂h_1‖ = ‖Wᵗ⁻¹‖ for t = 1, …, n. */
export function gradientNorms(matrix: Matrix2, count: number): number[] {
  const [left, right] = [linearOrbit(matrix, [1, 0], count), linearOrbit(matrix, [0, 1], count)];
  return left.map((column, index) => spectralNorm(column, right[index]!));
}

/** ‖h_t‖ = ‖W^(t−1) U x_1‖ for t = 1, …, n: what is left of the first input after t steps. `input` is U x_1. */
export function forwardMagnitudes(matrix: Matrix2, input: Vector2, count: number): number[] {
  return linearOrbit(matrix, input, count).map(length);
}

/** |λ| of both eigenvalues, the larger first: the roots of λ² − (a + d)λ + (ad − bc). */
export function eigenvalueSizes([[a, b], [c, d]]: Matrix2): [number, number] {
  const [half, determinant] = [(a + d) / 2, a * d - b * c];
  const square = half * half - determinant;
  if (square < 0) return [Math.sqrt(determinant), Math.sqrt(determinant)]; // a conjugate pair: |λ|² = λλ̄
  const larger = Math.abs(half) + Math.sqrt(square);
  return [larger, larger === 0 ? 0 : Math.abs(determinant) / larger];
}

export function length([a, b]: Vector2): number {
  return Math.hypot(a, b);
}

function apply([[a, b], [c, d]]: Matrix2, [x, y]: Vector2): Vector2 {
  return [a * x + b * y, c * x + d * y];
}

/** The largest singular value of the matrix A with these columns. Its square is the larger root s of s² − ‖A‖²_F·s + (det A)² = 0. */
function spectralNorm([a, c]: Vector2, [b, d]: Vector2): number {
  const squares = a * a + b * b + c * c + d * d;
  const determinant = a * d - b * c;
  return Math.sqrt((squares + Math.sqrt(Math.max(0, squares * squares - 4 * determinant * determinant))) / 2);
}
