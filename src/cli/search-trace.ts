import type { LanguageModel, SearchStep } from '../library/language-model.ts';
import { shown } from './completions.ts';
import type { Output } from './output.ts';
import { titled } from './tables.ts';

/** Prints what each step of a beam search kept, saved and dropped: a table a step, or a line of JSON. */
export async function printTrace(
  steps: readonly SearchStep[],
  vocabulary: LanguageModel['vocabulary'],
  output: Output,
  json: boolean,
): Promise<void> {
  const textOf = (ids: readonly number[]): string => ids.map((id) => vocabulary.label(id)).join('');
  for (const step of steps) {
    const fates = (['saved', 'kept', 'dropped'] as const).flatMap((fate) =>
      step[fate].map(({ ids, logProbability, rank }) => ({ fate, text: textOf(ids), logProbability, rank })),
    );
    const { length, group, expanded, lookedAt } = step;
    if (json) {
      await output.json({ step: length, group, expanded, lookedAt, expansions: fates });
      continue;
    }
    const title = `step ${length}${group > 0 ? `, group ${group + 1}` : ''}: ${expanded} expanded, ${lookedAt} expansions`;
    const rows = fates.map(({ fate, text, logProbability, rank }) => [
      fate,
      logProbability.toFixed(4),
      rank.toFixed(4),
      shown(text),
    ]);
    await output.line(`${titled({ title, header: ['', 'Σ log p', 'chosen by', 'expansion'], rows })}\n`);
  }
}
