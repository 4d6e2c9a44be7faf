import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
/** The build of ONNX Runtime that has WebAssembly alone: half the size, and no other device is used. */
const WASM_ONLY = 'onnxruntime-web/wasm';

/** The page as files that any host can serve, from any folder. */
export default defineConfig({
  root,
  base: './',
  publicDir: false,
  // ONNX Runtime's own addresses are given to it, so that its WebAssembly is there once.
  resolve: {
    alias: [
      { find: /^(#onnxruntime|onnxruntime-web)$/, replacement: WASM_ONLY },
      // Codecs of a format that the viewer reads, and that it is not given here; 1.4 MB.
      { find: /^numcodecs\/.*$/, replacement: fileURLToPath(new URL('./empty.ts', import.meta.url)) },
    ],
    conditions: ['onnxruntime-web-use-extern-wasm', 'module', 'browser', 'production'],
  },
  // The worker and its files keep their names, since other people's pages use them too
  // (src/browser/registerInWorker.ts).
  worker: {
    format: 'es',
    rolldownOptions: {
      output: {
        entryFileNames: ({ name }) => (name === 'computing' ? 'worker/earthmorph-worker.js' : 'worker/[name].js'),
        codeSplitting: false,
      },
    },
  },
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
    rolldownOptions: {
      input: ['index.html', 'training.html', 'runs.html'].map((page) => fileURLToPath(new URL(page, import.meta.url))),
      output: {
        assetFileNames: ({ names: [name = ''] }) =>
          name.startsWith('ort-wasm')
            ? 'worker/[name][extname]'
            : name.endsWith('.onnx')
              ? 'models/[name][extname]'
              : 'assets/[name]-[hash][extname]',
      },
    },
  },
});
