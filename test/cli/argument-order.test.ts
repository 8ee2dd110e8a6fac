import { expect, test } from 'vitest';
import { withCommandFirst } from '../../src/cli/argument-order.ts';
import { COMMANDS } from '../../src/cli/registry.ts';

/** The arguments that a command line of these words is read as. */
async function read(words: string): Promise<string> {
  return (await withCommandFirst(words.split(' '), COMMANDS)).join(' ');
}

test.each([
  ['an option without a value', '--quiet train x', 'train --quiet x'],
  ['an option with a value', '--hidden 16 train x', 'train --hidden 16 x'],
  ['a value after =', '--hidden=16 train x', 'train --hidden=16 x'],
  ['a short option', '-p de beam -k 3', 'beam -p de -k 3'],
  ['several', '--hidden 16 --quiet --cell gru train x --steps 3', 'train --hidden 16 --quiet --cell gru x --steps 3'],
  ['a value that is the name of a command', '--prefix train sample', 'sample --prefix train'],
  ['a value that may be left out', '--resume a.last.json train x', 'train --resume a.last.json x'],
  ['a value that is missing', '--resume train x', 'train x --resume'],
  ['a value that is left out, and --', '--resume train -- x', 'train --resume -- x'],
  ['an option of the program', '--debug train x', 'train --debug x'],
  ['an option that no command has, for the command to name', '--hiden train x', 'train --hiden x'],
])('%s goes after the command', async (_, given, expected) => {
  expect(await read(given)).toBe(expected);
});

test.each(['train x --quiet', '--version', '--quiet', '--hidden train', '--bogus 5 train', '-- train'])(
  '%s is left as it is',
  async (given) => {
    expect(await read(given)).toBe(given);
  },
);
