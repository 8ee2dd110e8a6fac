import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeMode } from '../../src/text/mode.ts';
import { readCorpus } from '../../src/text/read-corpus.ts';
import { corpora, orSkipped, sharedData } from './shared.ts';

const many = (line: (index: number) => string, count = 100) =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');

describe('judgeMode', () => {
  it.each([
    ['three words', 'deep\nlearn\nmachine\n'],
    ['three words without a final newline', 'deep\nlearn\nmachine'],
    ['three words and blank lines after them', 'deep\nlearn\nmachine\n\n\n'],
    ['two words with CRLF', 'deep\r\nlearn\r\n'],
    ['technical terms', 'backpropagation through time\nstochastic gradient descent\nsoftmax\nlong short-term memory\n'],
    ['names with titles', 'Dr. Ada Lovelace\nGeorge Boole\nAlan Turing Jr.\nGrace Hopper\n'],
    ['Chinese words', '人工智能\n机器学习\n神经网络\n'],
    ['surnames first', 'Lovelace, Ada\nTuring, Alan\n'],
    ['chemical formulas', 'CC(=O)O\nC1=CC=CC=C1\nCCO\n'],
    ['a tenth of long terms', many((i) => (i % 10 === 0 ? 'x'.repeat(41) : 'term'))],
  ])('reads %s in lines', (_, text) => {
    expect(judgeMode(text, true).mode).toBe('lines');
  });

  it.each([
    ['nothing', '', 'blank'],
    ['a single line', 'deep learn machine\n', 'single line'],
    [
      'prose wrapped at 72',
      many(() => 'and of having nothing to do once or twice she had peeped into the book'),
      '100 % of its lines have more than 40',
    ],
    ['paragraphs of one line', 'Short one\n\nAnother one\n\nThird\n', '40 % of its lines are blank'],
    ['verse', many(() => 'Shall I compare thee to a day'), '7.0 words'],
    [
      'short verse',
      'Tyger Tyger, burning bright,\nIn the forests of the night;\nWhat immortal hand or eye,\n',
      'words',
    ],
    ['dialogue', 'Who is there?\nMe.\nWho?\nI said me!\n', '100 % of its lines read like sentences'],
    ['a Chinese poem', '床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。\n', 'sentences'],
    ['wrapped Chinese prose', many(() => '此开卷第一回也。作者自云因曾历过一番梦幻之后故将真'), 'sentences'],
    ['code', 'function f(x) {\n  const y = x;\n  return y\n}\n', '50 % of its lines are indented'],
    ['one line far too long', `${many(() => 'term')}${'x'.repeat(201)}\n`, '201 characters'],
    ['somewhat more than a tenth of long lines', many((i) => (i % 9 === 0 ? 'x'.repeat(41) : 'term')), '12 %'],
  ])('reads %s as a stream', (_, text, reason) => {
    const choice = judgeMode(text, true);
    expect(choice.mode).toBe('stream');
    expect(choice.reason).toContain(reason);
  });

  it('says why it chose lines', () => {
    expect(judgeMode('deep\nlearn\nmachine\n', true).reason).toBe(
      '3 short lines (5.3 characters and 1.0 words on average)',
    );
  });

  it('separates thousands', () => {
    expect(judgeMode('deep\n'.repeat(2209), true).reason).toMatch(/^2,209 short lines \(/);
    expect(judgeMode(`${'deep\n'.repeat(20)}${'x'.repeat(1500)}`, true).reason).toBe(
      'it has a line of 1,500 characters',
    );
  });

  it('leaves a last line out that is cut off', () => {
    const text = `${many(() => 'term', 5)}${'x'.repeat(300)}`;
    expect(judgeMode(text, true).mode).toBe('stream');
    expect(judgeMode(text, false).mode).toBe('lines');
  });
});

describe(`auto mode on real texts${orSkipped}`, () => {
  it.skipIf(sharedData === undefined).each([
    ['names.txt', 'lines'],
    ['names_by_language.tsv', 'lines'],
    ['tinyshakespeare.txt', 'stream'],
    ['warpeace_en.txt', 'stream'],
    ['alice_en.txt', 'stream'],
    ['quijote_es.txt', 'stream'],
    ['hongloumeng_zh.txt', 'stream'],
    ['eng-hin_tatoeba.tsv', 'stream'],
  ])('%s is read as %s', async (file, mode) => {
    const corpus = await readCorpus([join(sharedData!, file)]);
    expect(corpus.mode).toBe(mode);
  });
});

describe('auto mode on the corpora of the project', () => {
  const modes: Record<string, string> = {
    'deep-learn-machine.txt': 'lines',
    'terms.txt': 'lines',
    'rivers.txt': 'lines',
    'lighthouse.txt': 'stream',
    'three-sentences.txt': 'stream',
  };
  const texts = readdirSync(corpora).filter((file) => file.endsWith('.txt'));
  it('names every corpus', () => {
    expect(Object.keys(modes).sort()).toEqual(texts.sort());
  });

  it.for(texts)('%s', (file) => {
    const { mode, reason } = judgeMode(readFileSync(join(corpora, file), 'utf8'), true);
    expect(`${mode}: ${reason}`).toMatch(new RegExp(`^${modes[file]}: `));
  });

  it('reads the source code of the project as a stream', () => {
    const folder = join(corpora, '..', 'src', 'text');
    for (const file of readdirSync(folder)) {
      expect(`${file}: ${judgeMode(readFileSync(join(folder, file), 'utf8'), true).mode}`).toBe(`${file}: stream`);
    }
  });
});
