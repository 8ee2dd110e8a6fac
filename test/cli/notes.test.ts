import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpus, removeFolders, shell, temporaryFolder } from '../helpers/cli.ts';

const README = readFileSync(fileURLToPath(new URL('../../src/insight/README.md', import.meta.url)), 'utf8');
const SECTION = README.slice(README.indexOf('\n## The lecture notes, statement by statement\n'));

/** Each command of the section, with the output that stands below it. */
const EXAMPLES = [...SECTION.matchAll(/```console\n\$ (.*)\n([\s\S]*?)```/g)].map(([, command, output]) => ({
  command: command!,
  output: output!.trimEnd().split('\n'),
}));

/** The commands that make the section's models. */
const MODELS = /```sh\n([\s\S]*?)```/.exec(SECTION)![1]!.trimEnd().split('\n');

let folder: string;
beforeAll(async () => {
  folder = temporaryFolder();
  for (const name of ['terms.txt', 'three-sentences.txt', 'deep-learn-machine.txt']) {
    copyFileSync(corpus(name), join(folder, name));
  }
  for (const command of MODELS) {
    const { statuses, stderr } = await shell(`${command} --quiet`, { cwd: folder });
    expect({ statuses, stderr }).toEqual({ statuses: '0', stderr: '' });
  }
}, 120_000);
afterAll(removeFolders);

const outcomes = new Map<string, ReturnType<typeof shell>>();

/** Runs a command of the section once, though several tests read what it prints. */
function outcomeOf(command: string): ReturnType<typeof shell> {
  const outcome = outcomes.get(command) ?? shell(command, { cwd: folder });
  outcomes.set(command, outcome);
  return outcome;
}

const NUMBER = /\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;

/** Whether lines are the same but for the last digits of their numbers. */
function areAlike(line: string, other: string): boolean {
  const [numbers, others] = [line, other].map((each) => (each.match(NUMBER) ?? []).map(Number)) as [number[], number[]];
  const words = (each: string) => each.replace(NUMBER, '#').replace(/\s+/g, ' ').trim();
  const isNear = (value: number, at: number) => Math.abs(value - others[at]!) <= 1e-9 + 2e-3 * Math.abs(others[at]!);
  return words(line) === words(other) && numbers.every(isNear);
}

/** Whether the lines stand in the output, in their order; `…` stands for any lines. */
function contains(output: readonly string[], lines: readonly string[]): boolean {
  let at = 0;
  let skips = false;
  for (const line of lines) {
    if (line === '…') {
      skips = true;
      continue;
    }
    while (skips && at < output.length && !areAlike(output[at]!, line)) at++;
    if (at === output.length || !areAlike(output[at]!, line)) return false;
    at++;
    skips = false;
  }
  return skips || at === output.length;
}

describe('each statement of the notes has a command that shows it', { timeout: 120_000 }, () => {
  test('there are some', () => expect(EXAMPLES.length).toBeGreaterThan(15));

  test.each(EXAMPLES)('$command', async ({ command, output }) => {
    const { stdout, statuses } = await outcomeOf(command);
    const printed = stdout.trimEnd().split('\n');
    // grep -c ends with status 1 where it counts nothing.
    expect(statuses).toMatch(/^0( 0)*( [01])?$/);
    // What a trained model prints depends on how the processor rounds.
    if (/--checkpoint (?:terms|three)/.test(command)) expect(printed.length).toBeGreaterThan(0);
    else expect(contains(printed, output), printed.join('\n')).toBe(true);
  });

  test('texts whose positions are drawn by themselves are hardly ever one of the three sentences; ordinary ones mostly are', async () => {
    const [ordinary, independent, ...others] = EXAMPLES.filter(({ command }) => command.includes('--count 1000'));
    expect(others).toEqual([]);
    expect(Number((await outcomeOf(independent!.command)).stdout)).toBeLessThan(20);
    expect(Number((await outcomeOf(ordinary!.command)).stdout)).toBeGreaterThan(900);
  });
});
