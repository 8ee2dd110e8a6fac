import { parentPort, workerData } from 'node:worker_threads';
import type { ProgramModule, WorkerPlan } from './pool.ts';
import { fail, serve, teamOf } from './threads.ts';
import { wasmKernels } from './wasm.ts';

/** A worker thread: makes its own instance of the kernels over the shared memory, loads the program, and serves. */
const { rank, control, kernel, module, memory, scratch, program, config } = workerData as WorkerPlan;
// However this thread ends, the others must not wait for it.
process.once('exit', () => fail(control));
try {
  const kernels = wasmKernels(kernel, module, memory, scratch);
  const { createProgram } = (await import(program)) as ProgramModule<unknown>;
  const run = createProgram(config, kernels, teamOf(control, rank), control.settings);
  parentPort?.postMessage('ready');
  serve(control, run);
} catch (error) {
  fail(control);
  throw error;
}
