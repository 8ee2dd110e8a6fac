import { EXIT } from '../errors.ts';
import type { SampleRequest } from '../library/completion-options.ts';
import type { LanguageModel, SampledText } from '../library/language-model.ts';
import { readLines, stringOf, type Text } from '../library/lines.ts';
import type { Context } from './command.ts';
import { exactly } from './completions.ts';
import { complain, Output } from './output.ts';
import type { SampleRemarks } from './sample-remarks.ts';
import { filesOf } from './sources.ts';
import { exactTextOf } from './targets.ts';

/** A text that was drawn, as JSON shows it. */
export function sampleFields(
  { text, completion, stopped, logProbability, ids, bytes, exact }: SampledText,
  prefix: Text,
): object {
  const texts = { text, prefix: stringOf(prefix), completion };
  return { ...texts, stopped, logProbability, symbols: ids.length, exact, ...exactly(bytes) };
}

export interface SetPrinting {
  /** The file of prefixes, one a line. */
  readonly file: string;
  readonly request: SampleRequest;
  readonly remarks: SampleRemarks;
  readonly json: boolean;
  readonly raw: boolean;
  readonly nameOf: Context['nameOf'];
}

/**
 * Prints a line for each line of a file, in order: the prefix and the texts that begin with it. The texts depend on the seed and on the
 * number of the line. A line that the model can't read is named, and the rest is done. Returns the exit status.
 */
export async function sampleEach(
  model: LanguageModel,
  { file, request, remarks, json, raw, nameOf }: SetPrinting,
): Promise<number> {
  const output = new Output({ raw });
  let status: number = EXIT.done;
  for await (const lines of readLines(file, filesOf(model))) {
    for (const { number, text: prefix } of lines) {
      const problem = model.problemWith(prefix);
      if (problem) {
        complain(`line ${number}: ${problem.messageWith(nameOf)}`);
        status = EXIT.failed;
      }
      const texts: SampledText[] = [];
      const wanted = { ...request, prefix, seed: `${request.seed}/${number}` };
      if (!problem)
        for await (const sample of model.sample(wanted)) {
          remarks.drawn(sample);
          texts.push(sample);
        }
      if (json) {
        const each = texts.map((text) => sampleFields(text, prefix));
        await output.json({ line: number, prefix: stringOf(prefix), texts: each, ...exactly(prefix) });
      } else await output.line([prefix, ...texts.map(exactTextOf)].map((each) => output.field(each)).join('\t'));
    }
    await output.flush();
  }
  remarks.end();
  return status;
}
