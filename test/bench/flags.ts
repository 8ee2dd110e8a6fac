import { parseArgs } from 'node:util';

type Flags = Readonly<Record<string, string | boolean>>;
type Values<Given extends Flags> = { readonly [Name in keyof Given]: Given[Name] extends boolean ? boolean : string };

/** How often all is measured, and for how many seconds each time. */
export interface Repetition {
  readonly rounds: number;
  readonly seconds: number;
}

/**
 * The flags of a benchmark that measures in rounds: `--rounds` and `--seconds`, which are numbers above 0, and others, each with what it is where
 * it is not given.
 */
export function readFlags<Others extends Flags>(repetition: Repetition, others: Others): Repetition & Values<Others> {
  const defaults: Flags = { rounds: String(repetition.rounds), seconds: String(repetition.seconds), ...others };
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? { type: 'string' as const, default: value }
        : { type: 'boolean' as const, default: value },
    ]),
  );
  const { values } = parseArgs({ options });
  const [rounds, seconds] = [positive('rounds', values.rounds), positive('seconds', values.seconds)];
  return { ...(values as Values<Others>), rounds, seconds };
}

function positive(name: string, given: unknown): number {
  const value = Number(given);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new RangeError(`--${name} must be a number above 0, not ${given}`);
}
