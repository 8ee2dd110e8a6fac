import { Worker } from 'node:worker_threads';

/** The compiled program. This path is right from src/ and from dist/. Workers run compiled code: Node 20 can't load TypeScript in a worker. */
const DIST = new URL('../../dist/', import.meta.url);

/** A thread beside this one. It does not keep the program alive. */
export interface RunningWorker {
  /** Resolves when the thread has posted its first message; rejects where it ends before that. */
  readonly ready: Promise<void>;
  terminate(): Promise<unknown>;
}

/**
 * The most that V8's space for new objects may take in each thread. Without a limit, V8 lets this space grow while the modules of the thread are
 * loaded, and keeps it. Later the thread makes hardly any objects.
 */
const YOUNG_GENERATION_MB = 1;

/** Starts a thread that runs a compiled file. `data` becomes its `workerData`. */
export function startWorker(file: string, data: unknown): RunningWorker {
  const worker = new Worker(new URL(compiledUrl(file)), {
    workerData: data,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a worker thread ended at its start with status ${code}`)));
  });
  return { ready: ready.then(() => worker.unref()), terminate: () => worker.terminate() };
}

/** The URL of a file that is named by its path in dist/, or by a URL. */
export function compiledUrl(file: string): string {
  return new URL(file, DIST).href;
}
