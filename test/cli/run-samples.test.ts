import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { hasTerminals, onTerminal, plain } from '../helpers/terminal.ts';

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
  file(folder, 'prose.txt', PROSE);
  file(folder, 'bytes.txt', Buffer.from('caf\u00e9\n'.repeat(40), 'latin1'));
  file(folder, 'pairs.tsv', 'ab\tba\ncd\tdc\n'.repeat(20));
});
afterAll(removeFolders);

const train = (text: string, out: string, ...args: string[]) =>
  rnn(['train', text, '--out', out, '--steps', '9', '--dropout', '0.2', ...TINY, ...args], { cwd: folder });

/** The events of a kind that `--json` printed. */
function eventsOf(stdout: string, type: string): Record<string, unknown>[] {
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return events.filter((event) => event.type === type);
}

test('samples show in the log while a model trains, and change no byte of its files', async () => {
  const sampled = await train('prose.txt', 'sampled.json', '--sample-every', '4');
  expect(sampled.status).toBe(0);
  expect(sampled.stdout).toBe('sampled.json\n');
  const shown = sampled.stderr.split('\n').filter((line) => line.startsWith('sample at step'));
  expect(shown.map((line) => /^sample at step (\d): .{60}…$/u.exec(line)?.[1])).toEqual(['4', '8']);
  expect((await train('prose.txt', 'plain.json')).status).toBe(0);
  for (const ending of ['.json', '.last.json']) {
    const [one, other] = ['sampled', 'plain'].map((name) => readFileSync(join(folder, name + ending), 'utf8'));
    expect(one).toBe(other);
  }
});

test('samples are events of --json, with their bytes where symbols are bytes', async () => {
  const args = ['--sample-every', '3', '--unit', 'byte', '--quiet', '--json'];
  const { stdout, stderr } = await train('bytes.txt', 'bytes.json', ...args);
  expect(stderr).toBe('');
  const samples = eventsOf(stdout, 'sample');
  expect(samples.map(({ step }) => step)).toEqual([3, 6]);
  for (const { samples: texts } of samples as { samples: { text: string; base64: string; stopped: boolean }[] }[]) {
    expect(texts).toHaveLength(2); // a model of lines
    for (const { text, base64 } of texts) {
      const bytes = Buffer.from(base64, 'base64');
      expect(bytes.toString()).toBe(text);
      expect([...bytes].every((byte) => [0x63, 0x61, 0x66, 0xe9].includes(byte))).toBe(true);
    }
  }
});

test('a run that is resumed may show samples', async () => {
  await train('prose.txt', 'resumed.json');
  const args = ['--resume', 'resumed.last.json', '--steps', '12', '--sample-every', '5', '--json', '--quiet'];
  const { status, stdout } = await rnn(['train', 'prose.txt', ...args], { cwd: folder });
  expect({ status, steps: eventsOf(stdout, 'sample').map(({ step }) => step) }).toEqual({ status: 0, steps: [10] });
});

test('models of pairs write nothing without a source: samples are refused', async () => {
  const { status, stderr } = await train('pairs.tsv', 'pairs.json', '--sample-every', '4', '--task', 'transduce');
  expect({ status, stderr }).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/--sample-every is for a model of texts/),
  });
});

test.runIf(hasTerminals)('beside a bar, a sample is a line of its own', async () => {
  const args = ['train', 'prose.txt', '--out', 'bar.json', '--steps', '9', '--sample-every', '4', ...TINY];
  const { stdout } = await onTerminal(args, { cwd: folder });
  expect(plain(stdout)).toMatch(/(?:\r\n|\r)sample at step 4: .{60}…\r\n/u);
});
