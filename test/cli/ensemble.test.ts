import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpus, file, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

let folder: string;
const OPTIONS = ['--steps', '150', '--validation', '0.2', ...TINY];

async function done(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { status, ...told } = await rnn(args, { cwd: folder });
  expect({ status, stderr: status === 0 ? '' : told.stderr }).toEqual({ status: 0, stderr: '' });
  return told;
}

beforeAll(async () => {
  folder = temporaryFolder();
  file(folder, 'text.txt', readFileSync(corpus('terms.txt')));
  await done('train', 'text.txt', '--out', 'one.json', ...OPTIONS);
  const { stderr } = await done('train', 'text.txt', '--members', '3', '--out', 'three.json', ...OPTIONS);
  expect(stderr).toMatch(/^3 of gru 1 × 8, /m);
});
afterAll(removeFolders);

const saved = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));

describe('an ensemble', () => {
  test('is what info and compare say it is, and its first member is the model trained alone', async () => {
    const [one, three] = [saved('one.json'), saved('three.json')];
    expect(three.model.members).toBe(3);
    expect(Object.keys(three.tensors)).toHaveLength(3 * Object.keys(one.tensors).length);
    // Another report may have been its best: the last states are of the same step.
    const [last, lasts] = [saved('one.last.json'), saved('three.last.json')];
    for (const [name, tensor] of Object.entries(last.tensors)) {
      expect(lasts.tensors[`members.0.${name}`]).toEqual(tensor);
      expect(lasts.tensors[`members.1.${name}`]).not.toEqual(tensor);
    }
    const { stdout: info } = await done('info', 'three.json');
    expect(info).toMatch(
      /^model\tensemble of 3, each GRU, reset before, 1 × 8 units, one-hot input, [\d,]+ parameters in all/m,
    );
    const { stdout: table } = await done('compare', 'one.json', 'three.json');
    expect(table).toMatch(/^\d\t3 of gru 1 × 8\t/m);
    expect(table).toMatch(/^\d\tgru 1 × 8\t/m);
  });

  test('completes, scores and is measured as one model', async () => {
    const model = ['-c', 'three.json'];
    const { stdout: greedy } = await done('sample', ...model, '--prefix', 'de', '--temperature', '0', '--length', '12');
    const { stdout: beam } = await done('beam', ...model, '--prefix', 'de', '--k', '1', '--length', '12', '--json');
    expect(`${JSON.parse(beam).text}\n`).toBe(greedy);
    const { stdout: measured } = await done('eval', 'text.txt', ...model, '--part', 'validation', '--json');
    const { history } = saved('three.json').run;
    const best = Math.min(...history.map(({ validation }: { validation: number }) => validation));
    expect(JSON.parse(measured).loss).toBeCloseTo(best, 5);
    const { stdout: dynamic } = await done('eval', 'text.txt', ...model, '--dynamic', '--json');
    const { stdout: still } = await done('eval', 'text.txt', ...model, '--json');
    expect(JSON.parse(dynamic).loss).toBeLessThan(JSON.parse(still).loss);
    const { stdout: scores } = await done('score', 'text.txt', ...model, '--json');
    const lines: { logProbability: number; symbols: number }[] = scores
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const [nats, symbols] = lines.reduce(([a, b], line) => [a - line.logProbability, b + line.symbols], [0, 0]);
    expect(nats / symbols).toBeCloseTo(JSON.parse(still).loss, 5);
  });

  test('is looked into by its first member, and says so', async () => {
    const { stdout: one } = await done('gradflow', 'text.txt', '-c', 'one.last.json', '--json', '--lags', '5');
    const { stdout: three } = await done('gradflow', 'text.txt', '-c', 'three.last.json', '--json', '--lags', '5');
    const [alone, first] = [JSON.parse(one), JSON.parse(three)];
    expect(first.name).toBe('three.last (the first of 3 members)');
    expect(first.layers).toEqual(alone.layers);
    await done('report', 'three.json', '--html', 'report.html');
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('This is the first of the ensemble’s 3 members.');
    expect(page).toContain('Gradient of the loss, three (the first of 3 members)');
  });

  test('is fine-tuned as it is: another number of members is refused', async () => {
    const tune = ['train', 'text.txt', '--fine-tune', 'three.json', '--out', 'tuned.json', '--steps', '2'];
    const { status, stderr } = await rnn([...tune, '--members', '2'], { cwd: folder });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining("--members can't be given with --fine-tune"),
    });
    await done(...tune);
    expect(saved('tuned.json').model.members).toBe(3);
  });
});
