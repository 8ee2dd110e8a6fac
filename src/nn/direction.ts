/** The order in which a recurrence of `steps` steps visits the times 0 … steps − 1: the time of its step number `index`, from 0. */
export type Direction = (index: number, steps: number) => number;

/** From x_0 to x_{T−1}. */
export const FORWARDS: Direction = (index) => index;

/** From x_{T−1} to x_0. */
export const BACKWARDS: Direction = (index, steps) => steps - 1 - index;
