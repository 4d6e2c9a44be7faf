import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';

const path = (name: string): string => fileURLToPath(new URL(`../src/report/page/${name}`, import.meta.url));

/**
 * The module that holds the scripts of report pages as text. It is made before each build, and not under version
 * control.
 */
const PAGE_SCRIPTS = path('scripts.generated.ts');
/** A script's name there, and what it is bundled from. */
const ENTRIES = { VIEWER_SCRIPT: 'browser/viewer.ts', SORT_SCRIPT: 'browser/sortTables.ts' };

/** Bundles what runs in report pages, each script into one text without imports. */
export async function bundlePageScripts(): Promise<void> {
  const texts = await Promise.all(
    Object.entries(ENTRIES).map(
      async ([name, entry]) => `export const ${name} = ${JSON.stringify(await bundled(path(entry)))};\n`,
    ),
  );
  const content = `// Made by tools/bundle-page-scripts.ts from browser/.\n${texts.join('')}`;
  if (existsSync(PAGE_SCRIPTS) && readFileSync(PAGE_SCRIPTS, 'utf8') === content) return;
  // Others may read it at the same time.
  const written = `${PAGE_SCRIPTS}.${process.pid}`;
  writeFileSync(written, content);
  renameSync(written, PAGE_SCRIPTS);
}

async function bundled(entry: string): Promise<string> {
  const [bundle] = await build({
    config: false,
    entry,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    treeshake: { propertyReadSideEffects: false },
    dts: false,
    write: false,
    clean: false,
    logLevel: 'warn',
  });
  const [chunk, ...others] = bundle?.chunks ?? [];
  if (chunk?.type !== 'chunk' || others.length > 0) throw new Error(`${entry} is not bundled into one script.`);
  const code = chunk.code.trim();
  if (/<\/script|<!--/i.test(code)) throw new Error(`${entry} holds what ends or hides a script in a page.`);
  return code;
}
