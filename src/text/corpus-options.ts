import { Readable } from 'node:stream';
import * as z from 'zod';
import { corpusSchema } from './options.ts';
import { Vocabulary } from './vocabulary.ts';

/** Bytes read at once. So many cost little a piece, and their code points stay in the processor's cache. */
export const PIECE_BYTES = 1 << 18;

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
  stdin: z.instanceof(Readable).optional().describe('must be a stream, which - reads in the place of standard input'),
  pieceBytes: z.int().min(1).default(PIECE_BYTES).describe('bytes read at once'),
});

/** The options with their defaults. */
export type CheckedOptions = z.output<typeof corpusOptionsSchema>;

export type CorpusOptions = Readonly<z.input<typeof corpusOptionsSchema>>;
