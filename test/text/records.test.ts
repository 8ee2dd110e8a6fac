import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Corpus, type CorpusOptions, corpusFromText } from '../../src/text/corpus.ts';
import { readTexts } from '../../src/text/line-reader.ts';
import { readCorpus } from '../../src/text/read-corpus.ts';
import { RecordAssembly, RecordSplitter, separatorOf, splitTexts } from '../../src/text/records.ts';
import { CHARACTER_UNITS } from '../../src/text/symbols.ts';
import { bytesOf } from '../../src/text/text.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';

const folder = mkdtempSync(join(tmpdir(), 'rnn-records-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileOf(content: string | Uint8Array): string {
  const path = join(folder, `${++files}`);
  writeFileSync(path, content);
  return path;
}

/** The ids as text, `<stop>` shown as |. */
function shown({ ids, vocabulary }: Corpus): string {
  return Array.from(ids, (id) => (id === vocabulary.stop ? '|' : vocabulary.decode([id]))).join('');
}

/** The examples of a text that comes in pieces. */
function inPieces(text: string, separator: string, size: number): string[] {
  const splitter = new RecordSplitter(separator);
  const assembly = new RecordAssembly();
  const bytes = Buffer.from(text);
  const parts = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(...splitter.write(bytes.subarray(at, at + size)));
  parts.push(...splitter.end());
  // Nothing is lost: the parts and what is left out are the text.
  expect(Buffer.concat(parts.flatMap(({ bytes, left }) => [bytes, left])).toString()).toBe(text);
  return parts.flatMap((part) => assembly.add(part) ?? []).map((bytes) => Buffer.from(bytes).toString());
}

describe('the examples of a text', () => {
  it.each([
    ['one\ntwo\n\nthree\n', '\n\n', ['one\ntwo', 'three']],
    ['\n\none\n\n\n\n\ntwo\n\n', '\n\n', ['one', 'two']],
    ['one\r\ntwo\r\n\r\nthree\r\n', '\n\n', ['one\r\ntwo', 'three']],
    ['one\rtwo\r\rthree\r', '\n\n', ['one\rtwo', 'three']],
    ['a\r\rb\n\nc', '\n\n', ['a\r\rb', 'c']],
    ['one\n%\ntwo\n%\n', '\n%\n', ['one', 'two']],
    ['one%\n\n', '%', ['one', '\n']],
    ['one<|end|>two<|end|>\n', '<|end|>', ['one', 'two']],
    ['(a)*(b)*', ')*', ['(a', '(b']],
    ['a\0b\n\0', '\0', ['a', 'b\n']],
    ['é–è–', '–', ['é', 'è']],
    ['a\n\nb\n\n', '', ['a\n\nb\n']],
    ['a\n\nb\r\n', '', ['a\n\nb']],
    ['\n\n\n', '\n\n', []],
    ['', '%', []],
  ])('of %j, separated by %j', (text, separator, examples) => {
    expect(splitTexts(text, separator)).toEqual(examples);
    // As long as no LF has come, a CR may be a line end.
    const sizes = text.includes('\r\rb') ? [1000] : [1, 2, 3, 1000];
    for (const size of sizes) expect(inPieces(text, separator, size)).toEqual(examples);
  });

  it('are those of a naive program', () => {
    const separators = fc.constantFrom('%', '\n%\n', '\n\n', '\n', ', ', '\0', 'aa');
    const texts = fc.array(fc.constantFrom('a', 'b', '\n', '%', ',', ' ', '\0', 'é')).map((all) => all.join(''));
    fc.assert(
      fc.property(texts, separators, fc.integer({ min: 1, max: 9 }), (text, separator, size) => {
        const isBlank = /^\n+$/.test(separator);
        const found = text.split(separator).map((each) => (isBlank ? each.replace(/^\n+/, '') : each));
        found.push(found.pop()!.replace(/\n$/, ''));
        const expected = found.filter((each) => each !== '');
        expect(splitTexts(text, separator)).toEqual(expected);
        if (separator !== '\n') expect(inPieces(text, separator, size)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('are answered as soon as they are whole', () => {
    const splitter = new RecordSplitter('\n\n');
    expect(splitter.write(Buffer.from('one\n')).some(({ ends }) => ends)).toBe(false);
    expect(splitter.write(Buffer.from('\n')).some(({ ends }) => ends)).toBe(true);
  });

  it('have a separator in which CR LF is a newline, and bytes only where they must be', () => {
    expect(separatorOf('\r\n\r\n')).toBe('\n\n');
    expect(separatorOf(Buffer.from('\r\n'))).toBe('\n');
    expect(Buffer.from(bytesOf(separatorOf(Buffer.of(0xff, 0x0d, 0x0a))))).toEqual(Buffer.of(0xff, 0x0a));
  });
});

describe('a corpus of examples', () => {
  const POEMS = 'a b\nc\n\nb\nba\n\n\nc\n';

  it.each(CHARACTER_UNITS)('has a <stop> after each, by %s, in pieces of any size', async (unit) => {
    for (const pieceBytes of [1, 2, 5, 1000]) {
      const corpus = await readCorpus([fileOf(POEMS)], { separator: '\n\n', unit, pieceBytes });
      expect(shown(corpus)).toBe('|a b\nc|b\nba|c|');
      expect([...corpus.lineStarts!]).toEqual([1, 7, 12, 14]);
      expect(corpus).toMatchObject({ mode: 'lines', characters: POEMS.length, remarks: [] });
      expect(corpus.vocabulary).toMatchObject({ layout: 'records', separator: '\n\n', lineEnd: '\n' });
    }
  });

  it('has tokens, too', () => {
    const corpus = corpusFromText('a  b\nc\n%\nb a\n', { separator: '\n%\n', unit: 'token' });
    expect(Array.from(corpus.ids, (id) => corpus.vocabulary.label(id))).toEqual(
      '<stop> a b \\n c <stop> b a <stop>'.split(' '),
    );
  });

  it('has one of each file', async () => {
    const contents = ['\ufeffa\n\nb\n', 'c\n', '', 'a'];
    const corpus = await readCorpus(contents.map(fileOf), { mode: 'files' });
    expect(shown(corpus)).toBe('|a\n\nb|c|a|');
    expect(corpus.vocabulary.separator).toBe('');
  });

  it('ends an example where a file ends', async () => {
    expect(shown(await readCorpus([fileOf('a%b'), fileOf('c%')], { separator: '%' }))).toBe('|a|b|c|');
  });

  it('is read again by its own vocabulary, from its JSON, and with other line ends', () => {
    const { vocabulary } = corpusFromText(POEMS, { separator: '\n\n' });
    const again = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
    const other = corpusFromText(POEMS.replaceAll('\n', '\r\n'), { vocabulary: again });
    expect(shown(other)).toBe('|a b\nc|b\nba|c|');
    expect(other.remarks).toEqual(['text: lines end in CR LF; read as LF, as the model’s text has it']);
    const extended = corpusFromText('d\n\na\nb', { vocabulary: again, extend: true });
    expect(shown(extended)).toBe('|d|a\nb|');
    expect(extended.vocabulary).toMatchObject({ separator: '\n\n', lineEnd: '\n' });
  });

  it('keeps a separator of bytes that are not UTF-8', async () => {
    const separator = Buffer.of(0xff);
    const bytes = fileOf(Buffer.from('a\xffb\xe9\xff', 'latin1'));
    const corpus = await readCorpus([bytes], { separator, unit: 'byte' });
    const again = Vocabulary.fromJSON(JSON.parse(JSON.stringify(corpus.vocabulary)));
    expect(Buffer.from(bytesOf(again.separator))).toEqual(separator);
    const { ids } = await readCorpus([bytes], { vocabulary: again });
    expect([...ids]).toEqual([...corpus.ids]);
    expect(ids).toHaveLength(6);
  });

  it('says where a byte that is not UTF-8 stands, separators and mark included', async () => {
    const file = fileOf(Buffer.concat([Buffer.from('\ufeffab%%é%%'), Buffer.of(0xe9)]));
    await expect(readCorpus([file], { separator: '%%' })).rejects.toThrow('byte 0xE9 at offset 11:');
  });

  it('says that a separator does not occur', () => {
    expect(corpusFromText('a\nb\n', { separator: '\\n\\n' }).remarks).toEqual([
      'text: the separator does not occur, so each file is one example',
    ]);
  });

  it.each([
    [{ mode: 'stream', separator: '%' }, 'separator divides a text into examples, which mode stream does not'],
    [{ mode: 'files', separator: '%' }, 'separator divides a text into examples, which mode files does not'],
    [{ separator: '' }, 'separator must be'],
    [{ vocabulary: corpusFromText('a%b', { separator: '%' }).vocabulary, separator: '|' }, 'another separator'],
    [{ vocabulary: corpusFromText('a%b', { separator: '%' }).vocabulary, mode: 'files' }, 'leave out mode'],
    [{ vocabulary: corpusFromText('a\nb', { mode: 'lines' }).vocabulary, mode: 'files' }, 'leave out mode'],
  ] as [CorpusOptions, string][])('refuses %j', (options, why) => {
    expect(() => corpusFromText('a%b', options)).toThrow(why);
  });

  it('can be of lines, as without a separator', () => {
    const lines = corpusFromText('a\nb\n', { separator: '\n' });
    expect(lines.vocabulary.toJSON()).toEqual(corpusFromText('a\nb\n', { mode: 'lines' }).vocabulary.toJSON());
  });
});

describe('the texts of a file', () => {
  it('come with their numbers, in pieces of any size', async () => {
    const long = 'x'.repeat(70_000);
    const path = fileOf(`one\ntwo\n%\n${long}\n%\n\n%\nlast\n`);
    const texts = [];
    for await (const batch of readTexts(path, { separator: '\n%\n' })) texts.push(...batch);
    expect(texts.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(texts.map(({ text }) => text)).toEqual(['one\ntwo', long, 'last']);
  });
});
