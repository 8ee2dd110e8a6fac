import { afterAll, describe, expect, test } from 'vitest';
import { judgePairs } from '../../src/text/judge-pairs.ts';
import { file, removeFolders, temporaryFolder } from '../helpers/cli.ts';

afterAll(removeFolders);

/** `count` pairs whose targets go round a list of `labels` different ones. */
const labelled = (count: number, labels: number) =>
  Array.from({ length: count }, (_, at) => `word ${at}\tlabel ${at % labels}\n`).join('');

const judge = (content: string | Uint8Array, reading = {}, name = 'list.tsv') =>
  judgePairs([file(temporaryFolder(), name, content)], reading);

describe('judgePairs', () => {
  test.each([
    ['one label', 1, 10, 'classify'],
    ['labels seen ten times', 100, 1000, 'classify'],
    ['labels seen fewer than ten times', 100, 999, 'transduce'],
    ['as many labels as there may be', 1000, 10_000, 'classify'],
    ['one label more', 1001, 20_020, 'transduce'],
    ['a single pair', 1, 1, 'transduce'],
  ])('%s', async (_, labels, count, task) => {
    expect(await judge(labelled(count, labels))).toMatchObject({ task });
  });

  test('the unit of the target decides where it is given', async () => {
    const few = labelled(40, 2);
    expect(await judge(few, { targetUnit: 'token' })).toMatchObject({ task: 'transduce' });
    expect(await judge('a\tb\n', { targetUnit: 'field' })).toMatchObject({ task: 'classify' });
  });

  test('reads the columns that are asked for', async () => {
    expect(await judge(labelled(40, 2), { columns: [2, 1] })).toMatchObject({ task: 'transduce' });
  });

  test('says nothing of lines that lack a column, and refuses a list of such lines', async () => {
    const few = `${labelled(40, 2)}${'a\tb\tc\n'.repeat(40)}`;
    expect(await judge(few, { columns: [1, 3] })).toMatchObject({ task: 'classify', reason: 'all targets are equal' });
    await expect(judge(labelled(40, 2), { columns: [1, 5] })).rejects.toThrow(
      /list\.tsv: line 1: has 2 columns, and a pair needs column 5; write source, tab, target$/,
    );
  });

  test('takes CRLF, a byte order mark, empty lines and a name in capitals', async () => {
    expect(await judge(`\ufeff${labelled(40, 2).replaceAll('\n', '\r\n\r\n')}`, {}, 'LIST.TSV')).toMatchObject({
      task: 'classify',
    });
  });

  test('reads UTF-16 as it will be read, unless symbols are bytes', async () => {
    const content = Buffer.from(`\ufeff${labelled(40, 2)}`, 'utf16le');
    expect(await judge(content)).toMatchObject({ task: 'classify' });
    expect(await judge(content, { sourceUnit: 'byte' })).toMatchObject({ task: undefined });
  });

  test.each([
    ['another name', 'a\tb\n', 'list.txt'],
    ['no name', 'a\tb\n', 'tsv'],
    ['nothing', '', 'list.tsv'],
    ['blank lines', '\n\n', 'list.tsv'],
  ])('is a text, without a word: %s', async (_, content, name) => {
    expect(await judge(content, {}, name)).toEqual({ task: undefined });
  });

  test('says which line makes a .tsv a text', async () => {
    expect((await judge('a\tb\nc d\n')).reason).toMatch(/list\.tsv: line 2 has no tab$/);
    expect((await judge(Buffer.from([0x61, 9, 0x62, 10, 0xff, 9, 0x62, 10]))).reason).toMatch(/line 2 is not UTF-8$/);
  });

  test('hints at tags where every target is as long as its source', async () => {
    const aligned = async (content: string, reading = {}) => (await judge(content, reading)).alignedUnit;
    expect(await aligned('añb\tXYZ\nab\tXY\n')).toBe('codepoint');
    expect(await aligned('the cat\tD N\nit\tP\n')).toBe('token');
    expect(await aligned('a b\tx y\n', { sourceUnit: 'token', targetUnit: 'token' })).toBe('token');
    expect(await aligned('the cat\tD N\n', { sourceUnit: 'codepoint' })).toBeUndefined();
    expect(await aligned('ab\tXY\nabc\tXY\n')).toBeUndefined();
    expect(await aligned('a\tX\nb\tY\n')).toBeUndefined(); // one symbol each: a label as well
  });
});
