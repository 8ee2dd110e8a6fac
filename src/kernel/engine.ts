import { UserError } from '../errors.ts';
import type { Arena } from './arena.ts';
import { checkedIfAsked } from './checked.ts';
import type { KernelChoice } from './choose.ts';
import type { Address, Kernels } from './contract.ts';
import { Pool, type Program, type ProgramModule } from './pool.ts';
import { referenceKernels } from './reference.ts';
import { SOLO } from './team.ts';
import { createControl } from './threads.ts';
import { createSharedMemory, SCRATCH_FLOATS, wasmKernels } from './wasm.ts';

/** Kernels over a fresh memory that has room for all that `arena` has planned. */
export function openKernels(choice: KernelChoice, arena: Arena): Kernels {
  return allocate(choice, arena, 1).kernels;
}

/** What a program is run with. `url` is where its compiled module lies, for the workers. */
export interface EngineOptions<Config> {
  readonly choice: KernelChoice;
  readonly threads: number;
  readonly program: ProgramModule<Config>;
  readonly url: string;
  readonly config: Config;
}

/** Runs a program's commands on one thread or on several over one memory. */
export class Engine<Config> {
  readonly kernels: Kernels;
  /** Why there are fewer threads than were asked for, where there are. */
  notice: string | undefined;
  readonly #options: EngineOptions<Config>;
  readonly #pool: Pool | undefined;
  /** For the program's commands, written before each. */
  readonly settings: Float64Array;
  #run: Program;
  #threads: number;

  private constructor(options: EngineOptions<Config>, kernels: Kernels, pool: Pool | undefined) {
    const control = pool?.control ?? createControl(1);
    this.kernels = kernels;
    this.settings = control.settings;
    this.#options = options;
    this.#pool = pool;
    this.#threads = control.size;
    this.#run = options.program.createProgram(options.config, kernels, pool?.team ?? SOLO, this.settings);
  }

  /** Allocates what `arena` has planned, and starts the threads; falls back to one where threads can't be had. */
  static async start<Config>(options: EngineOptions<Config>, arena: Arena): Promise<Engine<Config>> {
    const { choice, threads, url, config } = options;
    const { kernels, memory, scratch } = allocate(choice, arena, threads);
    if (threads === 1 || choice.name === 'js' || !choice.module || !memory) {
      return new Engine(options, kernels, undefined);
    }
    const plan = { kernel: choice.name, module: choice.module, memory, program: url, config };
    try {
      const pool = await Pool.start(scratch.slice(1).map((address) => ({ ...plan, scratch: address })));
      return new Engine(options, kernels, pool);
    } catch (error) {
      const engine = new Engine(options, kernels, undefined);
      engine.notice = `worker threads can't be started (${(error as Error).message}): going on with one thread`;
      return engine;
    }
  }

  /** Threads at work. */
  get threads(): number {
    return this.#threads;
  }

  /** Runs one command to its end. Throws ThreadFailure where a worker died; then await `continueAlone` and try again. */
  run(command: number): void {
    if (this.#threads > 1) this.#pool?.start(command);
    this.#run(command);
  }

  /** From now on, one thread does everything; the numbers stay the same. Ends the other threads, which may be at work in the memory still. */
  async continueAlone(): Promise<void> {
    await this.#pool?.close();
    const { program, config } = this.#options;
    this.notice = 'a worker thread died: going on with one thread';
    this.#threads = 1;
    this.#run = program.createProgram(config, this.kernels, SOLO, this.settings);
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}

interface Allocation {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory | undefined;
  readonly scratch: readonly Address[];
}

/** UserError where there is no such memory: WebAssembly addresses 4 GiB, and a machine may have less. */
function allocate(choice: KernelChoice, arena: Arena, threads: number): Allocation {
  try {
    return allocateUnchecked(choice, arena, threads);
  } catch (cause) {
    const need = `${(arena.bytes / 1e9).toFixed(1)} GB of memory can't be had (${(cause as Error).message})`;
    throw new UserError(`${need}; use fewer units, layers or members, or a smaller batch or window`, { cause });
  }
}

function allocateUnchecked(choice: KernelChoice, arena: Arena, threads: number): Allocation {
  if (choice.name === 'js' || !choice.module) {
    const buffer = new ArrayBuffer(arena.bytes);
    const views = { floats: new Float32Array(buffer), ints: new Int32Array(buffer) };
    return { kernels: checkedIfAsked(referenceKernels(views), arena), memory: undefined, scratch: [] };
  }
  const scratch = Array.from({ length: threads }, () => arena.float(SCRATCH_FLOATS));
  const memory = createSharedMemory(arena.bytes);
  const kernels = wasmKernels(choice.name, choice.module, memory, scratch[0] ?? 0);
  return { kernels: checkedIfAsked(kernels, arena), memory, scratch };
}
