import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { type Corpus, corpusFromText } from '../../src/text/corpus.ts';
import { type FileOptions, readCorpus } from '../../src/text/read-corpus.ts';
import { CHARACTER_UNITS } from '../../src/text/symbols.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';
import { messageOf, orSkipped, sharedData } from './shared.ts';

const folder = mkdtempSync(join(tmpdir(), 'rnn-corpus-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileOf(content: string | number[]): string {
  const path = join(folder, `${files++}.txt`);
  writeFileSync(path, typeof content === 'string' ? content : Uint8Array.from(content));
  return path;
}

function read(contents: (string | number[])[], options: FileOptions = {}): Promise<Corpus> {
  return readCorpus(contents.map(fileOf), options);
}

/** The ids as text, `<stop>` shown as |. */
function shown({ ids, vocabulary }: Corpus): string {
  return Array.from(ids, (id) => (id === vocabulary.stop ? '|' : vocabulary.decode([id]))).join('');
}

describe('symbols that a given vocabulary does not have', () => {
  const vocabularyOf = (text: string, mode: 'stream' | 'lines') => corpusFromText(text, { mode }).vocabulary;

  it('are left out where that is asked for, and with them a line of nothing else', () => {
    const lines = { vocabulary: vocabularyOf('ab\nba', 'lines'), leaveOutUnknown: true };
    const corpus = corpusFromText('xaxb\nxx\nb', lines);
    expect(shown(corpus)).toBe('|ab|b|');
    expect([...corpus.lineStarts!]).toEqual([1, 4, 6]);
    expect(corpus.leftOut).toEqual({ count: 4, symbols: ['"x" (U+0078)'] });
    const stream = { vocabulary: vocabularyOf('ab\n', 'stream'), leaveOutUnknown: true };
    expect(shown(corpusFromText('xaxb\nxx\nb', stream))).toBe('ab\n\nb');
    expect(corpusFromText('ab', stream).leftOut).toBeUndefined();
    expect(() => corpusFromText('x', lines)).toThrow(/is not in the vocabulary/);
    expect(() => corpusFromText('x', { ...lines, leaveOutUnknown: false })).toThrow(/not in the vocabulary/);
  });
});

describe('readCorpus', () => {
  it('reads a stream as it is', async () => {
    const corpus = await read(['ab\r\n\nba'], { mode: 'stream' });
    expect(shown(corpus)).toBe('ab\r\n\nba');
    expect([...corpus.ids]).toEqual([2, 3, 1, 0, 0, 3, 2]);
    expect(corpus.lineStarts).toBeUndefined();
    expect(corpus.modeReason).toBe('as asked for');
  });

  it('reads lines between stops, without empty ones and CR', async () => {
    const corpus = await read(['deep\r\n\r\nlearn\n\n\nmachine'], { mode: 'lines' });
    expect(shown(corpus)).toBe('|deep|learn|machine|');
    expect([...corpus.lineStarts!]).toEqual([1, 6, 12, 20]);
    expect(corpus.vocabulary.id('\r')).toBeUndefined();
    expect(corpus.vocabulary.id('\n')).toBeUndefined();
    const { ids, lineStarts } = corpus;
    expect(corpus.vocabulary.decode(ids.subarray(lineStarts![1], lineStarts![2]))).toBe('learn');
  });

  it.each(CHARACTER_UNITS)('drops one CR before a line end only, by %s', async (unit) => {
    const corpus = await read(['a\rb\r\r\nc\r\n\rd\r'], { mode: 'lines', unit });
    expect(shown(corpus)).toBe('|a\rb\r|c|\rd|');
  });

  it.each(CHARACTER_UNITS)('counts stops, not lines of nothing, by %s', async (unit) => {
    const corpus = await read(['\n\r\na\n', '\r', 'b'], { mode: 'lines', unit });
    expect(shown(corpus)).toBe('|a|b|');
    expect(corpus.lineStarts).toHaveLength(3);
  });

  it('joins files as they are in a stream, and ends their lines in lines', async () => {
    expect(shown(await read(['ab', 'cd\n', 'e'], { mode: 'stream' }))).toBe('abcd\ne');
    expect(shown(await read(['ab', 'cd\n', 'e'], { mode: 'lines' }))).toBe('|ab|cd|e|');
    expect((await read(['ae', '\u0301b'], { mode: 'stream', unit: 'grapheme' })).ids).toHaveLength(3);
    expect(shown(await read(['ae', '\u0301b'], { mode: 'lines', unit: 'grapheme' }))).toBe('|ae|\u0301b|');
  });

  it('chooses the mode over all files together', async () => {
    const corpus = await read(['deep', 'learn'], {});
    expect(shown(corpus)).toBe('|deep|learn|');
    expect(corpus.modeReason).toContain('2 short lines');
    expect((await read(['deep'])).mode).toBe('stream');
  });

  it('judges by the first MiB and reads all', async () => {
    const text = `${'word\n'.repeat(250_000)}last\n`;
    const corpus = await read([text], { pieceBytes: 4096 });
    expect(corpus.modeReason).toMatch(/^it begins with 209,\d\d\d short lines/);
    expect(corpus.lineStarts).toHaveLength(250_002);
    expect(corpus.ids).toHaveLength(text.length + 1);
  });

  it('drops a byte order mark at the start of a file, and nowhere else', async () => {
    for (const pieceBytes of [1, 2, 3, 4, 100]) {
      for (const unit of CHARACTER_UNITS) {
        const corpus = await read(['\ufeffa', '\ufeffb\ufeff'], { mode: 'stream', unit, pieceBytes });
        expect(shownText(corpus)).toBe('ab\ufeff');
        expect(corpus.bytes).toBe(11);
        expect(corpus.characters).toBe(3);
      }
      expect(shown(await read(['\uff21'], { mode: 'stream', pieceBytes }))).toBe('\uff21');
    }
    expect((await read([[0xef, 0xbb]], { mode: 'stream', unit: 'byte' })).ids).toHaveLength(2);
  });

  it('reports bytes, characters and the hash of the bytes', async () => {
    const corpus = await read(['né\n', 'x'], { mode: 'lines' });
    expect([corpus.bytes, corpus.characters, corpus.sources.length]).toEqual([5, 4, 2]);
    expect(corpus.hash).toBe(createHash('sha256').update('né\nx').digest('hex'));
    expect((await read(['né\n', 'x'], { mode: 'lines', unit: 'byte' })).characters).toBe(4);
  });

  it('reads standard input, in pieces that cut characters', async () => {
    const bytes = new TextEncoder().encode('né€😀');
    const stdin = Readable.from(Array.from(bytes, (byte) => Buffer.of(byte)));
    const corpus = await readCorpus(['-'], { stdin, mode: 'stream' });
    expect(shown(corpus)).toBe('né€😀');
  });

  it('makes rare symbols <unk>', async () => {
    const corpus = await read(['aabbc'], { mode: 'stream', minCount: 2 });
    expect([...corpus.ids]).toEqual([1, 1, 2, 2, 0]);
    expect(corpus.vocabulary.unknown).toBe(0);
  });

  it('goes from 8 to 16 to 32 bits as symbols appear, and back where rare ones are dropped', async () => {
    const many = (n: number) => Array.from({ length: n }, (_, i) => String.fromCodePoint(0x10000 + i)).join('');
    for (const [n, width] of [
      [256, 1],
      [257, 2],
      [65_536, 2],
      [65_537, 4],
    ] as const) {
      const text = `${many(n)}${many(n)}`;
      const corpus = await read([text], { mode: 'stream', pieceBytes: 1000 });
      expect([n, corpus.ids.BYTES_PER_ELEMENT]).toEqual([n, width]);
      expect(corpus.vocabulary.size).toBe(n);
      expect(corpus.ids.every((id, i) => id === i % n)).toBe(true);
    }
    const stopped = await read([many(256)], { mode: 'lines' });
    expect([stopped.ids.BYTES_PER_ELEMENT, stopped.ids[0], stopped.ids[256], stopped.ids[257]]).toEqual([2, 0, 256, 0]);
    expect((await read([`${many(300)}abab${many(300)}ab`], { mode: 'stream', minCount: 3 })).ids).toBeInstanceOf(
      Uint8Array,
    );
  });

  it('reads the same whatever the pieces, the unit and the mode', async () => {
    const part = fc.constantFrom('a', 'b', '\r', '\n', 'é', 'e\u0301', '中', '👩🏽', '\ufeff', '🇫🇷');
    const text = fc.array(part, { minLength: 1, maxLength: 30 }).map((parts) => `x${parts.join('')}`);
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom(...CHARACTER_UNITS),
        fc.constantFrom('stream', 'lines'),
        fc.integer({ min: 1, max: 7 }),
        async (whole, unit, mode, pieceBytes) => {
          const stdin = Readable.from(piecesOf(Buffer.from(whole), pieceBytes));
          const corpus = await readCorpus(['-'], { stdin, unit, mode: mode as 'stream' });
          const expected =
            mode === 'stream'
              ? whole
              : whole
                  .split(whole.includes('\n') ? '\n' : '\r')
                  .map((line) => line.replace(/\r$/, ''))
                  .filter((line) => line !== '')
                  .join('\n');
          expect(shownText(corpus)).toBe(expected);
          const direct = corpusFromText(whole, { unit, mode: mode as 'stream' });
          expect(direct.ids).toEqual(corpus.ids);
          expect(direct.hash).toBe(corpus.hash);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads with a vocabulary that was made before', async () => {
    const { vocabulary } = await read(['cab\n', 'x\n'], { mode: 'lines' });
    const saved = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
    const corpus = await read(['ba c'.replace(' ', '\n')], { vocabulary: saved });
    expect(shown(corpus)).toBe('|ba|c|');
    expect(corpus.vocabulary).toBe(saved);
    expect([...corpus.ids]).toEqual([0, 2, 1, 0, 3, 0]);
    expect(await messageOf(() => read(['a\nö', 'ü'], { vocabulary: saved }))).toMatch(
      /\.txt: "ö" \(U\+00F6\) and 1 other symbol are not in the vocabulary/,
    );
    expect(await messageOf(() => read(['a'], { vocabulary: saved, mode: 'stream' }))).toContain(
      "can't be read in stream mode",
    );
    const wide = corpusFromText(Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(''));
    expect([...(await read(['\u4f2b'], { vocabulary: wide.vocabulary })).ids]).toEqual([299]);
  });
});

describe('readCorpus refuses, in a line that names the file and says what to do', () => {
  it.each<[string, (string | number[])[] | string[], FileOptions, RegExp]>([
    ['an empty file', [''], {}, /0?\.txt: is empty; give a text/],
    ['nothing but a mark', ['\ufeff'], {}, /\.txt: holds no text/],
    ['empty lines', ['\n\r\n\n'], { mode: 'lines' }, /\.txt: has empty lines only/],
    [
      'malformed UTF-8',
      [[0x61, 0x62, 0xe9, 0x20]],
      {},
      /^\S+\.txt: not UTF-8: byte 0xE9 at offset 2: .*read its bytes as symbols with unit byte$/,
    ],
    ['malformed UTF-8 after a mark', [[0xef, 0xbb, 0xbf, 0xff]], {}, /byte 0xFF at offset 3/],
    [
      'malformed UTF-8 after a mark, where another file follows before the mode is known',
      [[0xef, 0xbb, 0xbf, 0x61, 0xff], 'abc'],
      {},
      /byte 0xFF at offset 4/,
    ],
    ['a mark cut off', [[0xef, 0xbb]], {}, /byte 0xEF at offset 0: the text ends/],
    ['a character parted by two files', [[0x61, 0xc3], [0xa9]], {}, /byte 0xC3 at offset 1: the text ends/],
    ['a malformed second file', ['abc', [0xff]], {}, /byte 0xFF at offset 0/],
    ['too many bytes', ['abc'], { maxBytes: 2 }, /\.txt: the text has more than 2 bytes/],
    ['a minimum count nothing reaches', ['abc'], { minCount: 2 }, /no symbol occurs 2 times/],
  ])('%s', async (_, contents, options, message) => {
    for (const pieceBytes of [1, 2, 1000]) {
      const act = () => read(contents, { ...options, pieceBytes });
      expect(await messageOf(act)).toMatch(message);
      expect(await messageOf(act)).not.toContain('\n');
      await expect(act()).rejects.toBeInstanceOf(UserError);
    }
  });

  it('what is not there, a folder, and nothing', async () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    expect(await messageOf(() => readCorpus([inner]))).toBe(
      `${inner}: is a directory; give a text file, or - for standard input`,
    );
    expect(await messageOf(() => readCorpus([join(folder, 'none')]))).toMatch(/none: no such file; /);
    expect(await messageOf(() => readCorpus([fileOf('a'), `${fileOf('a')}/b`]))).toMatch(/b: cannot be read: ENOTDIR/);
    expect(await messageOf(() => readCorpus([]))).toContain('no text given');
    expect(await messageOf(() => readCorpus(['-', '-']))).toContain('only once');
    const empty = () => readCorpus(['-'], { stdin: Readable.from([]) });
    expect(await messageOf(empty)).toMatch(/^standard input: is empty/);
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('a');
        throw new Error('the line broke');
      })(),
    );
    expect(await messageOf(() => readCorpus(['-'], { stdin: broken }))).toBe(
      'standard input: cannot be read: the line broke',
    );
  });
});

describe(`readCorpus on real texts${orSkipped}`, () => {
  it.skipIf(!sharedData).each([
    ['tinyshakespeare.txt', 1_115_394, 65],
    ['names.txt', 228_145, 27],
    ['warpeace_en.txt', 3_208_235, 104],
    ['quijote_es.txt', 2_097_953, 91],
    ['hongloumeng_zh.txt', 878_935, 4_435],
  ])('%s has %i characters, %i of them distinct', async (file, characters, distinct) => {
    const path = join(sharedData!, file);
    const corpus = await readCorpus([path]);
    const newline = Number(corpus.mode === 'lines'); // `<stop>` stands for it
    expect([corpus.characters, corpus.vocabulary.size]).toEqual([characters, distinct]);
    if (!newline) expect(corpus.vocabulary.decode(corpus.ids)).toBe(readFileSync(path, 'utf8'));
  });
});

function shownText(corpus: Corpus): string {
  const { ids, vocabulary, lineStarts } = corpus;
  if (!lineStarts) return vocabulary.decode(ids);
  const lines = Array.from({ length: lineStarts.length - 1 }, (_, i) => ids.subarray(lineStarts[i], lineStarts[i + 1]));
  return lines.map((line) => vocabulary.decode(line)).join('\n');
}

function piecesOf(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

it('names standard input by its name in remarks', async () => {
  const stdin = Readable.from([Buffer.from('one\rtwo\r')]);
  const { remarks } = await readCorpus(['-'], { stdin, mode: 'stream' });
  expect(remarks).toEqual(['standard input: lines end in CR alone, as on old Macs']);
});
