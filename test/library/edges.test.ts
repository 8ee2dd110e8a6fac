import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import { completionLine, completionOf, jsonOf } from '../../src/cli/completions.ts';
import { readEscapes } from '../../src/cli/constraints.ts';
import { readPrompt } from '../../src/cli/prompts.ts';
import { frameOf } from '../../src/cli/separator.ts';
import { Stops } from '../../src/decoding/stops.ts';
import type { BeamRequest, SampleRequest } from '../../src/library/completion-options.ts';
import { evaluate } from '../../src/library/evaluate.ts';
import { knownLines } from '../../src/library/known-lines.ts';
import { LanguageModel, type SampledText } from '../../src/library/language-model.ts';
import {
  bytesOf,
  FILE,
  readingOf,
  readLines,
  readTexts,
  readWhole,
  stringOf,
  type Text,
  unescapeText,
} from '../../src/library/lines.ts';
import type { Checkpoint } from '../../src/nn/checkpoint.ts';
import { readCorpus } from '../../src/text/read-corpus.ts';
import type { TextUnit } from '../../src/text/symbols.ts';
import { textOf } from '../../src/text/text.ts';
import type { Vocabulary } from '../../src/text/vocabulary.ts';
import { uniformModel } from '../helpers/tiny-models.ts';

/**
 * The table of edges: every way in which text enters or leaves (a row) meets every kind of text (a column). The model of a column has
 * read a text of that kind. A text of the column is then given in every way, and the model must read the symbols that it was trained
 * on; or the model is made to write that text, which must come out in every way as it was.
 */
interface Column {
  /** What the model was trained on. */
  readonly trained: Uint8Array;
  readonly unit?: TextUnit;
  readonly minCount?: number;
  /** One line as a file has it, without its end, and the end that lines have in the files of this column. */
  readonly line: Text;
  readonly fileEnd: string;
  /** What stands at the start of a file. */
  readonly mark?: Uint8Array;
  /** The line as an option spells it. */
  readonly spelled: string;
  /** The labels of the symbols of the line, and of the line end. */
  readonly symbols: readonly string[];
  readonly end: readonly string[];
  /** Whether the line has a symbol outside the vocabulary: then it can be read, but not be asked for. */
  readonly unknown?: boolean;
}

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

const COLUMNS: Readonly<Record<string, Column>> = {
  LF: { trained: Buffer.from('ab\nba\n'), line: 'ab', fileEnd: '\n', spelled: 'ab', symbols: ['a', 'b'], end: ['\\n'] },
  'CR LF': {
    trained: Buffer.from('ab\r\nba\r\n'),
    line: 'ab',
    fileEnd: '\r\n',
    spelled: 'ab',
    symbols: ['a', 'b'],
    end: ['\\r', '\\n'],
  },
  'CR LF to a model of LF': {
    trained: Buffer.from('ab\nba\n'),
    line: 'ab',
    fileEnd: '\r\n',
    spelled: 'ab',
    symbols: ['a', 'b'],
    end: ['\\n'],
  },
  'LF to a model of CR LF': {
    trained: Buffer.from('ab\r\nba\r\n'),
    line: 'ab',
    fileEnd: '\n',
    spelled: 'ab',
    symbols: ['a', 'b'],
    end: ['\\r', '\\n'],
  },
  CR: { trained: Buffer.from('ab\rba\r'), line: 'ab', fileEnd: '\r', spelled: 'ab', symbols: ['a', 'b'], end: ['\\r'] },
  'a byte order mark': {
    trained: Buffer.concat([MARK, Buffer.from('a\ufeffb\n\ufeffba\n')]),
    line: '\ufeffab',
    fileEnd: '\n',
    mark: MARK,
    spelled: '\\u{feff}ab',
    symbols: ['\\ufeff', 'a', 'b'],
    end: ['\\n'],
  },
  'bytes that are not UTF-8': {
    trained: latin1('caf\xe9\nd\xe9fac\n'),
    unit: 'byte',
    line: latin1('caf\xe9'),
    fileEnd: '\n',
    spelled: 'caf\\xe9',
    symbols: ['c', 'a', 'f', '\\xe9'],
    end: ['\\n'],
  },
  'bytes cut within a character': {
    trained: Buffer.from('é\nè\n'),
    unit: 'byte',
    line: latin1('\xc3\xa9\xc3'),
    fileEnd: '\n',
    spelled: 'é\\xc3',
    symbols: ['\\xc3', '\\xa9', '\\xc3'],
    end: ['\\n'],
  },
  '<unk>': {
    trained: Buffer.from('aabb\nab\nz'),
    minCount: 2,
    line: 'aZ',
    fileEnd: '\n',
    spelled: 'aZ',
    symbols: ['a', '<unk>'],
    end: ['\\n'],
    unknown: true,
  },
  graphemes: {
    trained: Buffer.from('e\u0301a👩🏽\r\n🇫🇷e\u0301\r\n'),
    unit: 'grapheme',
    line: 'e\u0301🇫🇷',
    fileEnd: '\r\n',
    spelled: 'e\\u{301}🇫🇷',
    symbols: ['e\u0301', '🇫🇷'],
    end: ['\\r\\n'],
  },
  'a decomposed letter': {
    trained: Buffer.from('é\nè\n'),
    line: 'e\u0301',
    fileEnd: '\n',
    spelled: 'e\\u{301}',
    symbols: ['é'],
    end: ['\\n'],
  },
  escapes: {
    trained: Buffer.from('\\newpage\tq\n\\x\n'),
    line: '\\newpage\tq',
    fileEnd: '\n',
    spelled: '\\\\newpage\\t\\x71',
    symbols: ['\\', 'n', 'e', 'w', 'p', 'a', 'g', 'e', '\\t', 'q'],
    end: ['\\n'],
  },
};

const folder = mkdtempSync(join(tmpdir(), 'rnn-edges-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function fileOf(content: Uint8Array): string {
  const path = join(folder, `${++files}`);
  writeFileSync(path, content);
  return path;
}

async function vocabularyOf({ trained, unit, minCount }: Column): Promise<Vocabulary> {
  const { vocabulary } = await readCorpus([fileOf(trained)], { mode: 'stream', unit, minCount });
  return vocabulary;
}

/** A vocabulary of examples that have a line of their own between them, or, for `FILE`, a file each. */
async function vocabularyOfExamples({ trained, unit, minCount }: Column, separator: string): Promise<Vocabulary> {
  const reading = separator === FILE ? ({ mode: 'files' } as const) : { separator };
  const { vocabulary } = await readCorpus([fileOf(trained)], { ...reading, unit, minCount });
  return vocabulary;
}

/** Lines of their own between examples. */
const OWN_LINE = '\n%%\n';

/** Every symbol is as likely as every other: what it writes is decided by what is asked for. */
function uniform(vocabulary: Vocabulary): LanguageModel {
  const { config, parameters } = uniformModel(vocabulary.size);
  const checkpoint = { model: config, parameters, vocabulary: vocabulary.toJSON() } as unknown as Checkpoint;
  return new LanguageModel(checkpoint, 'uniform', 'js');
}

const labels = ({ vocabulary }: LanguageModel, ids: ArrayLike<number>) => Array.from(ids, (id) => vocabulary.label(id));

/** A file of two examples of the column: each is its line, twice. */
function fileOfExamples({ line, fileEnd, mark = new Uint8Array(0) }: Column): string {
  const [end, own] = [Buffer.from(fileEnd), Buffer.from('%%')];
  const example = Buffer.concat([bytesOf(line), end, bytesOf(line), end]);
  return fileOf(Buffer.concat([mark, example, own, end, example]));
}

/** The symbols of an example, whose last line has no end. */
const exampleSymbols = ({ symbols, end }: Column) => [...symbols, ...end, ...symbols];

/** A file of the column: its line, twice. */
function fileWith({ line, fileEnd, mark = new Uint8Array(0) }: Column): string {
  const end = Buffer.from(fileEnd);
  return fileOf(Buffer.concat([mark, bytesOf(line), end, bytesOf(line), end]));
}

const spelled = ({ spelled: text }: Column, { vocabulary }: LanguageModel) =>
  readEscapes('stop', text, vocabulary.unit);
const reading = ({ vocabulary }: LanguageModel) => ({ convert: vocabulary.unit !== 'byte' });

/** Makes the model write the line of a column: nothing else of that length is possible. */
function forced({ line, symbols }: Column, more: SampleRequest = {}): SampleRequest {
  return { contains: [line], length: symbols.length, ...more };
}

async function collected<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

async function everyOne<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

type Way = (column: Column, model: LanguageModel) => Promise<void>;

/** How text enters. */
const WAYS_IN: Readonly<Record<string, Way>> = {
  'a corpus that is evaluated': async (column, model) => {
    const { symbols, end } = column;
    // A corpus has no form of its own for letters: it is read as it is.
    if (column === COLUMNS['a decomposed letter']) {
      await expect(readCorpus([fileWith(column)], { vocabulary: model.vocabulary })).rejects.toThrow(
        'not in the vocabulary',
      );
      return;
    }
    const corpus = await readCorpus([fileWith(column)], { vocabulary: model.vocabulary });
    expect(labels(model, corpus.ids)).toEqual([...symbols, ...end, ...symbols, ...end]);
    expect((await evaluate(model, corpus)).symbols).toBe(2 * (symbols.length + end.length) - 1);
  },
  'a line that is scored': async (column, model) => {
    const lines = await collected(readLines(fileWith(column), reading(model)));
    const scores = model.scores(lines.map(({ text }) => text));
    expect(lines.map(({ number }) => number)).toEqual([1, 2]);
    for (const { ids, problem } of scores) {
      expect(problem).toBeUndefined();
      expect(labels(model, ids)).toEqual([...column.symbols, ...column.end]);
    }
  },
  'a whole text that is scored': async (column, model) => {
    const [score] = model.scores([await readWhole(fileWith(column), reading(model))], { whole: true });
    const once = [...column.symbols, ...column.end];
    expect(labels(model, score!.ids)).toEqual([...once, ...once]);
  },
  'examples with a separator, or a file each, in a corpus': async (column) => {
    if (column === COLUMNS['a decomposed letter']) return; // as above: a corpus is read as it is
    const model = uniform(await vocabularyOfExamples(column, OWN_LINE));
    const corpus = await readCorpus([fileOfExamples(column)], { vocabulary: model.vocabulary });
    const example = [...exampleSymbols(column), '<stop>'];
    expect(labels(model, corpus.ids)).toEqual(['<stop>', ...example, ...example]);
    const single = uniform(await vocabularyOfExamples(column, FILE));
    const two = await readCorpus([fileWith(column), fileWith(column)], { vocabulary: single.vocabulary });
    expect(labels(single, two.ids)).toEqual(['<stop>', ...example, ...example]);
  },
  'examples that are scored, one by one and in a whole text': async (column) => {
    const model = uniform(await vocabularyOfExamples(column, OWN_LINE));
    const texts = await collected(readTexts(fileOfExamples(column), readingOf(model.vocabulary)));
    const example = [...exampleSymbols(column), '<stop>'];
    expect(model.scores(texts.map(({ text }) => text)).map(({ ids }) => labels(model, ids))).toEqual([
      example,
      example,
    ]);
    const whole = await readWhole(fileOfExamples(column), readingOf(model.vocabulary));
    expect(labels(model, model.scores([whole], { whole: true })[0]!.ids)).toEqual([...example, ...example]);
  },
  'examples that are known': async (column) => {
    const model = uniform(await vocabularyOfExamples(column, OWN_LINE));
    const known = await knownLines([fileOfExamples(column)], model);
    expect(known.size).toBe(1);
    const [read] = await collected(readTexts(fileOfExamples(column), readingOf(model.vocabulary)));
    expect(known.has(bytesOf(model.vocabulary.read(read!.text)))).toBe(true);
  },
  'a file that is a prefix': async (column, model) => {
    const example = exampleSymbols(column);
    const prompt = await readPrompt(fileWith(column), model);
    expect(labels(model, model.vocabulary.encode(prompt))).toEqual([...example, ...column.end]);
    const ofExamples = uniform(await vocabularyOfExamples(column, OWN_LINE));
    const begun = await readPrompt(fileWith(column), ofExamples);
    expect(labels(ofExamples, ofExamples.vocabulary.encode(begun))).toEqual(example);
  },
  'standard input': async (column, model) => {
    const stdin = Readable.from(
      [...Buffer.concat([bytesOf(column.line), Buffer.from(column.fileEnd)])].map((byte) => Buffer.of(byte)),
    );
    const [line, ...more] = await collected(readLines('-', { ...reading(model), stdin }));
    expect(more).toEqual([]);
    // At the start of a stream U+FEFF is a mark.
    if (!column.mark) expect(Buffer.from(bytesOf(line!.text))).toEqual(Buffer.from(bytesOf(column.line)));
  },
  'a prefix, and a line of a prefix file': async (column, model) => {
    for (const prefix of [
      spelled(column, model),
      ...(await collected(readLines(fileWith(column), reading(model)))).map(({ text }) => text),
    ]) {
      expect(model.problemWith(prefix)).toBeUndefined();
      expect(labels(model, model.vocabulary.encode(prefix))).toEqual(column.symbols);
      const [found] = await model.beam(prefix, { k: 1, length: 1 });
      expect(found!.text).toBe(column.unit === 'byte' ? stringOf(found!.bytes!) : prefix + found!.completion);
      expect(Buffer.from(found!.bytes ?? bytesOf(found!.text)).subarray(0, bytesOf(prefix).length)).toEqual(
        Buffer.from(bytesOf(prefix)),
      );
    }
  },
  'a string that ends a text': async (column, model) => {
    const stops = () => Stops.of(model.vocabulary, [spelled(column, model)]);
    if (column.unknown) expect(stops).toThrow(/^"Z" \(U\+005A\) is not in the vocabulary/);
    else expect(labels(model, stops().strings[0]!)).toEqual(column.symbols);
  },
  'the end of a line that ends a text': async (column, model) => {
    const stop = readEscapes('stop', '\\n', model.vocabulary.unit);
    const [found] = await model.beam('', { stop: [stop], k: 100, length: column.end.length });
    expect(found).toMatchObject({ finished: true, completion: '', end: column.end.join('') });
  },
  'a text that is asked for': async (column, model) => {
    const contains = [spelled(column, model)];
    const drawing = model.sample({ contains, length: column.symbols.length }).next();
    if (column.unknown) await expect(drawing).rejects.toThrow(/^contains: no text of the model's/);
    else expect(labels(model, ((await drawing).value as SampledText).ids)).toEqual(column.symbols);
  },
  'symbols that are counted': async (column, model) => {
    const composed = column === COLUMNS['a decomposed letter'] ? { ...column, line: 'é' } : column;
    const corpus = await readCorpus([fileWith(composed)], { vocabulary: model.vocabulary });
    const counted = evaluate(model, corpus, { only: spelled(column, model) });
    if (column.unknown) await expect(counted).rejects.toThrow(/^only: "Z" \(U\+005A\) is not in the vocabulary/);
    else expect((await counted).symbols).toBe(2 * column.symbols.length - 1);
  },
  'known lines': async (column, model) => {
    const known = await knownLines([fileWith(column)], model);
    expect(known.size).toBe(1);
    if (column.unknown) return;
    await expect(model.sample(forced(column, { known })).next()).rejects.toThrow(/^0 of 1 texts/);
  },
};

/** How text leaves. What the model of `<unk>` writes is in a test of its own. */
const WAYS_OUT: Readonly<Record<string, Way>> = {
  'a text that is drawn': async (column, model) => {
    const { text, completion, bytes, ids } = (await model.sample(forced(column)).next()).value as SampledText;
    expect(labels(model, ids)).toEqual(column.symbols);
    expect(text).toBe(completion);
    expect(Buffer.from(bytes ?? text)).toEqual(asRead(column, model));
  },
  'a text that is drawn piece by piece': async (column, model) => {
    const pieces = await everyOne(model.streamBytes(forced(column)));
    expect(Buffer.concat(pieces)).toEqual(asRead(column, model));
  },
  'texts that differ': async (column, model) => {
    const drawing = everyOne(model.sample(forced(column, { count: 2, unique: true })));
    await expect(drawing).rejects.toThrow(/^1 of 2 texts/);
  },
  'texts of several lines, which are read again': async (column) => {
    for (const separator of [OWN_LINE, '|', '\0', FILE]) {
      const model = uniform(await vocabularyOfExamples(column, separator));
      const text = Buffer.concat([bytesOf(column.line), Buffer.from(column.fileEnd), bytesOf(column.line)]);
      const drawn = Buffer.from(bytesOf(model.vocabulary.read(textOf(text))));
      const { after } = frameOf(separator, model);
      const count = separator === FILE ? 1 : 3;
      const printed = Buffer.concat(Array.from({ length: count }, () => [drawn, bytesOf(after)]).flat());
      const texts = await collected(readTexts(fileOf(printed), readingOf(model.vocabulary)));
      // At the start of a file U+FEFF is a mark.
      const read = texts.map(({ text }, at) =>
        Buffer.concat([at === 0 && column.mark ? MARK : Buffer.of(), bytesOf(text)]),
      );
      expect(read).toEqual(Array.from({ length: count }, () => drawn));
    }
  },
  'a completion that is found, as a field and as JSON': async (column, model) => {
    const [found] = (await model.beam('', { ...forced(column), k: 2000 })).map(completionOf);
    expect(Buffer.from(found!.bytes ?? found!.text)).toEqual(asRead(column, model));
    const [field] = completionLine(found!).split('\t');
    expect(field).not.toMatch(/[\n\r]/);
    expect(Buffer.from(bytesOf(unescapeText(field!, model.vocabulary.unit)))).toEqual(asRead(column, model));
    const json = JSON.parse(JSON.stringify(jsonOf(found!))) as { text: string; base64?: string };
    const exact = json.base64 === undefined ? Buffer.from(json.text) : Buffer.from(json.base64, 'base64');
    expect(exact).toEqual(asRead(column, model));
  },
};

/** The bytes of the line, as the vocabulary has its letters. */
function asRead({ line }: Column, { vocabulary }: LanguageModel): Buffer {
  return Buffer.from(bytesOf(vocabulary.read(line)));
}

describe.each(Object.entries(COLUMNS))('%s', (_name, column) => {
  test.each(Object.entries({ ...WAYS_IN, ...(column.unknown ? {} : WAYS_OUT) }))('%s', async (_way, check) => {
    await check(column, uniform(await vocabularyOf(column)));
  });
});

test('<unk> is written only where it is allowed', async () => {
  const model = uniform(await vocabularyOf(COLUMNS['<unk>']!)); // <unk> a b \n
  const texts = async (request: SampleRequest) =>
    (await everyOne(model.sample({ count: 50, length: 10, ...request }))).map(({ text }) => text).join('');
  const found = async (request: BeamRequest) =>
    (await model.beam('', { k: 50, length: 3, ...request })).map(({ text }) => text).join('');
  for (const request of [{}, { match: '.*' }, { forbid: 'a' }, { contains: ['a'] }, { noRepeat: 6 }]) {
    expect(await texts(request)).not.toContain('\ufffd');
    expect(await found(request)).not.toContain('\ufffd');
    expect(await texts({ ...request, unknown: true })).toContain('\ufffd');
    expect(await found({ ...request, unknown: true })).toContain('\ufffd');
  }
  expect(await texts({ temperature: 0 })).not.toContain('\ufffd');
});
