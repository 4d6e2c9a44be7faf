import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judged } from '../../src/registration/judged.ts';
import { judgement } from '../../src/registration/judgement.ts';
import { PlannedRegistrar } from '../../src/registration/planned.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { hasChromium, startChromium, whyNoChromium } from '../support/chromium.ts';
import { TESTED } from '../support/tested.ts';
import { niftiFile, plainHost } from './support.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const [fixed, moving] = [0, 1].map(
  (index) => makePhantomCase({ seed: 5, index, size: [20, 24, 16], spacing: [2, 2, 2] }).image,
);
const pair = { fixed: fixed!, moving: moving! };

/** What the worker is made of, by the option that says where. */
const NAMES = {
  worker: 'earthmorph-worker.js',
  mjs: 'ort-wasm-simd-threaded.mjs',
  wasm: 'ort-wasm-simd-threaded.wasm',
} as const;

describe('the library in bundles for browsers', () => {
  let folder = '';
  let browser: Browser | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earthmorph-bundle-'));
    await mkdir(join(folder, 'node_modules'));
    await symlink(TESTED, join(folder, 'node_modules', 'earthmorph'), 'junction');
    await cp(examples, folder, { recursive: true });
    if (hasChromium) browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('esbuild takes the main entry without a word of Node', async () => {
    const { outputFiles, warnings } = await bundle({
      stdin: { contents: "export { register, decodeNifti } from 'earthmorph';", resolveDir: folder },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      splitting: false,
      write: false,
      outdir: folder,
    });
    expect(warnings).toEqual([]);
    const text = outputFiles.map((file) => file.text).join('\n');
    expect(text).not.toMatch(/onnxruntime-node|\.node["']/);
    expect(text).not.toMatch(/from ["']node:|import\(["']node:/);
  });

  it('Vite takes along one WebAssembly with the main entry, that of the processor, and nothing of Node', async () => {
    const [root, out] = [join(folder, 'main'), join(folder, 'main-built')];
    await mkdir(root);
    await writeFile(join(root, 'index.html'), '<script type="module" src="./main.ts"></script>');
    await writeFile(join(root, 'main.ts'), "import { register } from 'earthmorph'; document.title = register.name;");
    await build({ root, configFile: false, logLevel: 'error', build: { outDir: out, emptyOutDir: true } });
    const files = await readdir(join(out, 'assets'));
    const others = files.filter((name) => !name.endsWith('.js'));
    expect(others).toEqual([expect.stringMatching(/^ort-wasm-simd-threaded-[\w-]+\.wasm$/)]);
    for (const name of files.filter((each) => each.endsWith('.js')))
      expect(await readFile(join(out, 'assets', name), 'utf8'), name).not.toContain('onnxruntime-node');
  });

  describe.skipIf(!hasChromium)(`examples${whyNoChromium}`, () => {
    /** What Node comes to, in the words of the examples. */
    const expected = async (): Promise<string> => {
      const registration = await new PlannedRegistrar({ choices: { effort: 'fast' } }).register(pair);
      const { before, after } = judgement(judged(registration, pair));
      expect(after.correlation).toBeGreaterThan(before.correlation);
      return `Correlation ${before.correlation.toFixed(3)} → ${after.correlation.toFixed(3)}`;
    };

    /** What the page of a folder says of the pair. */
    const said = async (served: string): Promise<string> => {
      const host = await plainHost(served);
      const page = await (browser as Browser).newPage();
      try {
        page.setDefaultTimeout(0);
        const complaints: string[] = [];
        page.on('pageerror', (error) => complaints.push(error.message));
        await page.goto(host.address);
        await page
          .locator('input')
          .setInputFiles([await niftiFile('a.nii.gz', pair.fixed), await niftiFile('b.nii', pair.moving)]);
        await page.getByText(/^Correlation/).waitFor();
        expect(complaints).toEqual([]);
        return (await page.locator('output').textContent()) ?? '';
      } finally {
        await page.close();
        host.close();
      }
    };

    it('a page built with Vite registers as Node does, and takes along no more than it needs', async () => {
      const out = join(folder, 'built');
      await build({
        root: join(folder, 'browser-vite'),
        configFile: false,
        base: './',
        logLevel: 'error',
        build: { outDir: out, emptyOutDir: true },
      });
      const files = await readdir(join(out, 'assets'));
      expect(files.filter((name) => name.endsWith('.wasm'))).toHaveLength(1);
      expect(await said(out)).toBe(await expected());
    });

    it('a page built with esbuild registers as Node does, with the worker where it is told to be', async () => {
      const out = join(folder, 'esbuild');
      await cp(join(TESTED, 'dist', 'web', 'worker'), join(out, 'worker'), { recursive: true });
      const page = await readFile(join(folder, 'browser-vite', 'index.html'), 'utf8');
      await writeFile(join(out, 'index.html'), page.replace('main.ts', 'main.js'));
      const script = await readFile(join(folder, 'browser-vite', 'main.ts'), 'utf8');
      const at = (name: string): string => `${name}: './worker/${NAMES[name as keyof typeof NAMES]}'`;
      const given = `files: { ${Object.keys(NAMES).map(at).join(', ')} }, choices`;
      await bundle({
        stdin: { contents: script.replace('choices', given), resolveDir: folder, loader: 'ts' },
        bundle: true,
        format: 'esm',
        platform: 'browser',
        outfile: join(out, 'main.js'),
      });
      expect(await said(out)).toBe(await expected());
    });

    it('a page without a bundler registers as Node does', async () => {
      await cp(join(folder, 'browser-plain', 'index.html'), join(folder, 'index.html'));
      expect(await readFile(join(folder, 'index.html'), 'utf8')).toContain('registerInWorker');
      expect(await said(folder)).toBe(await expected());
    });

    it('a page without a bundler trains a network, goes on with it, and forgets it', async () => {
      const host = await plainHost(join(TESTED, 'dist'));
      const page = await (browser as Browser).newPage();
      try {
        page.setDefaultTimeout(0);
        await page.goto(new URL('web/index.html', host.address).href);
        // As text: Vitest would put functions of its own in the place of `import`.
        const [first, second, complaint] = await page.evaluate<
          [{ events: string[]; epochs: number; bytes: number }, { epochs: number; bytes: number }, string]
        >(`(async () => {
          const library = await import(${JSON.stringify(new URL('browser.js', host.address).href)});
          const data = { generator: 'phantom', settings: { cases: 12, size: [16, 16, 16], spacing: 3 } };
          const settings = { size: 16, pad: 16, epochs: 1, pairsPerEpoch: 1 };
          const events = new Set();
          const onEvent = ({ kind }) => events.add(kind);
          const trained = await library.trainInWorker('own', data, { settings, onEvent });
          const again = await library.trainInWorker('own', undefined);
          await library.forgetTraining('own');
          const gone = await library.trainInWorker('own', undefined).catch((error) => error.message);
          const lengths = ({ records, model }) => ({ epochs: records.length, bytes: model.length });
          return [{ events: [...events], ...lengths(trained) }, lengths(again), gone];
        })()`);
        expect(first.events).toEqual(['data', 'started', 'pair', 'step', 'epoch']);
        expect(first.epochs).toBe(1);
        expect(first.bytes).toBeGreaterThan(1000);
        expect(second).toEqual({ epochs: first.epochs, bytes: first.bytes });
        expect(complaint).toMatch(/no longer there/);
      } finally {
        await page.close();
        host.close();
      }
    });
  });
});
