/** The parts of a text that a run does not learn from: one chooses the best model, the other is measured when the run is over. */
export const HELD_OUT = ['validation', 'test'] as const;
export type HeldOutName = (typeof HELD_OUT)[number];

/** All parts that a text is divided into. */
export const PARTS = ['train', ...HELD_OUT] as const;
export type PartName = (typeof PARTS)[number];
