/** Log-probabilities and scores, with the digits that the command line prints. */
export function fixed(value: number): string {
  return value.toFixed(4);
}

/** A probability, likewise. */
export function probabilityText(probability: number): string {
  return probability.toPrecision(3);
}
