import { Worker } from 'node:worker_threads';
import type { Address, Kernels } from './contract.ts';
import type { Team } from './team.ts';
import { type Control, createControl, startCommand, stopThreads, teamOf } from './threads.ts';

/** Where worker threads start. They run compiled code always: Node 20 can't load TypeScript in a worker. */
const WORKER = new URL('../../dist/kernel/worker.js', import.meta.url);

/** Runs one command: every thread of the team runs the same, each on its share. */
export type Program = (command: number) => void;

/** What a program's module exports. `config` is the program's own affair; it is cloned into every worker. */
export interface ProgramModule<Config> {
  createProgram(config: Config, kernels: Kernels, team: Team, settings: Float64Array): Program;
}

/** All that a worker thread needs. */
export interface WorkerPlan {
  readonly rank: number;
  readonly control: Control;
  readonly kernel: 'wasm128' | 'wasm256';
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly scratch: Address;
  /** URL of the program's compiled module. */
  readonly program: string;
  readonly config: unknown;
}

/** Threads 1 … size − 1 of a team; the caller is rank 0. */
export class Pool {
  readonly control: Control;
  readonly team: Team;
  readonly #workers: readonly Worker[];

  private constructor(control: Control, workers: readonly Worker[]) {
    this.control = control;
    this.team = teamOf(control, 0);
    this.#workers = workers;
  }

  /** Starts a worker for each plan, and waits until all are ready to serve. */
  static async start(plans: readonly Omit<WorkerPlan, 'rank' | 'control'>[]): Promise<Pool> {
    const control = createControl(plans.length + 1);
    const workers = plans.map((plan, index) => {
      const workerData: WorkerPlan = { ...plan, rank: index + 1, control };
      return new Worker(WORKER, { workerData });
    });
    try {
      await Promise.all(workers.map(ready));
    } catch (cause) {
      await Promise.all(workers.map((worker) => worker.terminate()));
      throw cause;
    }
    for (const worker of workers) worker.unref();
    return new Pool(control, workers);
  }

  /** Starts `command` in the workers; the caller runs its own share, and meets them at the program's barriers. */
  start(command: number): void {
    startCommand(this.control, command);
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    stopThreads(this.control);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function ready(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a worker thread ended at its start with status ${code}`)));
  });
}
