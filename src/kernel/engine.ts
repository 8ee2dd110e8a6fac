import { memoryBytes } from '#host/machine';
import { checkedIfAsked } from '#kernel/checks';
import { message, option, UserError } from '../errors.ts';
import type { Arena } from './arena.ts';
import type { KernelChoice } from './choose.ts';
import type { Address, Kernels } from './contract.ts';
import { Pool } from './pool.ts';
import { type Calls, type Inputs, type Outputs, type Program, type ProgramModule, writeInputs } from './program.ts';
import { referenceKernels } from './reference.ts';
import { type CallTeam, SOLO } from './team.ts';
import { ThreadFailure } from './threads.ts';
import { createMemory, SCRATCH_FLOATS, wasmKernels } from './wasm.ts';

/** Kernels over a fresh memory that has room for all that `arena` has planned. */
export function openKernels(choice: KernelChoice, arena: Arena): Kernels {
  return allocate(choice, arena, 1).kernels;
}

/** What a program is run with. `file` is its compiled module, for the workers: a path in dist/, or a URL. */
export interface EngineOptions<Config, C extends Calls> {
  readonly choice: KernelChoice;
  readonly threads: number;
  readonly program: ProgramModule<Config, C>;
  readonly file: string;
  readonly config: Config;
}

/** Answers a program's calls on one thread, or on several over one memory. */
export class Engine<C extends Calls> {
  readonly kernels: Kernels;
  /** Why there are fewer threads than were asked for, where there are. */
  notice: string | undefined;
  readonly #calls: C;
  /** The number by which the workers know each call. */
  readonly #numbers: ReadonlyMap<keyof C, number>;
  readonly #create: (team: CallTeam) => Program<C>;
  readonly #pool: Pool | undefined;
  #program: Program<C>;
  #threads: number;

  private constructor({ program, config }: EngineOptions<unknown, C>, kernels: Kernels, pool: Pool | undefined) {
    this.kernels = kernels;
    this.#calls = program.CALLS;
    this.#numbers = new Map(Object.keys(program.CALLS).map((name, number) => [name, number]));
    this.#create = (team) => program.createProgram(config, kernels, team);
    this.#pool = pool;
    this.#program = this.#create(pool?.team ?? SOLO);
    this.#threads = pool?.team.size ?? 1;
  }

  /** Allocates what `arena` has planned, and starts the threads. Where threads can't be started, one thread does everything. */
  static async start<Config, C extends Calls>(options: EngineOptions<Config, C>, arena: Arena): Promise<Engine<C>> {
    const { choice, threads, program, file, config } = options;
    const { kernels, memory, scratch } = allocate(choice, arena, threads);
    if (threads === 1 || choice.name === 'js' || !choice.module || !memory) {
      return new Engine<C>(options, kernels, undefined);
    }
    const plan = { kernel: choice.name, module: choice.module, memory, program: file, config };
    const plans = scratch.slice(1).map((address) => ({ ...plan, scratch: address }));
    const inputs = Math.max(0, ...Object.values(program.CALLS).map((call) => call.inputs.length));
    try {
      const pool = await Pool.start(plans, inputs);
      return new Engine<C>(options, kernels, pool);
    } catch (error) {
      const engine = new Engine<C>(options, kernels, undefined);
      engine.notice = `worker threads can't be started (${(error as Error).message}): going on with one thread`;
      return engine;
    }
  }

  /** Threads at work. */
  get threads(): number {
    return this.#threads;
  }

  /**
   * Runs one call to its end on all threads, and gives what it gave to main.
   *
   * Where a worker dies before the call is committed (`CallTeam.commit`), main runs the call again alone, with the same result: until
   * then a call writes only what it computes anew. Main does everything from then on, and `notice` says so. UserError where a worker
   * dies after that point.
   */
  async call<Name extends keyof C>(name: Name, inputs: Inputs<C[Name]>): Promise<Outputs<C[Name]>> {
    try {
      return this.#run(name, inputs);
    } catch (error) {
      if (!(error instanceof ThreadFailure)) throw error;
      if (this.#pool?.committed) {
        throw new UserError(
          message`a worker thread died in the middle of an update; start again, with ${option('threads')} 1 if it happens again`,
        );
      }
      await this.#continueAlone();
      return this.#run(name, inputs);
    }
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }

  #run<Name extends keyof C>(name: Name, inputs: Inputs<C[Name]>): Outputs<C[Name]> {
    if (this.#pool && this.#threads > 1) {
      writeInputs(this.#calls[name]!.inputs, inputs, this.#pool.control.inputs);
      this.#pool.start(this.#numbers.get(name)!);
    }
    return this.#program[name](inputs);
  }

  /** From now on, main does everything. Ends the other threads, which may still be at work in the memory. */
  async #continueAlone(): Promise<void> {
    await this.#pool?.close();
    this.notice = 'a worker thread died: going on with one thread';
    this.#threads = 1;
    this.#program = this.#create(SOLO);
  }
}

interface Allocation {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory | undefined;
  readonly scratch: readonly Address[];
}

function allocate(choice: KernelChoice, arena: Arena, threads: number): Allocation {
  return withinMemory(arena, () => allocateUnchecked(choice, arena, threads));
}

/**
 * Allocates what `arena` has planned. UserError where there is not so much memory: WebAssembly addresses 4 GiB, and a machine may have
 * less. A plan that is larger than the machine's memory is refused at once, because the system may grant it and end the process later.
 */
export function withinMemory<T>(arena: Arena, allocation: () => T): T {
  try {
    const most = memoryBytes();
    if (arena.bytes > most) throw new RangeError(`this machine has ${(most / 1e9).toFixed(1)} GB`);
    return allocation();
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
  const memory = createMemory(arena.bytes);
  const kernels = wasmKernels(choice.name, choice.module, memory, scratch[0] ?? 0);
  return { kernels: checkedIfAsked(kernels, arena), memory, scratch };
}
