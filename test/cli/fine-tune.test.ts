import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCheckpoint } from '../../src/index.ts';
import { file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

let folder: string;
const NEW = 'déjà vu, déjà lu: the quick brown fox jumps over the lazy dog again, ça va?\n\n'.repeat(8);

beforeAll(async () => {
  folder = temporaryFolder();
  file(folder, 'text.txt', PROSE);
  file(folder, 'new.txt', NEW);
  const trained = await rnn(['train', 'text.txt', '--out', 'old.json', '--steps', '200', ...TINY, '--hidden', '32'], {
    cwd: folder,
  });
  expect(trained.status).toBe(0);
});
afterAll(removeFolders);

const tune = (...args: string[]) =>
  rnn(['train', 'new.txt', '--fine-tune', 'old.json', '--batch', '4', '--bptt', '16', ...args], { cwd: folder });

interface Saved {
  readonly vocabulary: { readonly symbols: readonly string[] };
  readonly run: { readonly history: readonly { readonly loss: number }[] };
}
const saved = (name: string): Saved => JSON.parse(readFileSync(join(folder, name), 'utf8'));

describe('--fine-tune', () => {
  test('begins with the model’s loss, not from nothing, and adds the new symbols', async () => {
    const options = ['--steps', '10', '--validate-every', '10', '--validation', '0', '--warmup', '0'];
    const tuned = await tune('--out', 'tuned.json', '--lr', '0.002', ...options);
    expect(tuned).toMatchObject({ status: 0, stdout: 'tuned.json\n' });
    expect(tuned.stderr).toMatch(/^beginning with old\.json; read as stream, as its text was; \d+ new symbols\n/);
    const { vocabulary, run } = saved('tuned.json');
    expect(vocabulary.symbols).toEqual([...new Set([...PROSE, ...NEW])].sort());
    const anew = ['train', 'new.txt', '--out', 'anew.json', '--lr', '0.002', ...options, ...TINY, '--hidden', '32'];
    expect((await rnn(anew, { cwd: folder })).status).toBe(0);
    expect(run.history[0]!.loss).toBeLessThan(saved('anew.json').run.history[0]!.loss - 1);
  });

  test('rnn info says that the run began with a trained model, and of other runs nothing', async () => {
    expect((await tune('--out', 'said.json', '--steps', '1')).status).toBe(0);
    const info = async (...args: string[]) => (await rnn(['info', ...args], { cwd: folder })).stdout;
    expect(await info('said.json')).toMatch(/^fine-tuned\tthe run began with the parameters of a trained model$/m);
    const { parameters } = loadCheckpoint(join(folder, 'old.json'));
    const origin = createHash('sha256').update(parameters).digest('hex');
    expect(JSON.parse(await info('said.json', '--json')).origin).toBe(origin);
    expect(await info('old.json')).not.toMatch(/^fine-tuned/m);
    expect(JSON.parse(await info('old.json', '--json')).origin).toBe(null);
  });

  test('is resumed to the bytes of the uninterrupted run', async () => {
    const short = ['--schedule', 'constant', '--validate-every', '5', '--validation', '0'];
    expect((await tune('--out', 'whole.json', '--steps', '20', ...short)).status).toBe(0);
    expect((await tune('--out', 'part.json', '--steps', '10', ...short)).status).toBe(0);
    const rest = ['train', 'new.txt', '--resume', 'part.last.json', '--steps', '20'];
    expect((await rnn(rest, { cwd: folder })).status).toBe(0);
    for (const kind of ['', '.last']) {
      expect(readFileSync(join(folder, `part${kind}.json`))).toEqual(readFileSync(join(folder, `whole${kind}.json`)));
    }
  });

  test('is refused with another model’s options, and what --resume refuses points to it', async () => {
    const refused = await tune('--hidden', '64');
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^rnn: --hidden can't be given with --fine-tune: the model has it; [^\n]*\n$/);
    const text = file(folder, 'other.txt', PROSE.slice(2));
    const other = await rnn(['train', text, '--resume', 'old.last.json'], { cwd: folder });
    expect(other).toMatchObject({ status: 1, stdout: '' });
    expect(other.stderr).toMatch(
      /: it was trained on [^\n]*; give the same text, or take it as a new one with --fine-tune\n$/,
    );
  });

  test('with --min-count, rare new symbols become <unk>', async () => {
    const tuned = await tune('--out', 'unk.json', '--steps', '1', '--min-count', '9');
    expect(tuned.status).toBe(0);
    expect(saved('unk.json').vocabulary).toMatchObject({ unknown: true });
    expect(saved('unk.json').vocabulary.symbols).not.toContain('ç');
    expect(saved('unk.json').vocabulary.symbols).toContain('é'.normalize());
  });
});
