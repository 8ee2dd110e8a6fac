/** What modified Kneser-Ney smoothing takes off counts of 1, 2, and 3 or more. */
export type Discounts = readonly [one: number, two: number, more: number];

/** Where counts of counts give no discounts, such as for the unigrams of a long text, which are all frequent. */
const USUAL: Discounts = [0.5, 1, 1.5];

/**
 * D_1 = 1 − 2Y n_2/n_1, D_2 = 2 − 3Y n_3/n_2, D_3+ = 3 − 4Y n_4/n_3, Y = n_1/(n_1 + 2n_2), where n_j is how many n-grams of an order have the
 * count j (Chen & Goodman 1999). A discount that comes out as no number in [0, j] is the usual one.
 *
 * @param countsOfCounts n_1, n_2, n_3, n_4
 */
export function discountsOf(countsOfCounts: readonly number[]): Discounts {
  const [n1 = 0, n2 = 0] = countsOfCounts;
  const y = n1 / (n1 + 2 * n2);
  const discount = (j: 1 | 2 | 3): number => {
    const found = j - ((j + 1) * y * (countsOfCounts[j] ?? 0)) / (countsOfCounts[j - 1] ?? 0);
    return found >= 0 && found <= j ? found : USUAL[j - 1]!;
  };
  return [discount(1), discount(2), discount(3)];
}
