import { compiledUrl, type RunningWorker, startWorker } from '#host/workers';
import type { Address } from './contract.ts';
import type { CallTeam } from './team.ts';
import { type Control, createControl, isCommitted, startCall, stopThreads, teamOf } from './threads.ts';

/** Where worker threads start: a file of dist/. */
const WORKER = 'kernel/worker.js';

/** All that a worker thread needs. */
export interface WorkerPlan {
  readonly rank: number;
  readonly control: Control;
  readonly kernel: 'wasm128' | 'wasm256';
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly scratch: Address;
  /** The URL of the program's compiled module. */
  readonly program: string;
  readonly config: unknown;
}

/** Threads 1 … size − 1 of a team; the caller is rank 0. */
export class Pool {
  readonly control: Control;
  readonly team: CallTeam;
  readonly #workers: readonly RunningWorker[];

  private constructor(control: Control, workers: readonly RunningWorker[]) {
    this.control = control;
    this.team = teamOf(control, 0);
    this.#workers = workers;
  }

  /**
   * Starts a worker for each plan, and waits until all are ready to answer calls.
   *
   * @param inputs the most inputs that a call has
   */
  static async start(plans: readonly Omit<WorkerPlan, 'rank' | 'control'>[], inputs: number): Promise<Pool> {
    const control = createControl(plans.length + 1, inputs);
    const workers = plans.map((plan, index) => {
      const full: WorkerPlan = { ...plan, program: compiledUrl(plan.program), rank: index + 1, control };
      return startWorker(WORKER, full);
    });
    try {
      await Promise.all(workers.map(({ ready }) => ready));
    } catch (cause) {
      await Promise.all(workers.map((worker) => worker.terminate()));
      throw cause;
    }
    return new Pool(control, workers);
  }

  /** Starts a call in the workers; the caller runs its own share, and meets the workers at the program's barriers. */
  start(call: number): void {
    startCall(this.control, call);
  }

  /** Whether the call under way can't be repeated any more. */
  get committed(): boolean {
    return isCommitted(this.control);
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    stopThreads(this.control);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
