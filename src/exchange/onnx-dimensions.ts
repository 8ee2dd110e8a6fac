/** Names of the dimensions that are free: the steps of what is read, those of a source where a target has its own, and texts side by side. */
export const STEPS = 'steps';
export const SOURCE_STEPS = 'source_steps';
export const ROWS = 'rows';
