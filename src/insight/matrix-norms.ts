import { EVD, type Matrix, SVD } from 'ml-matrix';

// A file of its own: the types of the library must not lead to ml-matrix, which the package does not install.

/** The largest |eigenvalue|. */
export function spectralRadius(matrix: Matrix): number {
  const { realEigenvalues, imaginaryEigenvalues } = new EVD(matrix);
  return Math.max(...realEigenvalues.map((real, index) => Math.hypot(real, imaginaryEigenvalues[index]!)));
}

export function largestSingularValue(matrix: Matrix): number {
  return new SVD(matrix, { computeLeftSingularVectors: false, computeRightSingularVectors: false }).norm2;
}
