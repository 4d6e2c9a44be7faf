import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { pageThreads } from '../src/browser/threads.ts';
import { WorkerClient } from '../src/browser/workerClient.ts';

const threads = pageThreads();

/** What computes, in words. */
export const engineText = `WebAssembly, ${threads === 1 ? '1 thread' : `${threads} threads`}`;

/** Why there are not more threads; undefined where there are. */
export const engineNote = crossOriginIsolated
  ? undefined
  : 'This host does not isolate the page (headers COOP and COEP), so that it computes with one thread. earthmorph view uses all cores but one.';

/** Why it is not the graphics card that computes. */
export const engineReason =
  'The graphics card (WebGPU) is not used: registration is checked against the command line on the processor alone.';

/** Starts what computes. */
export function startEngine(): WorkerClient {
  const address = (path: string): string => new URL(path, document.baseURI).href;
  return new WorkerClient(
    () => new Worker(new URL('./computing.ts', import.meta.url), { type: 'module', name: 'earthmorph' }),
    { threads, runtime: { mjs: address(mjs), wasm: address(wasm) } },
  );
}
