import * as z from 'zod';
import { message, option } from '../errors.ts';
import { rule } from '../schema.ts';
import { type KnownTexts, LineSet } from '../text/line-set.ts';
import type { Layout } from '../text/mode.ts';
import { bytesSchema, textSchema } from '../text/options.ts';

const text = z.string().min(1);

const textOrBytes = z.union([text, bytesSchema.refine((given) => given.length > 0)]);

/** The most symbols of a completion where no length is given: of a stream, which has no end of its own, of a line, or of an example of several lines. */
type Lengths = Readonly<Record<Layout, number>>;

export const SAMPLE_LENGTHS: Lengths = { stream: 1000, lines: 200, records: 1000 };
/** The most symbols of a text that is kept in memory until it is done, and the most texts of which none may come twice. */
export const MOST_KEPT = { symbols: 10_000_000, texts: 10_000_000 };

/** The recent symbols, whose repetition is penalized. */
export const REPETITION_WINDOW = 64;

export const BEAM_LENGTHS: Lengths = { stream: 40, lines: 100, records: 100 };

function lengthField({ lines, records, stream }: Lengths, most: number) {
  return z
    .int()
    .min(1)
    .max(most)
    .optional()
    .describe(
      `the most symbols of a completion, its end included (default: ${lines} for lines, ${records} for examples of several lines, ${stream} for a stream)`,
    );
}

/** What completions must be like. The prefix and the end of a completion do not count. */
export const constraintSchema = z.strictObject({
  match: text.optional().describe('matched as a whole by this regular expression (JavaScript’s, flag u)'),
  allow: text
    .optional()
    .describe('made of these characters only, written as in the brackets of a regular expression: a-z, \\p{L}'),
  forbid: text.optional().describe('without any of these characters, written in the same way'),
  contains: z.array(textOrBytes).readonly().default([]).describe('with this text in them'),
  maxWords: z.int().min(0).max(1000).optional().describe('of at most so many words'),
  minLength: z.int().min(0).max(100_000).optional().describe('of at least so many symbols'),
  noRepeat: z.int().min(1).max(1000).optional().describe('no n symbols in a row occur twice, the prefix included'),
});

/** What sampling and beam search can both be told. */
const completionSchema = constraintSchema.extend({
  stop: z
    .array(textOrBytes)
    .readonly()
    .default([])
    .describe('a string that ends a completion and does not belong to it'),
  unknown: z
    .boolean()
    .default(false)
    .describe('allow <unk> in completions, where the model has it; it is printed as U+FFFD'),
});

/**
 * What sampling can be told. The library and the command line read this declaration. The filters apply in the order in which they stand
 * here, from `repetitionPenalty` to `typical`.
 */
export const sampleSchema = completionSchema.extend({
  prefix: textSchema.default('').describe('what each text begins with'),
  count: z.int().min(1).default(1).describe('how many texts'),
  length: lengthField(SAMPLE_LENGTHS, Number.MAX_SAFE_INTEGER),
  seed: z.union([z.string(), z.number()]).default('1').describe('the same seed gives the same texts'),
  unique: z.boolean().default(false).describe('no text twice'),
  known: z
    .custom<KnownTexts>((value) => value instanceof Set || value instanceof LineSet)
    .optional()
    .describe('must be a Set of texts, none of which is drawn'),
  repetitionPenalty: z
    .number()
    .positive()
    .max(1e6)
    .default(1)
    .describe('multiply the log-probability of recent symbols by this'),
  repetitionWindow: z.int().min(1).default(REPETITION_WINDOW).describe('the last n symbols are the recent ones'),
  temperature: z
    .number()
    .min(0)
    .default(1)
    .describe('below 1 safer, above 1 wilder; 0 always takes the likeliest symbol'),
  topK: z.int().min(1).optional().describe('keep the n likeliest symbols'),
  topP: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe('keep the fewest symbols, likeliest first, whose probabilities add up to this'),
  minP: z.number().min(0).max(1).optional().describe('keep symbols at least this times as likely as the likeliest'),
  typical: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe('keep the fewest symbols, most typical first, whose probabilities add up to this'),
});

/** What beam search can be told. */
export const beamSchema = completionSchema
  .extend({
    k: z.int().min(1).max(10_000).default(5).describe('hypotheses kept, finished ones included; 1 is greedy'),
    length: lengthField(BEAM_LENGTHS, 100_000),
    finished: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe(
        'N: how many finished hypotheses to look for; with more than k, those that finish give up their places (default: k)',
      ),
    lengthPenalty: z
      .number()
      .min(0)
      .default(1)
      .describe('a of the score (1/T^a) Σ log p: 1 is the mean log-probability, 0 the sum'),
    groups: z
      .int()
      .min(1)
      .max(10_000)
      .default(1)
      .describe('divide k into groups that avoid the symbols of the groups before them'),
    diversity: z
      .number()
      .min(0)
      .default(0.5)
      .describe('nats that a symbol costs for each time that a group before has just taken it'),
  })
  .superRefine(
    rule(({ k, groups }) => {
      if (k % groups === 0) return undefined;
      return message`${option('groups')} ${groups} doesn't divide ${option('k')} ${k}; give a k that is a multiple`;
    }),
  );

/** What beam search for the target of a source can be told. */
export const targetBeamSchema = beamSchema.safeExtend({
  prefix: textSchema.default('').describe('what each target begins with'),
});

/** What scoring can be told. */
export const scoreSchema = z.strictObject({
  whole: z.boolean().default(false).describe('score each file from end to end as one text'),
});

export type SampleRequest = z.input<typeof sampleSchema>;
export type BeamRequest = z.input<typeof beamSchema>;
export type TargetBeamRequest = z.input<typeof targetBeamSchema>;
export type ScoreRequest = z.input<typeof scoreSchema>;

/** A request without gaps: every default is filled in. */
export type FullSampleRequest = Readonly<z.output<typeof sampleSchema>>;
export type FullBeamRequest = Readonly<z.output<typeof beamSchema>>;
export type Constraints = Readonly<Partial<z.output<typeof constraintSchema>>>;
