/** A number with a minus sign instead of a hyphen, and so many decimals. */
export function decimals(value: number, digits = 2): string {
  return value.toFixed(digits).replace('-', '−');
}

/** A share as a percentage. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.01 ? 2 : 0)} %`;
}
