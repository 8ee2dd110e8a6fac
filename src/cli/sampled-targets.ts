import { EXIT } from '../errors.ts';
import type { SampleRequest } from '../library/completion-options.ts';
import type { PairModel, SampledTarget } from '../library/pair-model.ts';
import { Output } from './output.ts';
import { namedSources, readSources, remarkUnknown } from './sources.ts';
import { columnsOf } from './targets.ts';

/** What `rnn sample` is told for a model of pairs. */
interface Options {
  readonly source?: string | undefined;
  readonly sources?: string | undefined;
  readonly request: SampleRequest;
  readonly json?: boolean | undefined;
  readonly raw?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Prints targets that are drawn for a source, or for each line of a file. Returns the exit status. */
export async function sampleTargets(model: PairModel, options: Options): Promise<number> {
  const { request, json, raw, quiet } = options;
  const { source, file } = namedSources(options);
  const output = new Output();
  let status: number = EXIT.done;
  try {
    if (source !== undefined) {
      if (!quiet) remarkUnknown(model, source);
      for await (const sample of model.sample(source, request)) {
        if (json) await output.json(fields(source, sample));
        else await output.line(columnsOf([sample.text], output, raw));
      }
      return status;
    }
    await model.samples([], request).next(); // options that can't be met are an error even where the file has no lines
    let done = 0;
    for await (const lines of readSources(model, file, quiet)) {
      if (lines.some(({ isReadable }) => !isReadable)) status = EXIT.failed;
      const readable = lines.filter(({ isReadable }) => isReadable);
      const sources = readable.map((line) => line.source);
      for await (const sample of model.samples(sources, request, done)) {
        const { number, source } = readable[sample.source - done]!;
        if (json) await output.json({ line: number, ...fields(source, sample) });
        else await output.line(columnsOf([source, sample.text], output, raw));
      }
      done += readable.length;
      await output.flush();
    }
    return status;
  } finally {
    await output.flush();
  }
}

function fields(source: string, { text, stopped, logProbability, ids }: SampledTarget): object {
  return { source, target: text, stopped, logProbability, symbols: ids.length };
}
