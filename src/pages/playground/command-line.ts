import { shellWord } from '../../library/words.ts';
import type { Choices, Source, TextFacts } from './protocol.ts';
import { SCHEDULE, validationInterval } from './recipe.ts';

/** The same run on the command line: what makes the text, where it is a task, and what trains. */
export function commandsOf(choices: Choices, { name, mode }: Pick<TextFacts, 'name' | 'mode'>, source: Source): string {
  const { cell, layers, hidden, bptt, batch, rate, steps, validation, seed } = choices;
  const file = shellWord(`${name}.txt`);
  const lengths =
    'task' in source && source.task === 'parity' ? `1-${source.length}` : 'task' in source && source.length;
  const makes = 'task' in source ? [`rnn corpus ${source.task} --length ${lengths} > ${file}`] : [];
  const trains = [
    `rnn train ${file} --mode ${mode}`,
    `--cell ${cell} --layers ${layers} --hidden ${hidden} --bptt ${bptt}`,
    ...(batch === undefined ? [] : [`--batch ${batch}`]),
    `--lr ${rate} --schedule ${SCHEDULE.name} --warmup ${SCHEDULE.warmup} --steps ${steps}`,
    `--validation ${validation} --validate-every ${validationInterval(choices)} --seed ${shellWord(seed)}`,
  ];
  return [...makes, trains.join(' ')].join('\n');
}
