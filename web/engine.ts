import gpuMjs from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import gpuWasm from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { WorkerSettings } from '../src/browser/protocol.ts';
import { pageThreads } from '../src/browser/threads.ts';
import { WorkerClient } from '../src/browser/workerClient.ts';
import { chooseCard } from './graphicsCard.ts';

const threads = pageThreads();
const card = await chooseCard();

/** What computes, in words. */
export const engineText = `${'name' in card ? `${card.name}, ` : ''}WebAssembly, ${threads === 1 ? '1 thread' : `${threads} threads`}`;

/** Why there are not more threads; undefined where there are. */
export const engineNote = crossOriginIsolated
  ? undefined
  : 'This host does not isolate the page (headers COOP and COEP), so that it computes with one thread. earthmorph view uses all cores but one.';

/** Why that computes, a sentence each; what `engineNote` says is said beside it. */
export const engineReasons: readonly string[] = [
  card.why,
  ...(crossOriginIsolated
    ? ['The page is isolated from other origins, so that threads can work; one core draws the page.']
    : []),
];

const address = (path: string): string => new URL(path, document.baseURI).href;

const byProcessor = {
  start: () => new Worker(new URL('./computing.ts', import.meta.url), { type: 'module', name: 'earthmorph' }),
  settings: { threads, runtime: { mjs: address(mjs), wasm: address(wasm) } } satisfies WorkerSettings,
};

/**
 * Starts what computes. The runtime that knows WebGPU is loaded only where a card was chosen.
 * @param say told that the graphics card failed, in a sentence, and that the processor takes over
 */
export function startEngine(say: (sentence: string) => void): WorkerClient {
  if (!('name' in card)) return new WorkerClient(byProcessor.start, byProcessor.settings);
  return new WorkerClient(
    () => new Worker(new URL('./computingOnCard.ts', import.meta.url), { type: 'module', name: 'earthmorph' }),
    { threads, device: 'webgpu', runtime: { mjs: address(gpuMjs), wasm: address(gpuWasm) } },
    { ...byProcessor, say },
  );
}
