import { defineConfig } from 'tsdown';
import { bundlePageScripts } from './tools/bundle-page-scripts.ts';

await bundlePageScripts();

export default defineConfig(({ outDir = 'dist' }) => ({
  entry: { index: 'src/index.ts', node: 'src/node.ts', browser: 'src/browser.ts', cli: 'src/cli/main.ts' },
  format: 'esm',
  platform: 'neutral',
  target: 'node20',
  dts: { tsgo: false },
  // The page has a build of its own.
  clean: [`${outDir}/*`, `!${outDir}/web`],
  fixedExtension: false,
  deps: { neverBundle: [/^node:/, '#onnxruntime'] },
}));
