import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCheckpoint } from '../../src/index.ts';
import { CHROMIUM, HAS_CHROMIUM, launchChromium, WHERE } from '../helpers/chromium.ts';
import { file, PROSE, removeFolders, shell, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { openFile } from '../helpers/opened-page.ts';

const PAGE = fileURLToPath(new URL('../../dist/pages/playground.html', import.meta.url));

/** The page without a network has at most so many bytes. */
const MOST_BYTES = 250_000;

test('the playground is small enough', () => {
  expect(readFileSync(PAGE).length).toBeLessThanOrEqual(MOST_BYTES);
});

describe.skipIf(!HAS_CHROMIUM)(`the playground ${WHERE}`, () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = temporaryFolder();
    browser = await launchChromium();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    removeFolders();
  });

  async function open(by = browser, before?: string) {
    const opened = await openFile(by, PAGE, before === undefined ? {} : { before });
    opened.page.setDefaultTimeout(30_000);
    return opened;
  }

  /** Waits until the page says something of the run. */
  async function says(page: Page, what: RegExp, where = '#told'): Promise<string> {
    const line = page.locator(where).filter({ hasText: what });
    await line.waitFor();
    return (await line.textContent()) ?? '';
  }

  async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [id, value] of Object.entries(fields)) await page.fill(`#${id}`, value);
  }

  /** Saves the run, and gives the path of the file. */
  async function save(page: Page, name: string): Promise<string> {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    const path = join(folder, name);
    await download.saveAs(path);
    return path;
  }

  const parametersOf = (path: string) => parseCheckpoint(readFileSync(path, 'utf8'), path).parameters;

  /** Runs the commands that the page shows, and gives the newest state. */
  async function trainedByCommand(page: Page, name: string): Promise<string> {
    const commands = (await page.textContent('#command')) ?? '';
    const { status, stderr } = await shell(`set -e\n${commands} --kernel wasm128 --quiet --out ${name}.json`, {
      cwd: folder,
    });
    expect({ status, stderr: stderr.replace(/^answers are.*\n/, '') }).toEqual({ status: 0, stderr: '' });
    return join(folder, `${name}.last.json`);
  }

  test('trains to the bits of the rnn train that it shows; rnn reads what it saves, and it reads that again', async () => {
    const { page, told } = await open();
    await says(page, /is ready/);
    await says(page, /before training/, '#samples');
    file(folder, 'text.txt', PROSE);
    await fill(page, { text: PROSE, layers: '2', hidden: '8', bptt: '16', batch: '4', seed: '7', steps: '200' });
    await page.selectOption('#cell', 'gru');
    await page.click('#train');
    await says(page, /200 steps are done/);
    expect(await page.textContent('#n-validation')).toMatch(/^\d\.\d+$/);
    for (const figure of ['#loss', '#flow'])
      expect(await page.locator(`${figure} svg .series`).count()).toBeGreaterThan(1);
    const saved = await save(page, 'page.last.json');
    const expected = await trainedByCommand(page, 'command');
    expect(parametersOf(saved)).toEqual(parametersOf(expected));

    const info = await rnn(['info', 'page.last.json'], { cwd: folder });
    expect(info).toMatchObject({ status: 0 });
    expect(info.stdout).toMatch(/200 of 200|step +200/);
    expect(
      (await rnn(['sample', '-c', 'page.last.json', '--length', '20', '--quiet'], { cwd: folder })).stdout,
    ).not.toBe('');

    // The text is still there, so the run goes on, as it does on the command line.
    await page.setInputFiles('#open', saved);
    await says(page, /page\.last\.json is open: .* Train goes on with its run/);
    await page.fill('#steps', '50');
    await page.click('#train');
    await says(page, /250 steps are done/);
    const longer = await save(page, 'longer.json');
    const resume = [
      'train',
      'text.txt',
      '--resume',
      'command.last.json',
      '--steps',
      '250',
      '--kernel',
      'wasm128',
      '--quiet',
    ];
    expect((await rnn(resume, { cwd: folder })).status).toBe(0);
    expect(parametersOf(longer)).toEqual(parametersOf(join(folder, 'command.last.json')));
    expect(told).toEqual([]);
  });

  test('shows the lectures’ examples: d is completed to deep, and answers are counted', async () => {
    const { page, told } = await open();
    await page.click('[data-lesson=deep]');
    await page.selectOption('#pace', '0');
    await says(page, /300 steps are done/);
    await page.locator('#completion-rows tr').first().filter({ hasText: 'deep<stop>' }).waitFor();
    await page.click('[data-lesson=parity]');
    await page.selectOption('#pace', '0');
    await says(page, /600 steps are done/);
    await says(page, /^(?:9\d|100) % of the .* answers in new lines/, '#answers');
    const saved = await save(page, 'parity.last.json');
    expect(parametersOf(saved)).toEqual(parametersOf(await trainedByCommand(page, 'command-parity')));
    await says(page, /^Fixed points: −0\.958 \(sink\), 0\.000 \(source\), 0\.958 \(sink\)\./, '#one-words');
    await page.fill('#one-weight', '0.5');
    await says(page, /^Fixed points: −?0\.000 \(sink\)\./, '#one-words');
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(told).toEqual([]);
  });

  test('pauses, steps, takes another rate, and asks before it is closed while it trains', async () => {
    const { page, told } = await open();
    await page.selectOption('#source', 'lighthouse');
    await says(page, /50,715 characters/, '#facts');
    await page.fill('#steps', '100000');
    await page.click('#train');
    await says(page, /^[1-9]\d*$/, '#n-step');
    const dialog = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    expect((await dialog).type()).toBe('beforeunload');
    await (await dialog).dismiss();
    await page.click('#train');
    const step = Number(/after ([\d,]+) steps/.exec(await says(page, /Paused after/))![1]!.replaceAll(',', ''));
    await page.fill('#rate', '0.001');
    await page.click('#step');
    await says(page, new RegExp(`Paused after ${(step + 1).toLocaleString('en-US')} steps`));
    const saved = parseCheckpoint(readFileSync(await save(page, 'stepped.json'), 'utf8'), '');
    expect(saved.run).toMatchObject({ step: step + 1, recipe: { rate: 0.001 } });
    // A unit colours the text.
    await page.click('#unit-after');
    await says(page, /^Layer 1, unit 2: between/, '#unit-words');
    expect(await page.locator('#activation span[style*="rgb"]').count()).toBeGreaterThan(100);
    expect(told).toEqual([]);
  });

  test('says that a run goes on as it began where the text is changed or emptied', async () => {
    const { page, told } = await open();
    await page.fill('#steps', '100000');
    await page.click('#train');
    await says(page, /^[1-9]\d*$/, '#n-step');
    await page.fill('#text', '');
    await says(page, /The text is empty/, '#facts');
    await says(page, /is training with the text and the settings that it began with\. .* start over/);
    await page.click('#train');
    await says(page, /Paused after [\d,]+ steps?\. Train goes on with the text .* start over/);
    await page.fill('#text', PROSE);
    await page.click('#restart');
    await says(page, /is ready/);
    expect(told).toEqual([]);
  });

  test('says that a run has diverged, and what to do', async () => {
    const { page, told } = await open();
    await says(page, /is ready/);
    await page.fill('#rate', '10');
    await page.fill('#validation', '0');
    await page.click('#train');
    await says(
      page,
      /^The training has diverged after [\d,]+ steps?: .*\. Use a smaller learning rate, and start over\.$/,
    );
    await page.fill('#rate', '0.01');
    await page.click('#train');
    await says(page, /is training/);
    expect(told).toEqual([]);
  });

  test('says in a sentence what is wrong with a text or a checkpoint, and goes on', async () => {
    const { page, told } = await open();
    await says(page, /is ready/);
    const large = join(folder, 'large.txt');
    writeFileSync(large, 'a');
    truncateSync(large, 50_000_000);
    await page.setInputFiles('#file', large);
    await says(page, /large\.txt has 50 MB, and this page takes texts of up to 20 MB/, '#facts');
    await page.selectOption('#source', 'typed');
    await says(page, /The text is empty/, '#facts');
    await page.click('#restart');
    await says(page, /The text can’t be used/);
    await page.fill('#text', 'x');
    await page.click('#restart');
    await says(page, /\w+ .*(?:symbol|character)/);
    await page.fill('#text', 'the cat sat');
    await page.click('#restart');
    await says(page, /is ready.*Note: 11 symbols are too few for a validation part of 5 %/);
    // What a text says is shown, and never runs.
    const hostile = '<img src=x onerror="document.title=1"></script><script>document.title=1</script> & "q" ';
    await page.fill('#text', hostile.repeat(9));
    await page.click('#restart');
    await says(page, /is ready/);
    await says(page, /<img src=x/, '#activation');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toMatch(/^Playground/);
    await page.fill('#reading', 'é');
    await says(page, /"é" .*not in the vocabulary/, '#view-problem');
    await page.fill('#reading', '');
    await page.fill('#hidden', '0');
    await page.click('#restart');
    expect(await page.evaluate(`document.getElementById('hidden').validity.rangeUnderflow`)).toBe(true);

    const good = readFileSync(await save(page, 'good.json'), 'utf8');
    const wrong = {
      'cut.json': good.slice(0, 900),
      'newer.json': good.replace(/"version": \d+/, '"version": 99'),
      'other.json': 'hello',
    };
    for (const [name, text] of Object.entries(wrong)) {
      await page.setInputFiles('#open', file(folder, name, text));
      await says(page, new RegExp(`^${name}: .*(?:damaged|newer|checkpoint)`));
    }
    expect(told).toEqual([]);
  });

  test('opens in old browsers with a sentence, and computes without WebAssembly', async () => {
    const { page } = await open(browser, 'delete globalThis.DecompressionStream');
    await says(page, /too old/, '#status');
    const plain = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--js-flags=--jitless'] });
    try {
      const { page: slow } = await open(plain);
      await says(slow, /is ready/);
      await says(slow, /Plain JavaScript computes here/, '#kernel');
    } finally {
      await plain.close();
    }
  });
});
