import type { ModelConfig } from '../nn/config.ts';

/** A model in short: lstm 2 × 128; an ensemble of five: 5 of gru 2 × 256. */
export function modelName({
  cell,
  layers,
  hidden,
  members,
}: Pick<ModelConfig, 'cell' | 'layers' | 'hidden' | 'members'>): string {
  return `${members > 1 ? `${members} of ` : ''}${cell} ${layers} × ${hidden}`;
}
