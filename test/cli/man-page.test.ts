import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/registry.ts';
import { macro, roffParagraphs, roffText } from '../../src/cli/roff.ts';
import { removeFolders, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

// The manual page that the build makes: dist/rnn.1.

afterAll(removeFolders);

const PATH = fileURLToPath(new URL('../../dist/rnn.1', import.meta.url));
const PAGE = readFileSync(PATH, 'utf8');

/** Text of roff as a reader sees it: the reverse of `roffText`, written independently of it. Throws for an escape that the page should not have. */
function shown(roff: string): string {
  return roff.replaceAll(/\\(?:\(..|\[u[0-9A-F]{4,6}\]|f[BIR]|.)/gs, (written) => {
    const named = { '\\(rs': '\\', '\\-': '-', '\\(aq': "'", '\\(ga': '`', '\\(ha': '^', '\\(ti': '~', '\\(dq': '"' };
    if (written in named) return named[written as keyof typeof named];
    if (written === '\\&' || written.startsWith('\\f')) return '';
    if (written.startsWith('\\[u')) return String.fromCodePoint(Number.parseInt(written.slice(3, -1), 16));
    throw new Error(`the escape ${written}`);
  });
}

/** Words with one space between them. */
const words = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** The page's part on a command: its text, without the lines of macros. */
function partOn(name: string): string {
  const [, part = ''] = PAGE.split(/^(?=\.SS )/m).flatMap((each) =>
    each.startsWith(`.SS "rnn ${name} `) ? ['', each] : [],
  );
  return words(shown(part.replaceAll(/^\.(?:PP|TP|EX|EE).*$/gm, '')));
}

/** The entries of a help, such as options, each with what is said of it: what is indented belongs to the line above. */
function entriesIn(help: string): string[] {
  return [...help.matchAll(/^ {2}(?=[-<[a-z])\S.*(?:\n {10,}\S.*)*/gm)].map(([entry]) => words(entry));
}

describe('the manual page', () => {
  test.each(COMMANDS.map(({ name }) => [name]))('says all that rnn %s --help says', async (name) => {
    const { stdout } = await rnn([name, '--help'], { cwd: temporaryFolder() });
    const part = partOn(name);
    const [usage, ...paragraphs] = stdout.trim().split(/\n\n+/);
    expect(part.startsWith(`.SS "${usage!.replace('Usage: ', '')}"`)).toBe(true);
    const entries = entriesIn(stdout);
    expect(entries.length).toBeGreaterThan(1);
    for (const entry of entries) expect(part).toContain(entry);
    const prose = paragraphs.filter((paragraph) => !/^ {2}/m.test(paragraph));
    for (const paragraph of prose) expect(part).toContain(words(paragraph));
  });

  test('lists the commands and the options of the program', async () => {
    const { stdout } = await rnn(['--help'], { cwd: temporaryFolder() });
    const [front = ''] = PAGE.split(/^\.SH "COMMANDS"/m);
    const text = words(shown(front.replaceAll(/^\.[A-Z]+.*$/gm, '')));
    for (const { name, summary } of COMMANDS) expect(text).toContain(`${name} ${summary}`);
    const options = entriesIn(stdout).filter((entry) => entry.startsWith('-'));
    expect(options.length).toBeGreaterThan(2);
    for (const option of options) expect(text).toContain(option);
  });

  test('has the macros of man(7) alone, and its text begins no line with a dot', () => {
    const requests = new Set(PAGE.match(/^[.'].*?(?= |$)/gm));
    expect([...requests].sort()).toEqual(['.EE', '.EX', '.PP', '.SH', '.SS', '.TH', '.TP', '.ad', '.nh', '.nr']);
    expect(PAGE).toMatch(/^\.TH "RNN" "1" /);
    expect(PAGE).toMatch(/^[\n\x20-\x7E]*$/);
    expect(() => shown(PAGE)).not.toThrow();
  });

  test('is read by groff without a warning', (context) => {
    const { error, stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-P-cbou', PATH], {
      encoding: 'utf8',
    });
    if (error) return context.skip('there is no groff');
    expect(stderr).toBe('');
    const plain = words(stdout);
    for (const text of [
      'rnn train [options] [corpus...]',
      '-c, --checkpoint <file>',
      "with PyTorch's names",
      '\\xHH',
      't − n',
    ]) {
      expect(plain).toContain(text);
    }
  });
});

describe('roff', () => {
  test.each([
    ['.dot', '\\&.dot'],
    ['a\n.b', 'a\n\\&.b'],
    ["'quote", '\\(aqquote'],
    ['\\n and \\', '\\(rsn and \\(rs'],
    ['--no-repeat', '\\-\\-no\\-repeat'],
    ['~ ^ `', '\\(ti \\(ha \\(ga'],
    ['−é𝄞', '\\[u2212]\\[u00E9]\\[u1D11E]'],
  ])('of the text %j is %s', (text, roff) => {
    expect(roffText(text)).toBe(roff);
    expect(shown(roff)).toBe(text);
  });

  test('quotes the arguments of macros', () => {
    expect(macro('SH', 'a "b" \\', '')).toBe('.SH "a \\(dqb\\(dq \\(rs" ""');
  });

  test('fills paragraphs, and leaves examples as they are', () => {
    expect(roffParagraphs('\none\ntwo\n\nExamples:\n  rnn x\n    .y\nthree\n')).toEqual([
      '.PP\none two',
      '.PP\n\\fBExamples:\\fR',
      '.EX\nrnn x\n  .y\n.EE',
      '.PP\nthree',
    ]);
  });
});
