import { Reader } from '../decoding/reader.ts';
import { type Score, scoreLines, scoreWhole } from '../decoding/scoring.ts';
import { EXIT } from '../errors.ts';
import { chooseKernel } from '../kernel/choose.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { openCheckpoint } from './checkpoints.ts';
import { field } from './completions.ts';
import { readLines, readText } from './lines.ts';
import { complain, counted, Output, paint, remark } from './output.ts';
import type { ScoreCommandOptions } from './score.ts';
import { coloured, legend } from './surprisal.ts';

/** A text that was scored, and what it is called: a line's number, or a file's name. */
interface Scored {
  readonly name: string;
  readonly text: string;
  readonly score: Score;
}

/** Writes how likely texts are to standard output. Returns the exit status. */
export async function score(files: readonly string[], options: ScoreCommandOptions): Promise<number> {
  const quiet = options.quiet === true;
  const { checkpoint, vocabulary } = openCheckpoint(options.checkpoint, quiet);
  const reader = new Reader(chooseKernel(options.kernel), checkpoint.model, checkpoint.parameters);
  const output = new Output();
  const write = writer(options, vocabulary, output);
  const ranked: Scored[] = [];
  let status: number = EXIT.done;
  let unknown = 0;
  for await (const batch of options.whole ? wholeTexts(files, reader, vocabulary) : lines(files, reader, vocabulary)) {
    for (const each of batch) {
      const { problem } = each.score;
      if (problem !== undefined) {
        complain(`${each.name}: ${problem}`);
        status = EXIT.failed;
      }
      unknown += each.score.unknown;
      if (options.rank === undefined) await write(each);
      else ranked.push(each);
    }
    await output.flush();
  }
  for (const each of ranked.sort(byLikelihood(options.rank))) await write(each);
  await output.flush();
  if (unknown > 0 && !quiet) remark(`${counted(unknown, 'symbol')} outside the vocabulary, scored as <unk>`);
  return status;
}

async function* lines(
  files: readonly string[],
  reader: Reader,
  vocabulary: Vocabulary,
): AsyncGenerator<readonly Scored[]> {
  for (const file of files) {
    for await (const batch of readLines(file)) {
      const texts = batch.map(({ text }) => text);
      const scores = scoreLines(reader, vocabulary, texts);
      yield batch.map(({ number, text = '' }, index) => {
        const name = files.length > 1 ? `${file}: line ${number}` : `line ${number}`;
        return { name, text, score: scores[index]! };
      });
    }
  }
}

async function* wholeTexts(
  files: readonly string[],
  reader: Reader,
  vocabulary: Vocabulary,
): AsyncGenerator<readonly Scored[]> {
  for (const file of files) {
    const score = scoreWhole(reader, vocabulary, await readText(file));
    yield [{ name: file, text: file, score }];
  }
}

/** Writes a text's score as the options want it. */
function writer(options: ScoreCommandOptions, vocabulary: Vocabulary, output: Output): (each: Scored) => Promise<void> {
  const surprisals = ({ losses }: Score) => Array.from(losses, (nats) => nats / Math.LN2);
  if (options.json) {
    return async ({ name, text, score }) => {
      const { logProbability, bitsPerCharacter, ids, unknown } = score;
      const symbols = ids.length;
      const bits = options.perChar ? { surprisals: surprisals(score) } : {};
      // JSON has no infinity: null stands for it.
      await output.json({ name, text, logProbability, bitsPerCharacter, symbols, unknown, ...bits });
    };
  }
  if (!options.perChar) {
    return async ({ text, score }) => {
      const { logProbability, bitsPerCharacter } = score;
      await output.line([fixed(logProbability), fixed(bitsPerCharacter), field(text)].join('\t'));
    };
  }
  const labels = (ids: ArrayLike<number>) => Array.from(ids, (id) => vocabulary.label(id));
  if (output.terminal && paint.level > 0) {
    let isFirst = true;
    return async ({ score }) => {
      if (isFirst) await output.line(legend());
      isFirst = false;
      await output.write(coloured(score.ids, surprisals(score), vocabulary, options.raw === true));
    };
  }
  return async ({ name, score }) => {
    const line = name.replace(/^line /u, '');
    const bits = surprisals(score);
    for (const [at, label] of labels(score.ids).entries()) {
      await output.line([field(line), at + 1, label, bits[at]!.toFixed(3)].join('\t'));
    }
  };
}

/** Most to least likely; of equals, the one that came first. */
function byLikelihood(by: ScoreCommandOptions['rank']): (a: Scored, b: Scored) => number {
  const goodness = ({ score }: Scored) => (by === 'bits' ? -score.bitsPerCharacter : score.logProbability);
  return (a, b) => {
    const [first, second] = [goodness(a), goodness(b)];
    return first === second ? 0 : second - first;
  };
}

/** As `sort -g` reads it. */
function fixed(value: number): string {
  if (Number.isFinite(value)) return value.toFixed(4);
  return value > 0 ? 'inf' : '-inf';
}
