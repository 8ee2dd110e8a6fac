import { TASK, type TaskName, taskLines } from '../insight/tasks.ts';
import type { CorpusCommandOptions } from './corpus.ts';
import { Output, remark } from './output.ts';

/** Writes lines of a task to standard output. */
export async function corpus(task: TaskName, { count, seed, length, quiet }: CorpusCommandOptions): Promise<void> {
  const output = new Output();
  for (const line of taskLines(task, count, seed, length)) await output.line(line);
  await output.flush();
  if (!quiet) remark(`answers are the symbols ${TASK[task].answers}: rnn eval --only ${TASK[task].answers}`);
}
