import type { ModelConfig } from '../nn/config.ts';
import { Manifest } from '../nn/manifest.ts';

interface NamedModel {
  readonly name: string;
  readonly config: ModelConfig;
  readonly parameters: Float32Array;
}

/** The first network of an ensemble, as a model by itself: insight looks into this one. A model with one network is returned unchanged. */
export function firstMember<T extends NamedModel>(model: T): T {
  const { members } = model.config;
  if (members === 1) return model;
  const config = { ...model.config, members: 1 };
  const parameters = model.parameters.subarray(0, new Manifest(config).size);
  return { ...model, name: `${model.name} (the first of ${members} members)`, config, parameters };
}
