import { afterAll, expect, test } from 'vitest';
import { corpus, file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

afterAll(removeFolders);

test('what would take more memory than there is is refused in a line, before the memory is taken', async () => {
  const cwd = temporaryFolder();
  file(cwd, 'text.txt', PROSE);
  const trained = await rnn(['train', 'text.txt', '--out', 'm.json', '--steps', '2', ...TINY], { cwd });
  expect(trained.status).toBe(0);
  const model = ['--checkpoint', 'm.json'];
  const most = '1000000000';
  for (const [args, said] of [
    [['gradflow', corpus('rivers.txt'), '--fresh', '--hidden', '32768', '--layers', '64'], /has \d+ parameters, .*can/],
    [['bptt', 'abc', '--fresh', '--hidden', '32768', '--layers', '64'], /has \d+ parameters, and one .* 100000000;/],
    [['bench', '--hidden', '32768', '--layers', '64', '--task', 'sample'], /has \d+ parameters, and one .* 100000000;/],
    [['corpus', 'xor', '--length', '999999999'], /the longest xor has a length of 1000000 \(bits\), not 999999999/],
    [
      ['sample', '--json', '--length', most, ...model],
      /--length 1000000000 is more than a text .* give 10000000 or less/,
    ],
    [['sample', '--unique', '--count', most, ...model], /--count 1000000000 is too much for --unique/],
    [['sample', '--independent', '--count', most, ...model], /--count must be a whole number from 1 to 1000000/],
    [['beam', '--prefix', 't', '--length', most, ...model], /It must be a whole number from 1 to 100000\./],
    [['beam', '--prefix', 't', '--k', '10001', ...model], /It must be a whole number from 1 to 10000\./],
    [['eval', 'text.txt', '--dynamic', '--dynamic-lr', '1e38', ...model], /the loss in the text is NaN.*--dynamic-lr/],
  ] as const) {
    const { status, stdout, stderr } = await rnn([...args], { cwd });
    const last = stderr.trimEnd().split('\n').at(-1)!;
    expect(last).toMatch(/^rnn: /);
    expect(last).toMatch(said);
    expect(last).not.toMatch('a fault of the program');
    expect({ args, stdout, failed: status > 0 }).toEqual({ args, stdout: '', failed: true });
  }
}, 120_000);
