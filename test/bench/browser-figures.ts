import { measureSampling } from '../../src/decoding/benchmark.ts';
import type { KernelChoice } from '../../src/kernel/choose.ts';
import { measurePeak } from '../../src/kernel/peak.ts';
import { modelSchema } from '../../src/nn/config.ts';
import { measureTraining } from '../../src/training/benchmark.ts';

/** Batch, steps and symbols of the tables of speed. */
const SIZE = { rows: 50, steps: 50 };
const SYMBOLS = 65;

/** The bare matrix kernel in GFLOPS; characters a second in training, and in sampling one text. */
export interface Figures {
  readonly peak: number;
  readonly train: number;
  readonly sample: number;
}

/** Measures a network of 2 layers with one thread. `seconds` is how long each figure takes. */
export async function measure(
  choice: KernelChoice,
  { cell, hidden, seconds }: { readonly cell: string; readonly hidden: number; readonly seconds: number },
): Promise<Figures> {
  const model = { ...modelSchema.parse({ cell, layers: 2, hidden }), symbols: SYMBOLS };
  return {
    peak: await measurePeak(choice, 1, Math.min(1, seconds)),
    train: (await measureTraining(choice, model, SIZE, 1, seconds)).charsPerSecond,
    sample: 1e6 / measureSampling(choice, model, seconds),
  };
}
