import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LanguageModel, parseCheckpoint } from '../../src/index.ts';
import { type Bundle, bundleText } from '../helpers/browser-bundle.ts';
import { HAS_CHROMIUM, launchChromium, WHERE } from '../helpers/chromium.ts';
import { file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { gather } from '../helpers/iteration.ts';
import { openFile } from '../helpers/opened-page.ts';

/** The strictest policy under which the module can stand in a page and compute. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'";

/** The same with a worker, which is made of a text of the page. */
const WORKER_POLICY = `${POLICY} blob:; worker-src blob:`;

/** A run on the command line, and its recipe. */
const TRAIN = ['train', 'prose.txt', ...TINY, '--steps', '200', '--seed', '7', '--kernel', 'wasm128', '--quiet'];
const RECIPE = { model: { hidden: 8, layers: 1 }, batch: 4, bptt: 16, seed: '7', limits: { steps: 200 } };

/** What a test evaluates in a page. */
declare const charnn: Bundle;
declare const document: { getElementById(id: string): { readonly textContent: string } };
declare const Worker: new (
  url: string,
) => {
  onmessage: (event: { data: string }) => void;
  onerror: (event: { message: string }) => void;
  postMessage(data: string): void;
};

describe.skipIf(!HAS_CHROMIUM)(`the library for pages ${WHERE}`, () => {
  let folder: string;
  let browser: Browser;
  let saved: string;
  let node: LanguageModel;

  beforeAll(async () => {
    folder = temporaryFolder();
    file(folder, 'prose.txt', PROSE);
    expect((await rnn([...TRAIN, '--out', 'model.json'], { cwd: folder })).status).toBe(0);
    saved = readFileSync(join(folder, 'model.json'), 'utf8');
    node = new LanguageModel(parseCheckpoint(saved, 'model'), 'model', 'wasm128');
    file(folder, 'page.html', page(POLICY, asScript(bundleText())));
    file(folder, 'worker.html', page(WORKER_POLICY, '', `${asScript(bundleText())}\n${WORKER}`));
    browser = await launchChromium();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    removeFolders();
  });

  test('writes, searches and scores in a page as on the command line, and is silent', async () => {
    const { page: opened, told } = await openFile(browser, join(folder, 'page.html'));
    const found = await opened.evaluate(async (json) => {
      const model = await charnn.load(json);
      const texts: string[] = [];
      for await (const { text } of model.sample({ temperature: 0, length: 60 })) texts.push(text);
      const { name, reason } = model.choice;
      return {
        kernel: `${name}: ${reason}`,
        texts,
        beams: await model.beam('the', { k: 4, length: 12 }),
        score: await model.score('the river'),
        next: await model.next('the'),
      };
    }, saved);
    const expected = {
      kernel: 'wasm128: vectors have 128 bits in browsers',
      texts: (await gather(node.sample({ temperature: 0, length: 60 }))).map(({ text }) => text),
      beams: await node.beam('the', { k: 4, length: 12 }),
      score: await node.score('the river'),
      next: await node.next('the'),
    };
    expect(rounded(found)).toEqual(rounded(expected));
    expect(told).toEqual([]);
  });

  // An ensemble of two: their mean losses need Math.exp and Math.log, and are the same since they are rounded to float32.
  test.each([1, 2])(
    'trains in a worker that a page makes of its own text, %d members: the file of rnn train, byte for byte',
    async (members) => {
      const out = `${members}.json`;
      expect((await rnn([...TRAIN, '--members', `${members}`, '--out', out], { cwd: folder })).status).toBe(0);
      const { state, told } = await trainedInWorker({ ...RECIPE, model: { ...RECIPE.model, members } });
      expect(state).toBe(readFileSync(join(folder, `${members}.last.json`), 'utf8'));
      expect(told).toEqual([]);
    },
  );

  async function trainedInWorker(recipe: object): Promise<{ state: string; told: readonly string[] }> {
    const { page: opened, told } = await openFile(browser, join(folder, 'worker.html'));
    const state = await opened.evaluate(
      async (request) => {
        const source = document.getElementById('worker').textContent;
        const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
        return await new Promise<string>((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage(request);
        });
      },
      JSON.stringify({ text: PROSE, recipe }),
    );
    return { state, told };
  }
});

/** Engines differ in the last digits of `Math.exp` and `Math.log`. */
const DIGITS = 12;

/** The same value, in which numbers have fewer digits. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, each) =>
      typeof each === 'number' && !Number.isInteger(each) ? Number(each.toPrecision(DIGITS)) : each,
    ),
  );
}

/** What the worker does: it trains on the text that it gets, and answers with the state at the end. */
const WORKER = `onmessage = async ({ data }) => {
  const { text, recipe } = JSON.parse(data);
  const training = charnn.train(text, recipe);
  for await (const event of training);
  postMessage(charnn.serialize(training.state()));
};`;

function page(policy: string, script: string, worker = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>a page</title>
<meta http-equiv="Content-Security-Policy" content="${policy}"></head>
<body><script>${script}</script><script type="text/plain" id="worker">${worker}</script></body></html>`;
}

/** The module as a classic script, with its exports in the global `charnn`: a page from a file may start no worker that is a module. */
function asScript(text: string): string {
  return text.replace(/export\{([^}]*)\};?\s*$/, (_, names: string) => {
    const fields = names.split(',').map((name) => name.split(' as ').reverse().join(':'));
    return `globalThis.charnn={${fields.join(',')}};`;
  });
}
