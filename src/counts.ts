/** A count with separators: 1,115,394. */
export function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** A number of things: 1 step, 2,000 steps. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}
