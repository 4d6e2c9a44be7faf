/**
 * What a training step of the paper's network, a registration with the shipped model and a refinement of 20 steps take
 * in this machine's Chromium (WebAssembly, with as many threads as cores and with one) beside Node, in turn.
 * Usage: npx tsx bench/browser/engine.ts
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { packageFile } from '../../src/file/packageFile.ts';
import { type Table, toMarkdown } from '../../src/report/page/table.ts';
import { startChromium } from '../../test/support/chromium.ts';
import { type EngineTimes, engineTimes } from './engineRun.ts';

const MODEL = 'hippocampus.onnx';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

const WORKER = 'engineWorker.js';
const WORK = `
import { engineTimes, useWasm } from '/engine.js';
onmessage = async ({ data: threads }) => {
  const address = (name) => new URL(name, location.href).href;
  await useWasm(threads, { mjs: address('/ort-wasm-simd-threaded.mjs'), wasm: address('/ort-wasm-simd-threaded.wasm') });
  const model = new Uint8Array(await (await fetch('/${MODEL}')).arrayBuffer());
  postMessage(await engineTimes(model, threads, false));
};
`;

const threads = availableParallelism();
const folder = await mkdtemp(join(tmpdir(), 'earthmorph-engine-'));
await build({
  configFile: false,
  logLevel: 'error',
  build: {
    outDir: folder,
    lib: {
      entry: fileURLToPath(new URL('engineRun.ts', import.meta.url)),
      formats: ['es'],
      fileName: () => 'engine.js',
    },
  },
});
await writeFile(join(folder, WORKER), WORK);
/** Files by their names: what was built, the runtime beside the page, the shipped models. */
const places = [folder, packageFile('dist', 'web', 'worker'), packageFile('models')];
const server = createServer(async (request, response) => {
  const name = (request.url ?? '/').slice(1);
  const found = await Promise.all(places.map((place) => readFile(join(place, name || '-')).catch(() => undefined)));
  const bytes = name === '' ? '<!doctype html><title>engine</title>' : found.find((file) => file !== undefined);
  response.writeHead(bytes === undefined ? 404 : 200, {
    'Content-Type': name === '' ? 'text/html' : (TYPES[extname(name)] ?? 'application/octet-stream'),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  });
  response.end(bytes);
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const browser = await startChromium();
try {
  const runs: (readonly [string, EngineTimes])[] = [
    ['Node', await engineTimes(await readFile(packageFile('models', MODEL)), threads, true)],
    [`Chromium, ${threads} threads`, await inChromium(threads)],
    ['Chromium, 1 thread', await inChromium(1)],
  ];
  const table: Table = {
    caption: `${cpus()[0]?.model}, ${threads} cores; Chromium ${browser.version()}`,
    columns: [
      { key: 'where', heading: 'where' },
      { key: 'block', heading: 'channels in a block', digits: 0 },
      ...Object.keys(runs[0]![1].steps).map((edge) => ({ key: edge, heading: `step, ${edge}`, unit: 'ms', digits: 0 })),
      { key: 'registration', heading: 'registration', unit: 'ms', digits: 0 },
      { key: 'refinement', heading: 'refinement', unit: 'ms', digits: 0 },
    ],
    rows: runs.map(([where, { steps, ...times }]) => ({ where, ...times, ...steps })),
  };
  console.log(toMarkdown(table));
} finally {
  await browser.close();
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
}

/** In a worker, as the page computes: its own thread could not sleep while it waits. */
async function inChromium(count: number): Promise<EngineTimes> {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(address);
  const times = await page.evaluate<EngineTimes>(`new Promise((resolve, reject) => {
    const worker = new Worker('/${WORKER}', { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(${count});
  })`);
  await page.close();
  return times;
}
