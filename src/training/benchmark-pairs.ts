import { Arena } from '../kernel/arena.ts';
import type { KernelChoice } from '../kernel/choose.ts';
import { Engine } from '../kernel/engine.ts';
import { median } from '../kernel/timing.ts';
import { initialize } from '../nn/initializers.ts';
import { Random } from '../random.ts';
import type { PairCorpus } from '../text/pairs.ts';
import { resolveRecipe } from './complete-recipe.ts';
import { pairData } from './data.ts';
import * as program from './program.ts';
import { type ProgramConfig, TrainingPlan } from './program.ts';
import type { RecipeOptions } from './recipe.ts';

export interface PairTrainingSpeed {
  readonly threads: number;
  /** Target symbols, each `<stop>` included. */
  readonly symbolsPerSecond: number;
}

/** The speed of training on pairs, over whole epochs: the median of those that there is time for, three at least, after one that is not counted. */
export async function measurePairTraining(
  choice: KernelChoice,
  corpus: PairCorpus,
  { model, batch }: Pick<RecipeOptions, 'model' | 'batch'>,
  threads: number,
  seconds: number,
): Promise<PairTrainingSpeed> {
  const recipe = resolveRecipe({ model, batch, validation: 0 });
  const data = pairData(corpus, recipe);
  const { sourceSteps, resetsAtStart } = data;
  const { rows, window } = data.batch;
  const shape = { steps: window, sourceSteps, rows, training: true, resetsAtStart };
  const config: ProgramConfig = { model: { ...recipe.model, ...data.sizes }, shape, optimizer: recipe.optimizer };
  const arena = new Arena();
  const plan = new TrainingPlan(arena, config);
  const engine = await Engine.start({ choice, threads, program, file: program.PROGRAM, config }, arena);
  const { floats, ints } = engine.kernels;
  const { manifest, values } = plan.model.parameters;
  initialize(floats.subarray(values), manifest, plan.model.config, new Random('benchmark'));
  const { clipNorm, clipValue } = recipe;
  let update = 0;
  const readEpoch = async (): Promise<number> => {
    const start = performance.now();
    for (let batches = Math.ceil(corpus.count / rows); batches > 0; batches--) {
      const { steps, sourceSteps, counted } = data.next(plan.model, ints);
      const inputs = { rate: 1e-3, clipNorm, clipValue, dropoutKey: 0, watched: 0, update: ++update };
      await engine.call('train', { ...inputs, steps, sourceSteps, lossScale: 1 / counted });
    }
    return performance.now() - start;
  };
  await readEpoch(); // V8 compiles in tiers, and the first touch of memory is slow
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (times.length < 3 || performance.now() < end) times.push(await readEpoch());
  await engine.close();
  return { threads: engine.threads, symbolsPerSecond: (1000 * data.train.targets) / median(times) };
}
