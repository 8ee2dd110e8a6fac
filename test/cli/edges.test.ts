import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file, removeFolders, shell, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { hasTerminals, onTerminal } from '../helpers/terminal.ts';

/** What `rnn` does with text at its edges, from end to end; test/library/edges.test.ts has the whole table. */
const folder = temporaryFolder();
const NAMES = ['maria', 'jos\xe9', 'andr\xe9', 'no\xebl', 'ana', 'iv\xe1n'];

async function train(name: string, ...options: string[]): Promise<string> {
  const args = ['train', name, '--out', `${name}.json`, '--validation', '0', '--steps', '40', ...options, ...TINY];
  const { status, stderr } = await rnn(args, { cwd: folder });
  expect(status, stderr).toBe(0);
  return stderr;
}

const run = (args: string, input?: string | Uint8Array) =>
  rnn(args.split(' '), { cwd: folder, ...(input === undefined ? {} : { input }) });

beforeAll(async () => {
  file(folder, 'latin1', Buffer.from(`${NAMES.join('\n')}\n`.repeat(6), 'latin1'));
  await train('latin1', '--unit', 'byte', '--mode', 'lines');
});
afterAll(removeFolders);

describe('bytes that are not UTF-8', () => {
  test('are scored, sampled, and scored again', async () => {
    const scored = await run('score -c latin1.json latin1 --quiet');
    expect(scored).toMatchObject({ status: 0, stderr: '' });
    expect(scored.stdout).not.toContain('inf');
    expect(scored.stdout.split('\n')[1]).toMatch(/\tjos\\xe9$/);
    expect(await run('score -c latin1.json --whole latin1')).toMatchObject({ status: 0, stderr: '' });
    const pipe = await shell('rnn sample -c latin1.json -n 30 -s 1 | rnn score -c latin1.json', { cwd: folder });
    expect(pipe).toMatchObject({ statuses: '0 0', stderr: '' });
  });

  test('are prefixes, as an escape and in a file', async () => {
    const { stdout } = await run('sample -c latin1.json -p jos\\xe9 -n 1 -s 1 --json');
    const { base64 } = JSON.parse(stdout) as { base64: string };
    expect(Buffer.from(base64, 'base64').subarray(0, 4)).toEqual(Buffer.from('jos\xe9', 'latin1'));
    const found = await run('beam -c latin1.json --k 1 --prefix-file -', Buffer.from('jos\xe9\n', 'latin1'));
    expect(found).toMatchObject({ status: 0, stderr: '' });
    expect(found.stdout).toMatch(/^jos\\xe9\tjos\\xe9/);
  });

  test('are known lines', async () => {
    const line = Buffer.from('jos\xe9\n', 'latin1');
    const { status, stderr } = await rnn(
      ['sample', '-c', 'latin1.json', '-n', '1', '-l', '5', '--contains', 'jos\\xe9', '--novel', '-', '--quiet'],
      { cwd: folder, input: line },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^rnn: 0 of 1 texts/);
  });
});

test('UTF-16 is read, with a mark and without', async () => {
  const text = 'maria\njosé\nana\n'.repeat(20);
  for (const [name, mark] of [
    ['marked', '\ufeff'],
    ['unmarked', ''],
  ] as const) {
    file(folder, name, Buffer.from(mark + text, 'utf16le'));
    expect(await train(name)).toContain(`${name}: read as UTF-16LE`);
    const { status, stderr } = await run(`score -c ${name}.json ${name}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }
});

test('a text with CR alone is a list of lines', async () => {
  file(folder, 'mac', 'maria\rana\rjose\r'.repeat(20));
  expect(await train('mac')).toContain('read as lines');
  const { stdout } = await run('sample -c mac.json -n 5 -s 1');
  expect(stdout).not.toContain('\r');
});

test('a stream that is a single line says where sampling starts', async () => {
  file(folder, 'dna', `${'ACGTTGCA'.repeat(60)}\n`);
  expect(await train('dna')).toContain('a single line, so that the line end after it separates nothing');
  const { stdout } = await run('score -c dna.json --json -', 'ACG\n');
  expect(JSON.parse(stdout)).toMatchObject({ symbols: 3 });
});

test('letters that a text writes in two ways are named', async () => {
  file(folder, 'mixed', 'é e\u0301 is written in two ways.\n\n'.repeat(20));
  expect(await train('mixed', '--mode', 'stream')).toMatch(
    /"é" \(U\+00E9\) and its decomposed form are both in the text/,
  );
});

describe('escapes', () => {
  test.each([
    ['sample', '--prefix'],
    ['sample', '--stop'],
    ['sample', '--contains'],
    ['sample', '--separator'],
    ['score', '--separator'],
    ['gates', '<text>'],
    ['bptt', '<text>'],
  ])('that are none are refused by rnn %s in %s', async (command, option) => {
    const text = option === '<text>' ? ['C:\\q'] : [option, 'C:\\q'];
    const { status, stderr } = await rnn([command, '-c', 'latin1.json', ...text], { cwd: folder });
    expect(status).toBe(2);
    expect(stderr).toContain(`${option}: \\q is no escape`);
  });

  test('are read in the texts of rnn gates and rnn bptt', async () => {
    const gates = await run('gates jos\\xe9 -c latin1.json --json');
    const symbols = gates.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { symbol: string }).symbol);
    expect(symbols).toEqual(['<stop>', 'j', 'o', 's', '\\xe9']);
    const bptt = await run('bptt a\\u{e9}\\\\ --fresh --json');
    const { symbols: read } = JSON.parse(bptt.stdout) as { symbols: string[] };
    expect(read).toEqual(['<stop>', '\\', 'a', 'é']);
  });
});

test('a text of another line end is evaluated with a remark', async () => {
  file(folder, 'lf', 'ab ba, abba.\n\n'.repeat(40));
  file(folder, 'crlf', 'ab ba, abba.\r\n\r\n'.repeat(40));
  await train('lf', '--mode', 'stream');
  const [own, other] = [await run('eval -c lf.json lf'), await run('eval -c lf.json crlf')];
  expect(other.stdout).toBe(own.stdout);
  expect(other.stderr).toContain('crlf: lines end in CR LF; read as LF');
});

describe.runIf(hasTerminals)('control sequences do not reach a terminal', () => {
  const HOSTILE = '\u001b]0;pwned\u0007\u001b[31mx\u009b1A';
  beforeAll(async () => {
    file(folder, 'hostile', `${HOSTILE}\n`.repeat(20));
    await train('hostile', '--mode', 'lines');
  });

  test.each([
    ['score', ['score', '-c', 'hostile.json', 'hostile']],
    ['score --rank', ['score', '-c', 'hostile.json', '--rank', 'hostile']],
    ['score --json', ['score', '-c', 'hostile.json', '--json', 'hostile']],
    ['score --per-char', ['score', '-c', 'hostile.json', '--per-char', 'hostile']],
    ['beam --prefix-file', ['beam', '-c', 'hostile.json', '--k', '2', '--prefix-file', 'hostile']],
    ['a file name in an error', ['score', '-c', 'hostile.json', HOSTILE]],
    ['a file name in a remark', ['train', HOSTILE, '--steps', '1', '--out', 'remark.json', ...TINY]],
  ])('%s', async (_name, args) => {
    file(folder, HOSTILE, Buffer.from('ab\nba\n'.repeat(30), 'utf16le'));
    const { stdout } = await onTerminal(args, { cwd: folder });
    expect(stdout).not.toContain('\u0007');
    expect(stdout).not.toContain('\u001b]');
    expect(stdout).not.toContain('\u001b[31m');
    expect(stdout).not.toContain('\u009b');
  });
});

describe.runIf(existsSync('/dev/zero'))('what never ends', () => {
  test.each([
    ['score', ['score', '-c', 'latin1.json', '/dev/zero']],
    ['score --whole', ['score', '-c', 'latin1.json', '--whole', '/dev/zero']],
    ['beam --prefix-file', ['beam', '-c', 'latin1.json', '--prefix-file', '/dev/zero']],
    ['sample --novel', ['sample', '-c', 'latin1.json', '--novel', '/dev/zero']],
    ['sample --prefix-file', ['sample', '-c', 'latin1.json', '--prefix-file', '/dev/zero']],
    ['sample --prompt-file', ['sample', '-c', 'latin1.json', '--prompt-file', '/dev/zero']],
    ['score -0 of no NUL', ['score', '-c', 'latin1.json', '--separator', '%', '/dev/zero']],
  ])(
    '%s refuses it in a line',
    async (_name, args) => {
      const { status, stderr } = await rnn(args, { cwd: folder });
      expect(status).toBe(1);
      expect(stderr.replace(/^(?:using|seed) .*\n/gm, '')).toMatch(
        /^rnn: \/dev\/zero: .*more than \d+ bytes, the most allowed.*\n$/,
      );
    },
    60_000,
  );

  test('rnn complete refuses it in a line', async () => {
    const { statuses, stderr } = await shell('rnn complete -c latin1.json < /dev/zero', { cwd: folder });
    expect(statuses).toBe('1');
    expect(stderr).toMatch(/^rnn: standard input: line 1 has more than \d+ bytes, the most allowed.*\n$/);
  }, 60_000);

  test('rnn complete answers each line of what has no end, until nobody reads', async () => {
    const { statuses, stdout } = await shell('yes maria | rnn complete -c latin1.json --k 1 | head -2', {
      cwd: folder,
    });
    expect(statuses).toMatch(/^\d+ 0 0$/);
    expect(
      stdout
        .split('\n')
        .slice(0, 2)
        .map((line) => line.split('\t')[0]),
    ).toEqual(['maria', 'maria']);
  }, 60_000);
});
