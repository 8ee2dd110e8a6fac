import * as z from 'zod';
import { defineCommand } from '../command.ts';
import { CONSTRAINT_FLAGS, CONSTRAINT_HELP, ESCAPE_HELP } from '../constraints.ts';
import { PROMPT_FLAGS, PROMPT_OPTIONS } from '../prompts.ts';
import { PREFIX_FLAG, printCompletions, SEARCH_FLAGS, searchOptions } from '../search.ts';
import { requireOneOf } from '../sources.ts';

/** `rnn beam`. */
export const command = defineCommand({
  schema: searchOptions.extend({
    ...PROMPT_OPTIONS,
    trace: z.boolean().default(false).describe('print every step first: which expansions are kept, saved and dropped'),
  }),
  flags: {
    '': {
      prefix: PREFIX_FLAG,
      ...PROMPT_FLAGS,
      ...SEARCH_FLAGS,
      trace: '--trace',
    },
    ...CONSTRAINT_FLAGS,
  },
  help: `
Prints, separated by tabs: the text, its score, its log-probability in nats, its
probability, and how it ended: stop (it is complete) or length (it was cut off
at T). On a terminal, prints a table instead.

With --prefix-file, prints for each line, in order: the prefix and its
completions, best first, separated by tabs; with --json, an object. A line that
can't be completed is named on standard error and gets no completions; the exit
status is then 1. With --prompt-file, the whole file is the prefix.

A model of pairs gives targets for sources: those of --source, or of each line
of a file or of standard input. For each line it prints the source and its
targets, best first, separated by tabs; with --scores, a line for each target:
source, target, log-probability, probability. --prefix is what every target
begins with. Labels are ranked exactly: of a classifier, and with --per-symbol
of each symbol of a tagger.

Completions are ordered by their score, the largest first. The score of a text
of T symbols is (1/T^a) Σ log p. With a = 1, the default, it is the mean
log-probability of a symbol, so a long text may stand above a shorter one that
is more probable; --length-penalty 0 orders by probability. A hypothesis that
has finished keeps its place among the k. The search ends when all have
finished, at T symbols, or when N have finished and no other can reach a better
score. Where N is more than k, hypotheses that finish give up their places: the
k best remaining ones go on, to T symbols or until N have finished. --stop may
be given several times.

${ESCAPE_HELP}
In tables of a pipe the same escapes stand for what would break a line into
fields.
${CONSTRAINT_HELP}

Examples:
  rnn beam --prefix d --k 5
  rnn beam --prefix d --k 1                     greedy
  rnn beam --prefix dee --k 20 | cut -f1        the texts only
  rnn beam --prefix "The " --stop . --k 3
  rnn beam --prefix d --k 2 --finished 10       until ten have finished
  rnn beam --prefix d --k 2 --length 4 --trace  each step: kept, saved, dropped
  rnn beam --prefix d --k 12 --groups 4 --diversity 1
  cut -f1 list | rnn beam --k 3 --prefix-file -
  cut -f1 pairs.tsv | rnn beam --count 1 -      source, tab, target
  echo Satoshi | rnn beam --scores -            the likeliest labels`,
  async run({ prefixFile, promptFile, trace, ...options }, context) {
    requireOneOf({ prefix: options.prefix, prefixFile, promptFile }, ['prefix', 'prefixFile', 'promptFile']);
    if (trace) requireOneOf({ trace, prefixFile }, ['trace', 'prefixFile']);
    return await printCompletions(options, { prefixFile, promptFile, trace }, context);
  },
});
