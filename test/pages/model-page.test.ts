import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_CHROMIUM, launchChromium, WHERE } from '../helpers/chromium.ts';
import { file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { openFile } from '../helpers/opened-page.ts';
import { pairCheckpoint } from '../helpers/pair-checkpoints.ts';

/** What a hostile model says, as its name and as a symbol: it runs if anything of the model is read as markup. */
const HOSTILE = '</script><script>document.title="run"</script><img/src=x/onerror=document.title="run">';

describe.skipIf(!HAS_CHROMIUM)(`the page of a model ${WHERE}`, () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = temporaryFolder();
    file(folder, 'prose.txt', PROSE);
    file(folder, 'words.txt', 'deep\nlearn\nmachine\n'.repeat(4));
    file(folder, 'hostile.txt', `a ${HOSTILE} b\n`.repeat(40));
    file(folder, 'bytes.txt', 'café à la crème\n'.repeat(40));
    await train('prose');
    await train('words', '--steps', '200');
    await train('hostile', '--unit', 'token', '--mode', 'stream');
    await train('bytes', '--unit', 'byte', '--mode', 'stream');
    for (const task of ['transduce', 'tag', 'classify'] as const)
      file(folder, `${task}.json`, await pairCheckpoint(task));
    for (const name of ['prose', 'words', 'bytes', 'transduce', 'tag', 'classify']) await exported(name);
    browser = await launchChromium();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    removeFolders();
  });

  async function train(name: string, ...options: string[]): Promise<void> {
    const args = ['train', `${name}.txt`, ...TINY, '--steps', '100', '--kernel', 'wasm128', '--quiet', ...options];
    expect(await rnn([...args, '--out', `${name}.json`], { cwd: folder })).toMatchObject({ status: 0, stderr: '' });
  }

  async function exported(name: string, ...options: string[]): Promise<void> {
    const args = ['export', `${name}.json`, `${name}.html`, ...options];
    expect(await rnn(args, { cwd: folder })).toEqual({ status: 0, stdout: `${name}.html\n`, stderr: '' });
  }

  /** What the command line prints, with its kernel for one thread. */
  async function printed(...args: string[]): Promise<string[]> {
    const { status, stdout } = await rnn([...args, '--kernel', 'wasm128', '--quiet'], { cwd: folder });
    expect(status).toBe(0);
    return stdout.trimEnd().split('\n');
  }

  const open = (name: string, options = {}) => openFile(browser, join(folder, name), options);

  /** The page when it has written its first text. */
  async function opened(name: string, options = {}) {
    const open_ = await open(name, options);
    await open_.page.waitForSelector('#found td');
    return open_;
  }

  test('is silent, and writes what rnn sample writes', async () => {
    const { page, told } = await opened('prose.html');
    await page.fill('#text', 'the ');
    await page.fill('[name=temperature]', '0');
    await page.fill('#write [name=length]', '60');
    await write(page);
    const args = ['--prefix', 'the ', '--temperature', '0', '--length', '60'];
    const [greedy] = await printed('sample', '-c', 'prose.json', ...args);
    expect(await page.textContent('#written')).toBe(greedy);
    await page.fill('[name=temperature]', '0.9');
    await page.fill('[name=topP]', '0.8');
    await page.fill('#write [name=seed]', 'x y');
    await page.fill('[name=stop]', 'fox');
    await write(page);
    const wanted = ['--temperature', '0.9', '--top-p', '0.8', '--seed', 'x y', '--stop', 'fox', '--length', '60'];
    const drawn = await printed('sample', '-c', 'prose.json', '--prefix', 'the ', ...wanted);
    expect((await page.textContent('#written'))?.trimEnd()).toBe(drawn.join('\n'));
    expect(told).toEqual([]);
  });

  test('finds what rnn beam finds, to the digits that it prints', async () => {
    const { page } = await opened('words.html');
    await page.fill('#text', 'de');
    await page.fill('#beam [name=k]', '4');
    await settled(page);
    const rows = await rowsOf(page, '#found');
    const found = await printed('beam', '-c', 'words.json', '--prefix', 'de', '--k', '4');
    expect(rows.map(([text, ...numbers]) => [`de${text?.replace('<stop>', '')}`, ...numbers])).toEqual(
      found.map((line) => line.split('\t').slice(0, 4)),
    );
    await page.click('#found button');
    expect(await page.inputValue('#text')).toBe(found[0]?.split('\t')[0]);
  });

  test('scores a text as rnn score does, and colours its symbols', async () => {
    const { page } = await opened('prose.html');
    await page.fill('#text', 'the quick fox\nrests');
    await settled(page);
    file(folder, 'scored.txt', 'the quick fox\nrests');
    const [line] = await printed('score', '-c', 'prose.json', '--whole', 'scored.txt');
    const [logProbability, bits] = line!.split('\t');
    const words = await page.textContent('#score');
    expect(words).toContain(`${bits} bits a symbol`);
    expect(words).toContain(`Σ log p = ${logProbability}.`);
    expect(await page.textContent('#scored')).toBe('the quick fox↵\nrests');
    const perSymbol = await printed('score', '-c', 'prose.json', '--whole', '--per-char', 'scored.txt');
    expect(
      await page.locator('#scored span').evaluateAll((spans) => spans.map((span) => (span as HTMLElement).title)),
    ).toEqual(perSymbol.map((each) => `${each.split('\t').at(-1)} bits`));
  });

  test('of a model of lines, scores each line and goes on from the last', async () => {
    const { page, told } = await opened('words.html');
    await page.fill('#text', 'deep\nmach');
    await settled(page);
    const [best] = await printed('beam', '-c', 'words.json', '--prefix', 'mach');
    await page.click('#found button');
    expect(await page.inputValue('#text')).toBe(`deep\n${best?.split('\t')[0]}`);
    await settled(page);
    expect(await page.textContent('#scored')).toMatch(/^deep<stop>\nmach.*<stop>\n$/u);
    expect(told).toEqual([]);
  });

  test('writes the symbol that is chosen by mouse or keyboard', async () => {
    const { page, told } = await opened('words.html');
    await page.click('#next button >> nth=0');
    await settled(page);
    const first = await page.inputValue('#text');
    expect(first).toHaveLength(1);
    await page.press('#next button >> nth=0', 'ArrowDown');
    const second = await page.locator('#next button >> nth=1').textContent();
    await page.keyboard.press('Enter');
    await settled(page);
    expect(await page.inputValue('#text')).toBe(`${first}${second?.[0]}`);
    // The focus stays at the place, so that Enter goes on writing.
    expect(await page.evaluate('document.activeElement.closest("#next") !== null')).toBe(true);
    expect(told).toEqual([]);
  });

  test('stops when it is told to', async () => {
    const { page } = await opened('prose.html');
    await page.fill('#write [name=length]', '100000');
    await page.click('#write button[type=submit]');
    await page.click('#stop');
    await page.waitForSelector('#write-status:text-is("Stopped.")');
    const written = (await page.textContent('#written'))?.length ?? 0;
    expect(written).toBeLessThan(100_000);
    // And it can go on.
    await page.fill('#write [name=length]', '20');
    await write(page);
    expect(await page.textContent('#written')).toHaveLength(20);
  });

  test('says what the model can’t read, and goes on when it can', async () => {
    const { page } = await opened('prose.html');
    await page.fill('#text', 'the €');
    await page.waitForSelector('#text-problem:text("U+20AC")');
    await page.fill('#text', 'the');
    await settled(page);
    expect(await page.textContent('#text-problem')).toBe('');
  });

  test('gives back the checkpoint that it was made of', async () => {
    const { page } = await opened('prose.html');
    await page.click('summary');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    expect(download.suggestedFilename()).toBe('prose.json');
    const path = join(folder, 'saved.json');
    await download.saveAs(path);
    expect(readFileSync(path, 'utf8')).toBe(readFileSync(join(folder, 'prose.json'), 'utf8'));
  });

  test('shows bytes that are no UTF-8 as escapes, and joins those that are', async () => {
    const { page, told } = await opened('bytes.html');
    await page.fill('#text', 'caf');
    await page.click('#next button >> text=\\xc3');
    await settled(page);
    expect(await page.inputValue('#text')).toBe('caf');
    expect(await page.textContent('#tail')).toContain('\\xc3');
    await page.click('#next button >> text=\\xa9');
    await settled(page);
    expect(await page.inputValue('#text')).toBe('café');
    expect(await page.isHidden('#tail')).toBe(true);
    expect(told).toEqual([]);
  });

  test('runs nothing of a hostile model', async () => {
    const name = `${HOSTILE.replaceAll('/', ':')}.json`;
    writeFileSync(join(folder, name), readFileSync(join(folder, 'hostile.json')));
    await rnn(['export', name, 'hostile.html'], { cwd: folder });
    const { page, told } = await opened('hostile.html');
    await page.fill('#text', 'a');
    await settled(page);
    expect(await page.title()).toBe(name.replace(/\.json$/u, ''));
    expect(await page.textContent('#next')).toContain(HOSTILE);
    await page.click(`#next button:has-text("</script>")`);
    await settled(page);
    expect(await page.inputValue('#text')).toBe(`a ${HOSTILE}`);
    expect(await page.textContent('#scored')).toContain(HOSTILE);
    expect(await page.locator('img').count()).toBe(0);
    expect(told).toEqual([]);
  });

  test.each(['transduce', 'tag', 'classify'] as const)('finds the targets of a model to %s', async (task) => {
    const { page, told } = await open(`${task}.html`);
    await page.fill('#source', 'cab');
    await page.waitForSelector('#targets td');
    await page.waitForSelector(task === 'transduce' ? '#attention svg' : '#targets td');
    const found = await printed('beam', '-c', `${task}.json`, '--source', 'cab', '--json');
    const targets = found.map((line) => JSON.parse(line) as Record<'score' | 'logProbability', number>);
    const numbers = (await rowsOf(page, '#targets')).map((row) => row.slice(1));
    expect(numbers).toEqual(
      targets.map(({ score, logProbability }) => [
        ...(task === 'transduce' ? [score.toFixed(4)] : []),
        logProbability.toFixed(4),
        Math.exp(logProbability).toPrecision(3),
      ]),
    );
    if (task === 'tag') expect((await rowsOf(page, '#labels')).map(([symbol]) => symbol)).toEqual(['c', 'a', 'b']);
    if (task === 'transduce') expect(await page.locator('#attention rect').count()).toBe(4 * 3);
    await page.fill('#target', { transduce: 'B A C', tag: 'CVC', classify: 'none' }[task]);
    await settled(page);
    const pair = file(folder, 'pair.tsv', `cab\t${await page.inputValue('#target')}\n`);
    const [line] = await printed('score', '-c', `${task}.json`, pair);
    const [logProbability, bits] = line!.split('\t');
    const words = await page.textContent('#target-score');
    expect(words).toContain(`${bits} bits a symbol`);
    expect(words).toContain(`Σ log p = ${logProbability}.`);
    expect(told).toEqual([]);
  });

  test('runs nothing of a hostile model of pairs', async () => {
    const pair = `a ${HOSTILE}\tb ${HOSTILE}\n`;
    file(folder, 'hostile-pairs.txt', pair.repeat(20));
    const units = ['--task', 'transduce', '--source-unit', 'token', '--target-unit', 'token'];
    const small = ['--hidden', '4', '--layers', '1', '--steps', '20', '--quiet', '--out', 'hostile-pairs.json'];
    await rnn(['train', 'hostile-pairs.txt', ...units, ...small], { cwd: folder });
    await exported('hostile-pairs');
    const { page, told } = await open('hostile-pairs.html');
    await page.fill('#source', `a ${HOSTILE}`);
    await page.fill('#target', `b ${HOSTILE}`);
    await page.waitForSelector('#attention svg');
    await settled(page);
    expect(await page.textContent('#attention')).toContain('</script>');
    expect(await page.textContent('#target-symbols')).toContain(HOSTILE);
    expect(await page.title()).toBe('hostile-pairs');
    expect(await page.locator('img').count()).toBe(0);
    expect(told).toEqual([]);
  });

  test('computes without WebAssembly, and says that it is slow', async () => {
    const old = await launchChromium('--jitless');
    const { page, told } = await openFile(old, join(folder, 'words.html'));
    await page.waitForSelector('#found td');
    expect(await page.textContent('#status')).toMatch(
      /Plain JavaScript computes here, .*: this browser runs no WebAssembly\.$/,
    );
    expect(told).toEqual([]);
    await old.close();
  });

  test('says what is wrong where the browser is too old', async () => {
    const { page, told } = await open('words.html', { before: 'delete globalThis.DecompressionStream' });
    expect(await page.textContent('#status')).toMatch(/^This browser is too old for this page\. Open it in Chrome /);
    expect(told).toEqual([]);
  });

  test.each(['model', 'app', 'worker'])('says that a page is damaged whose part “%s” is', async (part) => {
    const html = readFileSync(join(folder, 'words.html'), 'utf8');
    const at = html.indexOf(`id="${part}">`) + 2000;
    const other = html[at] === 'A' ? 'B' : 'A';
    file(folder, 'damaged.html', `${html.slice(0, at)}${other}${html.slice(at + 1)}`);
    const { page, told } = await open('damaged.html');
    await page.waitForSelector('#status.problem');
    expect(await page.textContent('#status')).toMatch(/damaged: a part of (?:the file|it) is missing or changed/);
    expect(told).toEqual([]);
  });

  test('is not blank where it is cut off or runs no script', async () => {
    const html = readFileSync(join(folder, 'words.html'), 'utf8');
    file(folder, 'cut.html', html.slice(0, html.length / 2));
    const { page } = await open('cut.html');
    await page.waitForSelector('#status', { state: 'visible' });
    expect(await page.textContent('#status')).toContain('the file is damaged');
    const { page: silent } = await open('words.html', { javaScriptEnabled: false });
    await silent.waitForSelector('noscript p:text("Allow JavaScript")', { state: 'visible' });
    expect(await silent.isVisible('#status')).toBe(false);
  });

  test('says so where it has no model', async () => {
    const { page } = await openFile(browser, new URL('../../dist/pages/model.html', import.meta.url).pathname);
    await page.waitForSelector('#status.problem');
    expect(await page.textContent('#status')).toMatch(/has no model/);
  });
});

/** Writes, and waits for the end. */
async function write(page: Page): Promise<void> {
  await page.click('#write button[type=submit]');
  await page.waitForSelector('#write-status:text-matches("ended|length|texts")');
}

/** Waits until what follows the text has followed it. */
async function settled(page: Page): Promise<void> {
  await page.waitForSelector('main:not(.following):not([hidden])');
}

async function rowsOf(page: Page, table: string): Promise<string[][]> {
  const rows = await page.locator(`${table} tbody tr`).all();
  return Promise.all(rows.map((row) => row.locator('td').allTextContents()));
}
