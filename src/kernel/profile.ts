import type { Kernels } from './contract.ts';
import { PARTS } from './table/entry.ts';
import { ENTRIES } from './table.ts';
import type { CallTeam } from './team.ts';

/** Milliseconds that kernels take, by part of a training step, and milliseconds spent waiting for other threads. */
export class Profile {
  readonly milliseconds = new Map<string, number>([...PARTS, 'waiting'].map((part) => [part, 0]));

  /** The same kernels; every call adds its time to its part. */
  kernels(kernels: Kernels): Kernels {
    const timed: Record<string, unknown> = { ...kernels };
    for (const [name, { part }] of ENTRIES) {
      timed[name] = this.#timed(part, kernels[name] as (...call: never[]) => unknown);
    }
    return timed as unknown as Kernels;
  }

  /** The same team; the time at its barriers counts as waiting. */
  team(team: CallTeam): CallTeam {
    return { ...team, barrier: this.#timed('waiting', team.barrier) };
  }

  clear(): void {
    for (const part of this.milliseconds.keys()) this.milliseconds.set(part, 0);
  }

  #timed<Result>(part: string, run: (...call: never[]) => Result): (...call: never[]) => Result {
    return (...call) => {
      const start = performance.now();
      const result = run(...call);
      this.milliseconds.set(part, this.milliseconds.get(part)! + performance.now() - start);
      return result;
    };
  }
}
