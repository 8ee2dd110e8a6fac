import type { ModelFacts } from '../library/inspect.ts';

/** A model in short: lstm 2 × 128; an ensemble of five: 5 of gru 2 × 256. */
export function modelName({
  cell,
  layers,
  hidden,
  members,
  pairs,
}: Pick<ModelFacts['model'], 'cell' | 'layers' | 'hidden' | 'members' | 'pairs'>): string {
  return `${members > 1 ? `${members} of ` : ''}${cell} ${layers} × ${hidden}${pairs ? `, to ${pairs.task}` : ''}`;
}
