import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerPlan } from './pool.ts';
import { type Calls, type ProgramModule, readInputs } from './program.ts';
import { fail, serve, teamOf } from './threads.ts';
import { wasmKernels } from './wasm.ts';

/** A worker thread: makes its own instance of the kernels over the shared memory, loads the program, and answers calls. */
const { rank, control, kernel, module, memory, scratch, program, config } = workerData as WorkerPlan;
// However this thread ends, the other threads must not wait for it.
process.once('exit', () => fail(control));
try {
  const kernels = wasmKernels(kernel, module, memory, scratch);
  const { CALLS, createProgram } = (await import(program)) as ProgramModule<unknown, Calls>;
  const functions = createProgram(config, kernels, teamOf(control, rank));
  const answers = Object.entries(CALLS).map(
    ([name, { inputs }]) =>
      () =>
        functions[name]!(readInputs(inputs, control.inputs)),
  );
  parentPort?.postMessage('ready');
  serve(control, (call) => answers[call]!());
} catch (error) {
  fail(control);
  throw error;
}
