/**
 * Pictures of every view of the page, at the widths of a screen and of a phone, in light and dark, to be looked at.
 * The scans are phantoms. Those in docs/images are taken from them.
 * Usage: npx tsx tools/page-pictures.ts <folder> [run …]      with folders of runs, the page that follows them too
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { packageFile } from '../src/file/packageFile.ts';
import { servePage } from '../src/workflow/pageServer.ts';
import { ServedRuns } from '../src/workflow/servedRuns.ts';
import { startChromium } from '../test/support/chromium.ts';

const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];
const SCHEMES = ['light', 'dark'] as const;

/** What is drawn meanwhile is there then, ms. */
const SETTLED = 600;

type Shot = (name: string) => Promise<void>;

const [folder = 'pictures', ...runs] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const server = await servePage({
  folder: packageFile('dist', 'web'),
  ...(runs.length > 0 ? { runs: new ServedRuns(runs) } : {}),
});
const browser = await startChromium();
try {
  for (const viewport of SIZES)
    for (const colorScheme of SCHEMES) {
      const at = `${viewport.width}-${colorScheme}`;
      const context = await browser.newContext({ viewport, colorScheme });
      const views = { index: registration, training, ...(runs.length > 0 ? { runs: following } : {}) };
      for (const [name, view] of Object.entries(views)) {
        const page = await context.newPage();
        page.setDefaultTimeout(0);
        page.on('pageerror', ({ message }) => console.error(`${at} ${name}: ${message}`));
        await page.goto(new URL(`/${name}.html`, server.address).href);
        await view(page, async (what) => {
          await page.waitForTimeout(SETTLED);
          await page.screenshot({ path: join(folder, `${name}-${what}-${at}.png`), fullPage: viewport.width < 600 });
        });
        await page.close();
      }
      await context.close();
    }
} finally {
  await browser.close();
  await server.close();
}

async function registration(page: Page, shot: Shot): Promise<void> {
  await page.getByText('Align two scans').waitFor();
  await shot('empty');
  await page.locator('.chip').click();
  await shot('engine');
  await page.locator('.chip').click();
  await page.getByRole('button', { name: 'Try a built-in pair' }).click();
  await page
    .getByText(/level 1 of/)
    .first()
    .waitFor();
  await shot('running');
  await page.getByText(/^Registered in/).waitFor();
  await shot('beside');
  await page.getByText('Change', { exact: true }).click();
  await shot('change');
  await page.getByText('Change', { exact: true }).click();
  await page.getByRole('button', { name: 'Keys' }).click();
  await shot('keys');
  await page.keyboard.press('Escape');
  await page.keyboard.press('2');
  await shot('compare');
  await page.keyboard.press('3');
  await page.waitForTimeout(3 * SETTLED);
  await shot('deformation');
  await page.keyboard.press('1');
  await page.keyboard.press('d');
  await page.waitForTimeout(10 * SETTLED);
  await shot('solid');
}

async function training(page: Page, shot: Shot): Promise<void> {
  await page.getByRole('button', { name: 'Choose a folder…' }).waitFor();
  await shot('empty');
  await page.getByText('Settings', { exact: true }).click();
  await shot('settings');
  await page.getByRole('button', { name: 'Run the phantom experiment' }).click();
  await page
    .getByText(/epoch 2 of/)
    .first()
    .waitFor();
  await shot('running');
  await page.getByRole('button', { name: 'Stop' }).click();
}

async function following(page: Page, shot: Shot): Promise<void> {
  await page.waitForTimeout(3 * SETTLED);
  await shot('curves');
}
