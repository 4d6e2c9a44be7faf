import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ZSTDDecoder } from '@thewtex/zstddec';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
/** The build of ONNX Runtime that has WebAssembly alone: half the size, and no other device is used. */
const WASM_ONLY = 'onnxruntime-web/wasm';

/** The formats that ITK reads for the page (src/volume/itkLayout.ts). */
const ITK_FORMATS = ['gipl', 'mrc', 'vtk', 'hdf5'];

/** ITK's readers beside the worker that runs them, unpacked: a page with a strict policy has nothing to unpack them. */
const itkReaders: Plugin = {
  name: 'itk-readers',
  async generateBundle() {
    const decoder = new ZSTDDecoder();
    await decoder.init();
    for (const format of ITK_FORMATS) {
      const at = `../node_modules/@itk-wasm/image-io/dist/pipelines/${format}-read-image`;
      const read = (ending: string) => readFile(new URL(at + ending, import.meta.url));
      const put = (ending: string, source: Uint8Array) =>
        this.emitFile({ type: 'asset', fileName: `worker/${format}-read-image${ending}`, source });
      put('.js', await read('.js'));
      put('.wasm', decoder.decode(await read('.wasm.zst')));
    }
  },
};

/** What the heads of all pages hold: their policy above all. */
const sharedHead: Plugin = {
  name: 'shared-head',
  transformIndexHtml: {
    order: 'pre',
    handler: async (html) => html.replace('<!-- head.html -->', await readFile(join(root, 'head.html'), 'utf8')),
  },
};

/** The page as files that any host can serve, from any folder. */
export default defineConfig({
  root,
  base: './',
  publicDir: false,
  plugins: [itkReaders, sharedHead],
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
