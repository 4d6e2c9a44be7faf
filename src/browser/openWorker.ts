import { pageThreads } from './threads.ts';
import { WorkerClient } from './workerClient.ts';

/** Where the worker's files lie: those of `dist/web/worker` in the package. */
export interface WorkerFiles {
  readonly worker: string | URL;
  readonly mjs: string | URL;
  readonly wasm: string | URL;
}

/** How a page starts the worker. */
export interface WorkerOptions {
  /** Threads; all cores but one where the page is isolated from other origins (COOP and COEP), else 1. */
  readonly threads?: number;
  /** Where the worker's files are served; beside this module when left out. */
  readonly files?: WorkerFiles;
}

/** Beside the entry of which this is a part. Bundlers see these and take the files along. */
const BESIDE: WorkerFiles = {
  worker: new URL('./web/worker/earthmorph-worker.js', import.meta.url),
  mjs: new URL('./web/worker/ort-wasm-simd-threaded.mjs', import.meta.url),
  wasm: new URL('./web/worker/ort-wasm-simd-threaded.wasm', import.meta.url),
};

/** Starts the worker of the package. */
export function openWorker({ threads, files = BESIDE }: WorkerOptions): WorkerClient {
  const address = (file: string | URL): string => new URL(file, document.baseURI).href;
  return new WorkerClient(() => new Worker(address(files.worker), { type: 'module' }), {
    threads: threads ?? pageThreads(),
    runtime: { mjs: address(files.mjs), wasm: address(files.wasm) },
  });
}

/** Does something with a worker, which a signal ends at once. The worker goes on only where it is kept. */
export async function whileOpen<T>(
  client: WorkerClient,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const cancel = (): void => client.close();
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted) cancel();
  try {
    return await work();
  } catch (error) {
    client.close();
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}
