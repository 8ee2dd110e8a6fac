import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gateSteps } from '../../src/insight/gate-steps.ts';
import { symbolGradients } from '../../src/insight/symbol-gradients.ts';
import { loadCheckpoint } from '../../src/nn/checkpoint-file.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { wholeCorpus } from '../../src/text/split.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';
import { HAS_CHROMIUM, launchChromium, WHERE } from '../helpers/chromium.ts';
import { file, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { JS } from '../helpers/tiny-models.ts';

/** What a page would run, load or fall apart by, if it took text for markup. */
const HOSTILE = `"<b>" & '</script><script>document.title="taken"</script>' <img src=x onerror=alert(1)> <!-- \u0007 é 漢 \u2028\n\t{{x}} \${y}\n`;

const SHOWN = 300;

type Box = Readonly<Record<'left' | 'right' | 'top' | 'bottom', number>>;

/** Whether two boxes have no place in common, but for a pixel: boxes of text are a little larger than its ink. */
function areApart(a: Box, b: Box): boolean {
  return a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
}

describe.skipIf(!HAS_CHROMIUM)(`a report ${WHERE}`, () => {
  let folder: string;
  let browser: Browser;
  const told: string[] = [];

  beforeAll(async () => {
    folder = temporaryFolder();
    file(folder, 'hostile.txt', HOSTILE.repeat(6));
    const name = '<i>x&quot;.json';
    const train = [
      'train',
      'hostile.txt',
      '--cell',
      'lstm',
      '--mode',
      'stream',
      '--steps',
      '20',
      '--validation',
      '0',
      '--quiet',
      ...TINY,
    ];
    expect((await rnn([...train, '--layers', '2', '--out', 'model.json'], { cwd: folder })).status).toBe(0);
    expect(
      (
        await rnn([...train, '--out', name, '--overwrite'], {
          cwd: folder,
        })
      ).status,
    ).toBe(0);
    for (const [model, page] of [
      ['model.json', 'report.html'],
      [name, 'name.html'],
    ] as const) {
      const report = ['report', model, '--text', 'hostile.txt', '--html', page, '--length', String(SHOWN)];
      expect((await rnn(report, { cwd: folder })).status).toBe(0);
    }
    browser = await launchChromium();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    removeFolders();
  });

  function loadModel(path: string) {
    const { model: config, parameters, vocabulary } = loadCheckpoint(path);
    return { config, parameters, vocabulary: Vocabulary.fromJSON(vocabulary) };
  }

  async function open(page: string, options: { colorScheme?: 'light' | 'dark'; width?: number } = {}): Promise<Page> {
    const { colorScheme = 'light', width = 1100 } = options;
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, offline: true });
    const opened = await context.newPage();
    opened.on('console', (message) => told.push(message.text()));
    opened.on('pageerror', (error) => told.push(error.message));
    opened.on('dialog', (dialog) => told.push(dialog.message()));
    opened.on('request', (request) => {
      if (!/^(?:file|data):/.test(request.url())) told.push(`asked for ${request.url()}`);
    });
    await opened.goto(pathToFileURL(join(folder, page)).href);
    return opened;
  }

  test('says nothing on the console, asks for nothing, and takes no text for markup', async () => {
    for (const name of ['report.html', 'name.html']) {
      const page = await open(name);
      expect(await page.title()).toMatch(/: what the network has learned$/);
      expect(await page.locator('script').count()).toBe(2);
      expect(await page.locator('img, b, section i:not(.ramp), h1 i').count()).toBe(0);
    }
    expect(told).toEqual([]);
  });

  const titles = async (page: Page, selector: string): Promise<string[]> =>
    await page
      .locator(`${selector} span`)
      .evaluateAll((spans) => spans.map((span) => (span as unknown as { title: string }).title));

  test('colours the text by the gate and the unit picked: the numbers of the explicit steps', async () => {
    const page = await open('report.html');
    const subject = loadModel(join(folder, 'model.json'));
    const { hidden } = subject.config;
    const text = subject.vocabulary.decode([...subject.vocabulary.encode(HOSTILE.repeat(6))].slice(0, SHOWN));
    expect(await page.locator('#gate option:checked').textContent()).toBe('C: cell state');
    for (const [gate, pick] of [
      ['f', async () => await page.locator('#unit').selectOption({ index: 5 })],
      ['C', async () => await page.locator('#after').click()],
      ['o', async () => await page.locator('button[data-rank]').last().click()],
      [
        'C̃',
        async () => {
          await page.locator('#unit').selectOption({ index: 0 });
          await page.locator('#before').click(); // from the first to the last
        },
      ],
    ] as const) {
      await pick();
      const names = ['f', 'i', 'C̃', 'C', 'o', 'h'];
      await page.locator('#gate').selectOption({ index: names.indexOf(gate) });
      const picked = (await page.locator('#unit option:checked').textContent()) ?? '';
      const [, layer, unit] = /^layer (\d+), unit (\d+):/.exec(picked)!.map(Number);
      const { steps } = gateSteps(subject, text, { layer: layer!, unit: unit! });
      const shown = await titles(page, '#activation');
      expect(shown).toHaveLength(SHOWN);
      for (const [at, { values }] of steps.entries()) {
        expect(Number(shown[at]!.replace('−', '-'))).toBeCloseTo(values[names.indexOf(gate)]!, 1);
      }
      const told = await page.locator('#range').textContent();
      expect(told).toMatch(new RegExp(`^${gate}: mean −?\\d\\.\\d\\d, between −?\\d\\.\\d\\d and −?\\d\\.\\d\\d\\.$`));
    }
    expect(await page.locator('#unit option:checked').getAttribute('value')).toBe(String(2 * hidden - 1));
    expect(told).toEqual([]);
  });

  test('shows what a prediction depends on, by click and by key, as colours and in words', async () => {
    const page = await open('report.html');
    const { config, parameters, vocabulary } = loadModel(join(folder, 'model.json'));
    const corpus = corpusFromText(HOSTILE.repeat(6), { vocabulary });
    const expected = symbolGradients(JS, config, parameters, wholeCorpus(corpus), SHOWN);
    const expectShown = async (at: number): Promise<void> => {
      expect(await page.locator('#gradient [aria-selected=true]').count()).toBe(1);
      const shown = await titles(page, '#gradient');
      const largest = Math.max(...expected[at]!);
      for (const [k, title] of shown.entries()) {
        const gradient = expected[at]![at - 1 - k] ?? 0;
        // The colours reach down to 1/1000 of the largest, and two digits are written.
        if (gradient < 0.99e-3 * largest) expect(title).toBe('');
        else if (gradient > 1.01e-3 * largest) expect(Number(title) / gradient).toBeCloseTo(1, 1);
      }
      expect(await page.locator('#told').textContent()).toMatch(
        new RegExp(`^Symbol ${at + 1}, (“.+”|space|line end): the largest gradients are at .*, \\d+ back: \\d`, 'u'),
      );
    };
    await page.locator('#gradient span').nth(200).click();
    await expectShown(200);
    await page.keyboard.press('ArrowLeft');
    await expectShown(199);
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await expectShown(SHOWN - 1);
    await page.keyboard.press('Home');
    expect(await page.locator('#told').textContent()).toMatch(/^Symbol 1, .*: its prediction depends on no symbol/);
    expect((await titles(page, '#gradient')).join('')).toBe('');
    // One stop of the tab key for the whole text.
    expect(await page.locator('#gradient [tabindex="0"]').count()).toBe(1);
    expect(told).toEqual([]);
  });

  test.each([390, 1100])(
    'has charts whose text is of 10 pixels or more, and covers no other, %d pixels wide',
    async (width) => {
      const page = await open('report.html', { width });
      const charts: { size: number; box: Box }[][] = await page.evaluate(`
      [...document.querySelectorAll('svg')].filter((svg) => !svg.closest('#symbols')).map((svg) =>
        [...svg.querySelectorAll('text')].map((text) => {
          const { left, right, top, bottom } = text.getBoundingClientRect();
          const size = parseFloat(getComputedStyle(text).fontSize) * svg.getScreenCTM().a;
          return { size, box: { left, right, top, bottom } };
        }))`);
      expect(charts.length).toBeGreaterThan(5);
      for (const texts of charts) {
        for (const [at, { size, box }] of texts.entries()) {
          expect(size).toBeGreaterThanOrEqual(10);
          for (const other of texts.slice(at + 1)) expect(areApart(box, other.box)).toBe(true);
        }
      }
      const scatter = await page.evaluate(
        `parseFloat(getComputedStyle(document.querySelector('#symbols text')).fontSize) * document.querySelector('#symbols svg').getScreenCTM().a`,
      );
      expect(scatter).toBeGreaterThanOrEqual(10);
    },
  );

  test('is as wide as a phone, and dark in the dark', async () => {
    const background = (page: Page): Promise<string> =>
      page.evaluate('getComputedStyle(document.body).backgroundColor');
    const [light, dark] = [
      await open('report.html', { width: 360 }),
      await open('report.html', { colorScheme: 'dark' }),
    ];
    expect(await light.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await background(light)).toBe('rgb(255, 255, 255)');
    expect(await background(dark)).toBe('rgb(22, 23, 26)');
  });
});
