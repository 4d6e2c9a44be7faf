import { defineConfig } from 'tsdown';
import { bundlePageScripts } from './tools/bundle-page-scripts.ts';

await bundlePageScripts();

export default defineConfig({
  entry: { index: 'src/index.ts', node: 'src/node.ts', cli: 'src/cli/main.ts' },
  format: 'esm',
  platform: 'neutral',
  target: 'node20',
  dts: { tsgo: false },
  // The page in dist/web has a build of its own.
  clean: ['dist/*', '!dist/web'],
  fixedExtension: false,
  deps: { neverBundle: [/^node:/, 'onnxruntime-web'] },
});
