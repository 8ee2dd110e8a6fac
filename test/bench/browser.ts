/**
 * One thread in a browser and on Node in alternation: the figures of src/pages/README.md.
 *
 *     npm run bench:browser                                 an LSTM of 2 × 128 units, three rounds
 *     npm run bench:browser -- --cell gru --hidden 256 --rounds 5
 *
 * Node is measured twice: as it is, with the 6 × 8 tiles, and without V8's revectorizer. A browser has no revectorizer, so the second is the most
 * that it can reach. Prints the medians of the rounds. The program in the browser is the same, bundled as the build bundles a page's worker.
 */
import { fileURLToPath } from 'node:url';
import type { Browser, Worker } from 'playwright-core';
import { build } from 'rolldown';
import { packedKernels } from '../../src/build-plugins.ts';
import { load } from '../../src/host/kernels.node.ts';
import { chooseKernel, type KernelChoice } from '../../src/kernel/choose.ts';
import { median } from '../../src/kernel/timing.ts';
import { CHROMIUM, HAS_CHROMIUM, launchChromium } from '../helpers/chromium.ts';
import { type Figures, measure } from './browser-figures.ts';
import { readFlags } from './flags.ts';

const flags = readFlags({ rounds: 3, seconds: 3 }, { cell: 'lstm', hidden: '128' });

const FIGURES = {
  peak: 'bare kernel, GFLOPS',
  train: 'training, chars/s',
  sample: 'sampling, chars/s',
} as const satisfies Record<keyof Figures, string>;

const SHAPE = { cell: flags.cell, hidden: Number(flags.hidden), seconds: flags.seconds };

/** What the worker evaluates. */
declare const bench: typeof import('./browser-worker.ts');

if (HAS_CHROMIUM) await compare();
else console.log(`skipped: ${CHROMIUM} is missing`);

async function compare(): Promise<void> {
  const browser = await launchChromium();
  const worker = await startWorker(browser);
  const places: Readonly<Record<string, () => Promise<Figures>>> = {
    [`Chromium ${browser.version()}`]: () =>
      worker.evaluate((shape) => bench.measure(bench.chooseKernel('auto'), shape), SHAPE),
    [`Node ${process.version}, 6 × 8 tiles`]: () => measure(chooseKernel('wasm128'), SHAPE),
    'without the revectorizer': () => measure(withoutRevectorizer(), SHAPE),
  };
  const rounds: Figures[][] = [];
  for (let round = 0; round < flags.rounds; round++) {
    const figures: Figures[] = [];
    for (const place of Object.values(places)) figures.push(await place());
    rounds.push(figures);
  }
  await browser.close();
  console.log(`| ${SHAPE.cell} 2 × ${SHAPE.hidden} | ${Object.keys(places).join(' | ')} |\n|---|---|---|---|`);
  for (const figure of ['peak', 'train', 'sample'] as const) {
    const medians = Object.keys(places).map((_, place) => median(rounds.map((round) => round[place]![figure])));
    const cells = medians.map((value) => Math.round(value).toLocaleString('en-US'));
    console.log(`| ${FIGURES[figure]} | ${cells.join(' | ')} |`);
  }
}

/** A worker of a page, as the project's pages have one, with its kernels compiled. */
async function startWorker(browser: Browser): Promise<Worker> {
  const { output } = await build({
    input: fileURLToPath(new URL('browser-worker.ts', import.meta.url)),
    platform: 'browser',
    write: false,
    output: { format: 'iife', name: 'bench', codeSplitting: false },
    plugins: [packedKernels()],
    logLevel: 'warn',
  });
  const page = await browser.newPage();
  const started = page.waitForEvent('worker');
  await page.evaluate(`new Worker(URL.createObjectURL(new Blob([${JSON.stringify(output[0].code)}])))`);
  const worker = await started;
  await worker.evaluate(() => bench.prepareKernels());
  return worker;
}

function withoutRevectorizer(): KernelChoice {
  const loaded = load(false);
  if (!loaded.module) throw new Error(loaded.reason);
  return { name: 'wasm128', module: loaded.module, reason: 'asked for' };
}
