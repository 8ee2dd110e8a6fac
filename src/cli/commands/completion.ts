import * as z from 'zod';
import { defineCommand } from '../command.ts';
import { shellCompletion } from '../completion-script.ts';
import { Output } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';

/** `rnn completion`. */
export const command = defineCommand({
  schema: z.strictObject({
    shell: z.enum(['bash', 'zsh', 'fish']).describe('the shell that completes'),
    quiet: OPTIONS.quiet,
  }),
  flags: { '': { shell: '<shell>', quiet: FLAGS.quiet } },
  help: `
Prints a script with which a shell completes commands, options and the values of
options when Tab is pressed.

Examples:
  source <(rnn completion bash)                in ~/.bashrc
  source <(rnn completion zsh)                 in ~/.zshrc, after compinit
  rnn completion fish > ~/.config/fish/completions/rnn.fish`,
  async run({ shell }, { commands }) {
    const output = new Output();
    await output.write(await shellCompletion(shell, commands));
    await output.flush();
    return undefined;
  },
});
