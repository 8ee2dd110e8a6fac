import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpus, file, PROSE, removeFolders, rnn, shell, TINY, temporaryFolder } from '../helpers/cli.ts';

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
    const outcome = await rnn(['sample', '-c', 'prose.json', '--length', '1000000000', '--quiet'], {
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
        const { status, stdout, stderr } = await rnn([...command, ...name], { cwd: folder, env });
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
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(10);
    expect(lines).toEqual(expect.arrayContaining(['deep', 'learn']));
    for (const line of lines) expect(line).toMatch(/^[a-z]+$/);
    expect(stderr).toBe('');
  });

  test('a hypothesis is a line of five fields, though its text have newlines, tabs and backslashes', async () => {
    const cwd = temporaryFolder();
    file(cwd, 'text', '\\\n\t\\\n\t'.repeat(20));
    const options = '--mode stream --out m.json --validation 0 --lr 0.05 --steps 60'.split(' ');
    expect((await rnn(['train', 'text', ...options, ...TINY], { cwd })).status).toBe(0);
    const { stdout } = await rnn(['beam', '-c', 'm.json', '--prefix', '\\', '--length', '5', '--k', '4'], { cwd });
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
