import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpus, file, PROSE, removeFolders, rnnProcess, shell, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

let folder: string;

beforeAll(async () => {
  folder = temporaryFolder();
  file(folder, 'prose.txt', PROSE);
  const lines = readFileSync(corpus('deep-learn-machine.txt'), 'utf8');
  file(folder, 'words.txt', lines);
  const options = '--quiet --hidden 16 --layers 1 --threads 1 --lr 0.02 --steps 300'.split(' ');
  for (const name of ['prose', 'words']) {
    const out = `${name}.json`;
    expect(await rnn(['train', `${name}.txt`, '--out', out, ...options], { cwd: folder })).toEqual({
      status: 0,
      stdout: `${out}\n`,
      stderr: '',
    });
  }
});
afterAll(removeFolders);

/** Escape codes: nobody wants them where no terminal is. */
const ESCAPE = '\u001b';

describe.concurrent('rnn train', () => {
  test('reads standard input', async () => {
    const cwd = temporaryFolder();
    const pipeline = `cat "${folder}/prose.txt" | rnn train - --steps 3 ${TINY.join(' ')}`;
    const { stdout, stderr, statuses } = await shell(pipeline, { cwd });
    expect({ statuses, stdout }).toEqual({ statuses: '0 0', stdout: 'checkpoints/stdin.json\n' });
    expect(stderr).toMatch(/584 characters/);
    const fromFile = await rnn(['train', join(folder, 'prose.txt'), '--out', 'file.json', '--steps', '3', ...TINY], {
      cwd,
    });
    expect(fromFile.status).toBe(0);
    const hash = (name: string) =>
      createHash('sha256')
        .update(readFileSync(join(cwd, name)))
        .digest('hex');
    expect(hash('file.json')).toBe(hash('checkpoints/stdin.json'));
  });

  test('reads standard input where no text is named', async () => {
    const cwd = temporaryFolder();
    const pipeline = `rnn train --steps 3 ${TINY.join(' ')} < "${folder}/prose.txt" && rnn eval < "${folder}/prose.txt"`;
    const { stdout, stderr } = await shell(pipeline, { cwd });
    expect(stdout).toMatch(/^checkpoints\/stdin.json\n.*symbols\t583/s);
    expect(stderr).toMatch(/584 characters/);
    expect(stderr).not.toContain('Ctrl-D');
  });

  test('reads several files and standard input in order', async () => {
    const cwd = temporaryFolder();
    file(cwd, 'a', 'aaa ');
    file(cwd, 'c', 'ccc');
    const { statuses, stderr } = await shell(`echo bbb | rnn train a - c --steps 1 ${TINY.join(' ')}`, { cwd });
    expect(statuses).toBe('0 0');
    expect(stderr).toMatch(/11 characters, 5 symbols/);
  });

  test('prints the path of the model, and nothing else, to standard output', async () => {
    const { stdout, stderr } = await rnn(
      ['train', 'prose.txt', '--out', 'model.json', '--overwrite', '--steps', '20', ...TINY],
      { cwd: folder },
    );
    expect(stdout).toBe('model.json\n');
    expect(stderr).toMatch(/^step 20, epoch \d+\.\d\d: loss .* nats \(.* bits\)/m);
    expect(stdout + stderr).not.toMatch(ESCAPE);
  });

  test('--quiet is quiet', async () => {
    const args = ['train', 'prose.txt', '--out', 'quiet.json', '--steps', '3', '--quiet', ...TINY];
    expect(await rnn(args, { cwd: folder })).toEqual({ status: 0, stdout: 'quiet.json\n', stderr: '' });
  });

  test('--json is JSON Lines', async () => {
    const args = ['train', 'prose.txt', '--out', 'lines.json', '--steps', '30', '--test', '0.1', '--json', ...TINY];
    const { status, stdout } = await rnn(args, { cwd: folder });
    expect(status).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events[0]).toMatchObject({ type: 'start', parameters: expect.any(Number), threads: 1 });
    expect(events.filter(({ type }) => type === 'report').at(-1)).toMatchObject({
      point: { step: 30, loss: expect.any(Number), validation: expect.any(Number), updateRatio: expect.any(Number) },
      speed: expect.any(Number),
    });
    expect(events.at(-2)).toMatchObject({ type: 'done', reason: 'steps', step: 30, test: expect.any(Number) });
    expect(events.at(-1)).toEqual({ type: 'saved', path: 'lines.json' });
    expect(stdout.length).toBeLessThan(10_000);
  });

  test('a reader of its progress that goes away does not end it', async () => {
    const cwd = temporaryFolder();
    const train = `rnn train "${folder}/prose.txt" --steps 1500 --validate-every 10 --out model.json --json ${TINY.join(' ')}`;
    const { stdout, stderr, statuses } = await shell(`${train} | head -1`, { cwd });
    expect(statuses).toBe('0 0');
    expect(JSON.parse(stdout)).toMatchObject({ type: 'start' });
    expect(stderr).toMatch(/all steps: 1,500 steps/);
    expect(existsSync(join(cwd, 'model.last.json'))).toBe(true);
  });
});

describe.concurrent('rnn sample', () => {
  test('--count 1000 | sort | uniq -c | sort -rn | head -3', async () => {
    const pipeline = 'rnn sample -c words.json --seed 1 --count 1000 | sort | uniq -c | sort -rn | head -3';
    const { stdout, statuses } = await shell(pipeline, { cwd: folder });
    expect(statuses).toBe('0 0 0 0 0');
    const lines = stdout.trimEnd().split('\n');
    const counts = lines.map((line) => line.trim().split(' '));
    expect(counts.map(([, word]) => word).sort()).toEqual(['deep', 'learn', 'machine']);
    for (const [count] of counts) expect(Number(count)).toBeGreaterThan(200);
  });

  test('a model of bytes sends bytes, UTF-8 or not', async () => {
    writeFileSync(join(folder, 'bytes'), Buffer.from(Array.from({ length: 600 }, (_, at) => 128 + (at % 100))));
    const pipeline =
      'rnn train bytes --unit byte --hidden 4 --steps 1 --quiet --out bytes.json >/dev/null; ' +
      'rnn sample -c bytes.json --length 500 --seed 1 | wc -c';
    const { stdout } = await shell(pipeline, { cwd: folder });
    expect(Number(stdout)).toBe(500);
  });

  test('--length 1000000 | head -c 100 ends soon, quietly and well', async () => {
    const pipeline = 'rnn sample -c prose.json --length 1000000000 --seed 1 | head -c 100';
    const { stdout, stderr, statuses } = await shell(pipeline, { cwd: folder });
    expect(statuses).toBe('0 0');
    expect(stdout).toHaveLength(100);
    expect(stderr).toBe('');
  });

  test('--count 1000000000 | head -2 does, too', async () => {
    const pipeline = 'rnn sample -c words.json --count 1000000000 --seed 1 | head -2';
    const { stdout, stderr, statuses } = await shell(pipeline, { cwd: folder });
    expect(statuses).toBe('0 0');
    expect(stdout).toMatch(/^[a-z]+\n[a-z]+\n$/);
    expect(stderr).toBe('');
  });

  test('writes --length characters, no newline after them', async () => {
    const { stdout } = await rnn(['sample', '-c', 'prose.json', '--length', '57', '--prefix', 'the '], { cwd: folder });
    expect([...stdout]).toHaveLength(4 + 57);
    expect(stdout.startsWith('the ')).toBe(true);
  });

  test('sends what it has written while it goes on', async () => {
    let ended = false;
    const outcome = await rnnProcess(['sample', '-c', 'prose.json', '--length', '1000000000', '--quiet'], {
      cwd: folder,
      started: (child) =>
        child.stdout?.once('data', () => {
          ended = child.kill('SIGINT');
        }),
    });
    expect(ended).toBe(true);
    expect(outcome.stdout.length).toBeGreaterThan(0);
    expect(outcome.stderr).toBe('');
  });

  test('ends before --stop', async () => {
    const { stdout } = await rnn(
      ['sample', '-c', 'prose.json', '--temperature', '0', '--prefix', 'the', '--stop', 'fox'],
      {
        cwd: folder,
      },
    );
    expect(stdout).not.toMatch('fox');
    expect(stdout).toMatch(/^the/);
  });

  test('--json is JSON Lines', async () => {
    const { stdout } = await rnn(['sample', '-c', 'words.json', '--prefix', 'd', '--count', '5', '--json'], {
      cwd: folder,
    });
    const texts = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(texts).toHaveLength(5);
    for (const { text, prefix, completion, stopped, logProbability, symbols } of texts) {
      expect(text).toBe(`${prefix}${completion}`);
      expect(prefix).toBe('d');
      expect(stopped).toBe(true);
      expect(logProbability).toBeLessThan(0);
      expect(symbols).toBe([...String(completion)].length);
    }
  });

  test('--quiet is quiet', async () => {
    const { status, stderr } = await rnn(['sample', '-c', 'words.json', '--quiet'], { cwd: folder });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('no escape codes in a pipe, even where colours are forced off', async () => {
    const environments: Record<string, string>[] = [{}, { NO_COLOR: '1' }, { NO_COLOR: '1', FORCE_COLOR: '3' }];
    for (const env of environments) {
      for (const command of [['sample'], ['beam'], ['info']]) {
        const name = command[0] === 'info' ? ['words.json'] : ['-c', 'words.json'];
        const { status, stdout, stderr } = await rnnProcess([...command, ...name], { cwd: folder, env });
        expect(status).toBe(0);
        expect(stdout + stderr).not.toMatch(ESCAPE);
      }
    }
  });
});

describe.concurrent('rnn beam', () => {
  test('| cut -f1 has the texts alone', async () => {
    const pipeline = 'rnn beam -c words.json --k 10 | cut -f1';
    const { stdout, stderr, statuses } = await shell(pipeline, { cwd: folder });
    expect(statuses).toBe('0 0');
    const lines = stdout.split('\n').slice(0, -1); // the empty text may be among them
    expect(lines).toHaveLength(10);
    expect(lines).toEqual(expect.arrayContaining(['deep', 'learn']));
    for (const line of lines) expect(line).toMatch(/^[a-z]*$/);
    expect(stderr).toBe('');
  });

  test('a hypothesis is a line of five fields, though its text have newlines, tabs and backslashes', async () => {
    const cwd = temporaryFolder();
    file(cwd, 'text', '\\\n\t\\\n\t'.repeat(20));
    const options = '--mode stream --out m.json --validation 0 --lr 0.05 --steps 60'.split(' ');
    expect((await rnn(['train', 'text', ...options, ...TINY], { cwd })).status).toBe(0);
    const { stdout } = await rnn(['beam', '-c', 'm.json', '--prefix', '\\\\', '--length', '5', '--k', '4'], { cwd });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(lines).toHaveLength(4);
    for (const fields of lines) expect(fields).toHaveLength(5);
    expect(lines[0]![0]).toBe('\\\\\\n\\t\\\\\\n\\t');
  });

  test('--json is JSON Lines, best first', async () => {
    const { stdout } = await rnn(['beam', '-c', 'words.json', '--prefix', 'd', '--k', '4', '--count', '3', '--json'], {
      cwd: folder,
    });
    const found = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number>);
    expect(found).toHaveLength(3);
    expect(found[0]).toMatchObject({ text: 'deep', completion: 'eep', end: '<stop>', finished: true, symbols: 4 });
    for (const { score, logProbability, probability, symbols } of found) {
      expect(score).toBeCloseTo(logProbability! / symbols!, 10);
      expect(probability).toBeCloseTo(Math.exp(logProbability!), 10);
    }
    const scores = found.map(({ score }) => score!);
    expect([...scores].sort((a, b) => b - a)).toEqual(scores);
  });
});

describe.concurrent('many prefixes', () => {
  const parse = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test('are completed each as by itself, in order, a line for each', async () => {
    const prefixes = ['d', '', 'ma', 'learn', 'd'];
    const args = ['beam', '-c', 'words.json', '--k', '3', '--json', '--quiet'];
    const together = await rnn([...args, '--prefix-file', '-'], { cwd: folder, input: prefixes.join('\n') });
    expect(together.status).toBe(0);
    const found = parse(together.stdout);
    expect(found.map(({ line, prefix }) => [line, prefix])).toEqual(prefixes.map((prefix, at) => [at + 1, prefix]));
    for (const [at, prefix] of prefixes.entries()) {
      const { stdout } = await rnn([...args, '--prefix', prefix], { cwd: folder });
      expect(found[at]?.completions).toEqual(parse(stdout));
    }
  });

  test('may come from a file with CRLF, and have tabs and backslashes', async () => {
    const cwd = temporaryFolder();
    file(cwd, 'text', 'a\\b\tc\n'.repeat(40));
    const options = '--mode stream --out m.json --validation 0 --steps 5 --quiet'.split(' ');
    expect((await rnn(['train', 'text', ...options, ...TINY], { cwd })).status).toBe(0);
    file(cwd, 'prefixes', 'a\\\r\nb\t\r\n');
    const { stdout } = await rnn(['beam', '-c', 'm.json', '--prefix-file', 'prefixes', '--k', '2', '--length', '1'], {
      cwd,
    });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split('\t').length)).toEqual([3, 3]);
    expect(lines.map((line) => line.split('\t')[0])).toEqual(['a\\\\', 'b\\t']);
  });

  test('are answered while more are to come', async () => {
    const pipeline = '(echo d; sleep 1; echo ma) | rnn beam -c words.json --k 1 --prefix-file - | head -1';
    const { stdout, statuses } = await shell(pipeline, { cwd: folder });
    expect({ stdout, statuses }).toEqual({ stdout: 'd\tdeep\n', statuses: '0 0 0' });
  });
});

describe.concurrent('rnn sample, of texts that are wanted', () => {
  test('--unique and --novel: no text twice, and none of the file', async () => {
    const args = ['sample', '-c', 'words.json', '--count', '30', '--seed', '1', '--temperature', '3', '--quiet'];
    const { status, stdout } = await rnn([...args, '--unique', '--novel', 'words.txt'], { cwd: folder });
    const texts = stdout.trimEnd().split('\n');
    expect({ status, count: texts.length, different: new Set(texts).size }).toEqual({
      status: 0,
      count: 30,
      different: 30,
    });
    for (const word of ['deep', 'learn', 'machine']) expect(texts).not.toContain(word);
  });

  test('filters and constraints hold, in a stream, too', async () => {
    const lines = await rnn(['sample', '-c', 'words.json', '--count', '20', '--match', '[a-m]{2,5}n?'], {
      cwd: folder,
    });
    for (const text of lines.stdout.trimEnd().split('\n')) expect(text).toMatch(/^[a-m]{2,5}n?$/);
    const stream = [
      'sample',
      '-c',
      'prose.json',
      '--top-k',
      '5',
      '--typical',
      '0.9',
      '--seed',
      '1',
      '--max-words',
      '3',
    ];
    const { stdout } = await rnn([...stream, '--min-length', '8', '--prefix', 'the '], { cwd: folder });
    expect(stdout).toMatch(/^the \s*\S+(\s+\S+){0,2}$/);
    expect(stdout.length).toBeGreaterThanOrEqual(12);
  });
});

describe.concurrent('rnn score', () => {
  const score = (args: readonly string[], input: string) =>
    rnn(['score', '-c', 'words.json', ...args], { cwd: folder, input });

  test('prints log-probability, bits per character and line; a known word is likelier than another', async () => {
    const { status, stdout } = await score([], 'deep\n\npeed\r\n');
    expect(status).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(lines.map(([, , text]) => text)).toEqual(['deep', '', 'peed']);
    for (const [log, bits, text] of lines) {
      expect(Number(bits)).toBeCloseTo(-Number(log) / Math.LN2 / (text!.length + 1), 3);
    }
    expect(Number(lines[0]![0])).toBeGreaterThan(Number(lines[2]![0]));
  });

  test('agrees with rnn beam on how likely a completion is', async () => {
    const beam = await rnn(['beam', '-c', 'words.json', '--k', '4', '--json'], { cwd: folder });
    const found = beam.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { text: string; logProbability: number });
    const { stdout } = await score(['--json'], found.map(({ text }) => `${text}\n`).join(''));
    const scored = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { logProbability: number });
    for (const [at, { logProbability }] of found.entries())
      expect(scored[at]!.logProbability).toBeCloseTo(logProbability, 4);
  });

  test('--rank sorts lines, by the whole line’s probability or by bits per character; unknown characters are last', async () => {
    const input = 'pppp\nxyz\nmachine\nde\ndeep\n';
    for (const by of [[], ['logp'], ['bits']]) {
      const { status, stdout, stderr } = await score(['--rank', ...by], input);
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'));
      const key = lines.map(([log, bits]) =>
        by[0] === 'bits' ? -Number(bits!.replace('inf', 'Infinity')) : Number(log!.replace('inf', 'Infinity')),
      );
      expect(key).toEqual(key.toSorted((a, b) => b - a));
      expect(lines.at(-1)).toEqual(['-inf', 'inf', 'xyz']);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^rnn: line 2: "x" \(U\+0078\) at position 1 is not in the vocabulary/);
    }
  });

  test('--nats prints nats in place of bits, a nat being 1/ln 2 bits', async () => {
    const { stdout: bits } = await score([], 'deep\n');
    const { stdout: nats } = await score(['--nats'], 'deep\n');
    const [first, second] = [bits, nats].map((line) => line.trimEnd().split('\t')) as [string[], string[]];
    expect([second[0], second[2]]).toEqual([first[0], first[2]]);
    expect(Number(second[1]) / Math.LN2).toBeCloseTo(Number(first[1]), 3);
    const { stdout: each } = await score(['--nats', '--json', '--per-char'], 'deep\n');
    const { logProbability, natsPerCharacter, surprisals } = JSON.parse(each);
    expect(surprisals.reduce((sum: number, value: number) => sum + value, 0)).toBeCloseTo(-logProbability, 4);
    expect(natsPerCharacter).toBeCloseTo(-logProbability / 5, 4);
  });

  test('--per-char adds up to the line’s bits, and --whole to the lines', async () => {
    const { stdout } = await score(['--per-char'], 'deep\nlearn\n');
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rows.map(([, , symbol]) => symbol)).toEqual([...'deep', '<stop>', ...'learn', '<stop>']);
    const lines = (await score([], 'deep\nlearn\n')).stdout
      .trimEnd()
      .split('\n')
      .map((line) => Number(line.split('\t')[0]));
    const bits = rows.reduce((sum, [, , , each]) => sum + Number(each), 0);
    expect(bits).toBeCloseTo(-(lines[0]! + lines[1]!) / Math.LN2, 1);
    const whole = await score(['--whole'], 'deep\nlearn\n');
    const [log, , name] = whole.stdout.trimEnd().split('\t');
    expect(Number(log)).toBeCloseTo(lines[0]! + lines[1]!, 3);
    expect(name).toBe('-');
  });

  test('--per-char names a whole file by all of its name', async () => {
    file(folder, 'line 7', 'deep\n');
    const args = ['score', '-c', 'words.json', '--whole', '--per-char', 'line 7'];
    const { stdout } = await rnn(args, { cwd: folder });
    expect(stdout).toMatch(/^line 7\t1\td\t/);
  });

  test('reads several files, and names the one where a character is unknown', async () => {
    const cwd = folder;
    file(cwd, 'one', 'deep\n');
    file(cwd, 'two', 'deep\nx\n');
    const { status, stdout, stderr } = await rnn(['score', '-c', 'words.json', 'one', 'two'], { cwd });
    expect({ status, lines: stdout.trimEnd().split('\n').length }).toEqual({ status: 1, lines: 3 });
    expect(stderr).toMatch(/^rnn: two: line 2: "x"/);
  });
});
