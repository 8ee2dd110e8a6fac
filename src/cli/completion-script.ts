import type { CommandEntry } from './command.ts';
import { fromSchema, SchemaOption } from './flags.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

interface CommandWords {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly {
    readonly long: string;
    readonly description: string;
    readonly choices: readonly string[];
  }[];
}

/** A script for a shell, made from the commands' own declarations: commands, options, and the choices of options; else files. */
export async function shellCompletion(shell: Shell, commands: readonly CommandEntry[]): Promise<string> {
  const words = await Promise.all(commands.map(wordsOf));
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](words);
}

async function wordsOf({ name, summary, load }: CommandEntry): Promise<CommandWords> {
  const { command } = await load();
  const options = fromSchema(command.schema, command.flags)
    .filter((each) => each instanceof SchemaOption)
    .filter(({ hidden }) => !hidden)
    .map(({ long, description, argChoices = [] }) => ({ long: long ?? '', description, choices: argChoices }));
  return { name, summary, options: [...options, { long: '--help', description: 'show help', choices: [] }] };
}

function bashScript(commands: readonly CommandWords[]): string {
  const choices = commands.flatMap(({ name, options }) =>
    options
      .filter((option) => option.choices.length > 0)
      .map(({ long, choices }) => `    ${name}:${long}) words='${choices.join(' ')}' ;;`),
  );
  const options = commands.map(
    ({ name, options }) => `      ${name}) words='${options.map(({ long }) => long).join(' ')}' ;;`,
  );
  return `_rnn() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}:$before" in
${choices.join('\n')}
  esac
  if [ -z "$words" ] && [ "\${current#-}" != "$current" ]; then
    case "\${COMP_WORDS[1]}" in
${options.join('\n')}
    esac
  fi
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); else COMPREPLY=(); fi
}
complete -o default -F _rnn rnn
`;
}

/** zsh reads bash's script through its own bashcompinit. */
function zshScript(commands: readonly CommandWords[]): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`;
}

function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, summary, options }) => [
    `complete -c rnn -n __fish_use_subcommand -f -a ${name} -d ${fishQuoted(summary)}`,
    ...options.map(({ long, description, choices }) => {
      const values = choices.length > 0 ? ` -x -a ${fishQuoted(choices.join(' '))}` : '';
      const option = `-l ${long.slice(2)}${values} -d ${fishQuoted(description)}`;
      return `complete -c rnn -n '__fish_seen_subcommand_from ${name}' ${option}`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
