import * as z from 'zod';
import { corpusSchema } from './options.ts';
import { Vocabulary } from './vocabulary.ts';

/** How a text is read: what `corpusSchema` has, and what only a program can give. */
export const corpusOptionsSchema = corpusSchema.safeExtend({
  vocabulary: z
    .custom<Vocabulary>((value) => value instanceof Vocabulary, 'must be a vocabulary')
    .optional()
    .describe('the vocabulary to read the text with, such as a checkpoint’s; it then decides unit and mode'),
  extend: z
    .boolean()
    .default(false)
    .describe('add the new symbols of the text to the vocabulary that is given, instead of refusing them'),
  leaveOutUnknown: z
    .boolean()
    .default(false)
    .describe('leave out the symbols that the vocabulary does not have, instead of refusing the text'),
});

/** The options with their defaults. */
export type CheckedOptions = z.output<typeof corpusOptionsSchema>;

export type CorpusOptions = Readonly<z.input<typeof corpusOptionsSchema>>;
