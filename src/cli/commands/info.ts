import * as z from 'zod';
import type { Table } from '../../insight/table.ts';
import { factRows } from '../../library/facts.ts';
import { bestPoint } from '../../library/history.ts';
import type { ModelFacts } from '../../library/inspect.ts';
import { shareText } from '../../library/words.ts';
import { defineCommand } from '../command.ts';
import type { OpenOptions } from '../open.ts';
import { Output, paint } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { requireOneOf } from '../sources.ts';
import { countCell, namedFacts, titled } from '../tables.ts';

/** The most points of a history that are printed; --json has all. */
const POINTS = 12;

/** `rnn info`. */
export const command = defineCommand({
  schema: z.strictObject({
    checkpoint: OPTIONS.checkpoint,
    runtime: z
      .boolean()
      .default(false)
      .describe('show instead which kernels and how many threads this machine computes with'),
    json: OPTIONS.json.describe('print JSON'),
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': {
      checkpoint: FLAGS.checkpointArgument,
      runtime: '--runtime',
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
Examples:
  rnn info
  rnn info checkpoints/terms.json
  rnn info --json | jq .history
  rnn info --runtime`,
  async run(options) {
    requireOneOf(options, ['checkpoint', 'runtime']);
    const output = new Output();
    const facts = await (options.runtime ? runtimeFacts() : modelFacts(options));
    if (options.json) await output.json(facts);
    else await output.line(isModel(facts) ? text(facts) : namedFacts(Object.entries(facts)));
    await output.flush();
    return undefined;
  },
});

async function modelFacts(options: OpenOptions): Promise<ModelFacts> {
  const [{ openSaved }, { inspect }] = await Promise.all([import('../open.ts'), import('../../library/inspect.ts')]);
  return inspect(openSaved(options));
}

async function runtimeFacts(): Promise<Record<string, string | number>> {
  const [{ runtime }, { fasterNode }] = await Promise.all([
    import('../../library/runtime.ts'),
    import('../../library/faster-node.ts'),
  ]);
  const facts = runtime();
  const faster = fasterNode(String(facts.kernel));
  return { ...facts, ...(faster !== undefined && { faster }) };
}

function isModel(facts: object): facts is ModelFacts {
  return 'model' in facts;
}

function text(facts: ModelFacts): string {
  const tensors = facts.tensors.map(({ name, shape }): [string, string] => {
    const size = shape.reduce((product, length) => product * length, 1);
    return [name, `[${shape.join(', ')}]  ${countCell(size)}`];
  });
  return [
    namedFacts(factRows(facts)),
    `${paint.bold('tensors')}\n${namedFacts(tensors)}`,
    titled(historyTable(facts.history)),
  ].join('\n\n');
}

function historyTable(points: ModelFacts['history']): Table {
  const every = Math.ceil(points.length / POINTS);
  const best = bestPoint(points);
  const shown = points.filter((point, index) => (points.length - 1 - index) % every === 0 || point === best);
  const accuracies = points.some(({ accuracy }) => accuracy !== undefined);
  const right = accuracies ? ['right'] : [];
  return {
    title: 'history',
    header: ['step', 'epoch', 'training', 'validation', ...right, 'gradient', 'clipped', 'rate', ''],
    rows: shown.map((point) => {
      const { step, epoch, loss, validation, accuracy, gradientNorm, clipped, rate } = point;
      return [
        String(step),
        epoch.toFixed(2),
        loss.toFixed(4),
        validation?.toFixed(4),
        ...(accuracies ? [accuracy === undefined ? undefined : shareText(accuracy)] : []),
        gradientNorm.toPrecision(3),
        `${Math.round(100 * clipped)} %`,
        rate.toPrecision(2),
        validation !== undefined && point === best ? '* best' : '',
      ];
    }),
  };
}
