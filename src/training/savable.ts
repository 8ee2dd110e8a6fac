import { countValues, requireReadable } from '../nn/checkpoint-limits.ts';
import { bytesOf } from '../text/text.ts';
import type { Recipe } from './complete-recipe.ts';
import type { TrainingData } from './data.ts';
import { MOST_POINTS } from './history.ts';
import type { TrainingPlan } from './program.ts';
import { hasLastPhase } from './recipe.ts';
import { toJson } from './record.ts';

/** Gates of a layer that a point of the history tells of, at most: i, f and o. */
const GATES = 3;

/** The most values and bytes of a point: those that every point has, and those for each gate of each layer. */
const OF_POINT = { values: 16, bytes: 400 };
const OF_GATE = { values: 5, bytes: 90 };

/** Values and bytes of the rest of a checkpoint, such as the version. */
const OF_REST = { values: 1000, bytes: 20_000 };

/**
 * UserError where a checkpoint of this run could be larger than can be read, at its end or before. It is called before any memory is taken
 * for the run.
 */
export function requireSavable(
  recipe: Recipe,
  data: Pick<TrainingData, 'vocabulary' | 'state'>,
  plan: TrainingPlan,
): void {
  const { model, optimizer, average } = plan;
  const { layers } = model.config;
  const parameters = model.parameters.manifest.size;
  const states = model.states.map(({ width }) => model.shape.rows * width);
  const kept = hasLastPhase(recipe) ? [parameters] : [];
  const state = [
    parameters,
    ...kept,
    ...(average ? [parameters] : []),
    ...optimizer.moments.map(() => parameters),
    ...states,
  ];
  // A run that goes back if it diverges keeps its state twice.
  const copies = recipe.onDivergence === 'rollback' ? 2 : 1;
  const known = data.vocabulary;
  const place = toJson(data.state());
  const gates = layers * GATES;
  requireReadable({
    symbols: model.config.symbols,
    parameters,
    tensors: Array.from({ length: copies }, () => state).flat(),
    values:
      countValues(known) +
      copies * countValues(place) +
      MOST_POINTS * (OF_POINT.values + gates * OF_GATE.values) +
      OF_REST.values,
    jsonBytes:
      jsonBytesOf(known) +
      copies * jsonBytesOf(place) +
      MOST_POINTS * (OF_POINT.bytes + gates * OF_GATE.bytes) +
      OF_REST.bytes,
  });
}

function jsonBytesOf(value: unknown): number {
  return bytesOf(JSON.stringify(value)).length;
}
