/**
 * Measures the page in this machine's Chromium: when it is there, how long a pair takes from the drop to the measures,
 * and how long the page's own thread was held up meanwhile.
 * Usage: npm run bench:browser                                                  the built-in pair
 *        npm run bench:browser -- --fixed a.nii.gz --moving b.nii.gz [--levels none] [--model hippocampus]
 * With labels (--fixed-labels, --moving-labels) the Dice before and after is said too, and --elastix <folder>, in whose
 * node_modules @itk-wasm/elastix is, registers the same pair with that, in the same browser. --cores tells the page of
 * so many cores: it computes with a thread less.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { packageFile } from '../../src/file/packageFile.ts';
import { readLabels, readVolume } from '../../src/file/volumeFile.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { servePage } from '../../src/workflow/pageServer.ts';
import { startChromium } from '../../test/support/chromium.ts';
import { elastixInBrowser, type LabelledPair, NAMES } from './elastix.ts';

const file = { type: 'string' } as const;
const given = parseArgs({
  options: {
    fixed: file,
    moving: file,
    'fixed-labels': file,
    'moving-labels': file,
    levels: file,
    elastix: file,
    model: file,
    cores: file,
  },
}).values;

/** Milliseconds that a user takes at least to choose files, in which the page warms up. */
const CHOOSING = 3000;

const server = await servePage({ folder: packageFile('dist', 'web') });
const browser = await startChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(0);
  await page.addInitScript(NAMES);
  await page.addInitScript(watch);
  const { cores } = given;
  if (cores !== undefined)
    await page.addInitScript((count) => {
      Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { get: () => count });
    }, Number(cores));
  const begun = performance.now();
  await page.goto(server.address);
  await page.getByText('Align two scans').waitFor();
  console.log(`The page is there after ${Math.round(performance.now() - begun)} ms.`);
  await page.waitForTimeout(CHOOSING);
  await register(page);
  const { from, text, rows } = await page.evaluate(said);
  const held = await page.evaluate(longest, from);
  console.log(`${text}.`);
  for (const row of rows) console.log(row);
  console.log(
    `Longest task of the page's thread while it computed: ${held.task} ms; longest gap between frames: ${held.gap} ms.`,
  );
  await page.close();
  if (given.elastix !== undefined) {
    const other = await elastixInBrowser(browser, resolve(given.elastix), await labelledPair());
    console.log(
      `@itk-wasm/elastix, affine and B-splines: ${other.seconds.toFixed(1)} s, Dice ${other.dice.toFixed(4)}.`,
    );
  }
} finally {
  await browser.close();
  await server.close();
}

/** The pair that is registered, as arrays. */
async function labelledPair(): Promise<LabelledPair> {
  const { fixed, moving } = given;
  const [fixedLabels, movingLabels] = [given['fixed-labels'], given['moving-labels']];
  if (fixed === undefined || moving === undefined) {
    const [a, b] = [0, 1].map((index) => makePhantomCase({ seed: 7, index, size: [56, 64, 48] }));
    return { fixed: a!.image, moving: b!.image, fixedLabels: a!.labels, movingLabels: b!.labels };
  }
  if (fixedLabels === undefined || movingLabels === undefined)
    throw new Error('Give labels too: elastix is judged by Dice.');
  return {
    fixed: await readVolume(fixed),
    moving: await readVolume(moving),
    fixedLabels: await readLabels(fixedLabels),
    movingLabels: await readLabels(movingLabels),
  };
}

async function register(page: Page): Promise<void> {
  const { fixed, moving, levels, model } = given;
  if (fixed === undefined || moving === undefined) {
    await page.evaluate(() => performance.mark('drop'));
    await page.getByRole('button', { name: 'Try a built-in pair' }).click();
  } else {
    const all = [fixed, moving, given['fixed-labels'], given['moving-labels']];
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Choose files' }).first().click(),
    ]);
    await page.evaluate(() => performance.mark('drop'));
    await chooser.setFiles(all.filter((path) => path !== undefined));
  }
  if (levels !== undefined || model !== undefined) {
    await page.getByText('Change', { exact: true }).click();
    if (model !== undefined) await page.getByLabel('Model').selectOption(model);
    if (levels !== undefined) {
      await page.getByLabel('Levels').fill(levels);
      await page.getByLabel('Levels').blur();
    }
    // It may have ended meanwhile.
    const cancel = page.getByRole('button', { name: 'Cancel' });
    if (await cancel.isVisible()) await cancel.click({ timeout: 1000 }).catch(() => undefined);
    await page.evaluate(() => performance.mark('drop'));
    await page.getByRole('button', { name: 'Register again' }).click();
  }
  await page.getByText(/^Registered in/).waitFor();
}

/** Keeps how long tasks and frames take; runs in the page. */
function watch(): void {
  const kept = { tasks: [] as number[][], gaps: [] as number[][] };
  Object.assign(globalThis, { kept });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) kept.tasks.push([startTime, duration]);
  }).observe({ type: 'longtask', buffered: true });
  let last = performance.now();
  const tick = (now: number): void => {
    kept.gaps.push([last, now - last]);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

/** What the page says in the end; runs in the page. */
function said() {
  const from = performance.getEntriesByName('drop').at(-1)?.startTime ?? 0;
  const rows = [...document.querySelectorAll('.measures tbody tr')].map((row) =>
    [...row.children].map((cell) => cell.textContent?.trim()).join('  '),
  );
  const stage = document.querySelector('.stage-name')?.textContent ?? '';
  return {
    from,
    text: `${stage}; ${((performance.now() - from) / 1000).toFixed(1)} s from the drop`,
    rows: rows.slice(0, 4),
  };
}

/** The longest task and gap since a time; runs in the page. */
function longest(from: number): { readonly task: number; readonly gap: number } {
  const { kept } = globalThis as unknown as { kept: Record<'tasks' | 'gaps', readonly [number, number][]> };
  const most = (entries: readonly [number, number][]): number =>
    Math.round(Math.max(0, ...entries.filter(([at]) => at >= from).map(([, duration]) => duration)));
  return { task: most(kept.tasks), gap: most(kept.gaps) };
}
