import { EXIT } from '../errors.ts';
import type { SampleRequest } from '../library/completion-options.ts';
import { stringOf, type Text } from '../library/lines.ts';
import type { PairModel, SampledTarget } from '../library/pair-model.ts';
import { exactly } from './completions.ts';
import { Output } from './output.ts';
import type { SampleRemarks } from './sample-remarks.ts';
import { namedSources, readSources, remarkUnknown, type SourceReading } from './sources.ts';
import { exactTextOf, printColumns } from './targets.ts';

/** What `rnn sample` is told for a model of pairs. */
interface Options extends SourceReading {
  readonly source?: string | undefined;
  readonly sources?: string | undefined;
  readonly request: SampleRequest;
  readonly remarks: SampleRemarks;
  readonly json?: boolean | undefined;
  readonly raw?: boolean | undefined;
}

/** Prints targets that are drawn for a source, or for each line of a file. Returns the exit status. */
export async function sampleTargets(model: PairModel, options: Options): Promise<number> {
  const { request, remarks, json, raw, quiet } = options;
  const { source, file } = namedSources(options, model);
  const output = new Output({ raw });
  let status: number = EXIT.done;
  try {
    if (source !== undefined) {
      if (!quiet) remarkUnknown(model, source);
      for await (const sample of model.sample(source, request)) {
        remarks.drawn(sample);
        if (json) await output.json(fields(source, sample));
        else await printColumns(output, [exactTextOf(sample)]);
      }
      return status;
    }
    await model.samples([], request).next(); // options that can't be met are an error even where the file has no lines
    let done = 0;
    for await (const lines of readSources(model, file, options)) {
      if (lines.some(({ isReadable }) => !isReadable)) status = EXIT.failed;
      const readable = lines.filter(({ isReadable }) => isReadable);
      const sources = readable.map((line) => line.source);
      for await (const sample of model.samples(sources, request, done)) {
        remarks.drawn(sample);
        const { number, source } = readable[sample.source - done]!;
        if (json) await output.json({ line: number, ...fields(source, sample) });
        else await printColumns(output, [source, exactTextOf(sample)]);
      }
      done += readable.length;
      await output.flush();
    }
    return status;
  } finally {
    await output.flush();
    remarks.end();
  }
}

function fields(source: Text, { text, bytes, stopped, logProbability, ids, exact }: SampledTarget): object {
  const texts = { source: stringOf(source), target: text };
  return { ...texts, stopped, logProbability, symbols: ids.length, exact, ...exactly(bytes) };
}
