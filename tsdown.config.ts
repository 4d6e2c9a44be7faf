import { defineConfig } from 'tsdown';
import { bundlePageScripts } from './tools/bundle-page-scripts.ts';

await bundlePageScripts();

export default defineConfig({
  entry: { index: 'src/index.ts', node: 'src/node.ts', cli: 'src/cli/main.ts' },
  format: 'esm',
  platform: 'neutral',
  target: 'node20',
  dts: { tsgo: false },
  clean: true,
  fixedExtension: false,
  deps: { neverBundle: [/^node:/, 'onnxruntime-web'] },
});
