import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { phantoms } from '../../src/synthesis/phantom/phantomDataset.ts';
import { makeDataset } from '../../src/workflow/makeDataset.ts';
import { type PageServer, servePage } from '../../src/workflow/pageServer.ts';
import { ServedRuns } from '../../src/workflow/servedRuns.ts';
import { trainingRun } from '../../src/workflow/trainingRun.ts';
import { hasChromium, startChromium, whyNoChromium } from '../support/chromium.ts';
import { App, PAGE } from './support.ts';

const SETTINGS = { size: 16, pad: 32, encoder: [4, 8], decoder: [8, 4], remaining: [4], pairsPerEpoch: 2, epochs: 2 };

describe('runs that a page follows', () => {
  let folder = '';
  let browser: Browser | undefined;
  let server: PageServer | undefined;
  const out = (name: string): string => join(folder, 'runs', name);
  const train = (name: string, settings: Readonly<Record<string, unknown>> = {}, resume = false) =>
    trainingRun({
      out: out(name),
      data: join(folder, 'scans'),
      settings: resume ? settings : { ...SETTINGS, ...settings },
      resume,
      version: 'test',
    });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earthmorph-runs-'));
    await makeDataset(join(folder, 'scans'), phantoms, { cases: 12, seed: 2, size: [24, 28, 20], spacing: 2 });
    await train('a <b>loss');
    await train('mind', { loss: 'mind' });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are all that lie in a folder, with their records, and a picture of each validation pair', async () => {
    const runs = new ServedRuns([join(folder, 'runs')]);
    const list = await runs.list();
    expect(list.map(({ name, isFinished, records }) => [name, isFinished, records.length])).toEqual([
      [out('a <b>loss'), true, 2],
      [out('mind'), true, 2],
    ]);
    const picture = await runs.picture(1, 0);
    expect(picture.startsWith('<svg')).toBe(true);
    expect(picture).toMatch(/epoch \d/);
    await expect(runs.picture(1, 99)).rejects.toThrow(/no such validation pair/);
    await expect(runs.picture(9, 0)).rejects.toThrow(/no such run/);
  });

  describe.skipIf(!hasChromium)(`in a browser${whyNoChromium}`, () => {
    it('are compared, followed while they go on, and shown by a pair', async () => {
      browser = await startChromium();
      server = await servePage({ folder: PAGE, runs: new ServedRuns([out('a <b>loss'), out('mind')]) });
      const app = await App.open(browser, server.address);
      const { page } = app;
      const runs = page.getByRole('region', { name: 'Runs' });
      await runs.getByText('a <b>loss', { exact: true }).waitFor();
      await runs.getByText('mind', { exact: true }).waitFor();
      const charts = page.locator('svg.chart');
      // Two losses share no axis; what is measured of labels and folds does.
      expect(await charts.evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')))).toEqual(
        expect.arrayContaining([
          expect.stringContaining('Loss: mse'),
          expect.stringContaining('Loss: mind'),
          expect.stringContaining('Dice'),
        ]),
      );
      await runs.getByLabel('mind').uncheck();
      await page.locator('svg.chart[aria-label^="Loss: mse"]').waitFor();
      await train('a <b>loss', { epochs: 3 }, true);
      await runs.getByText(/epoch 3 of 3, finished/).waitFor();
      await page.getByRole('button', { name: 'Register a pair' }).click();
      const image = page.getByRole('img', { name: /moved scan of a validation pair/ });
      await image.waitFor();
      expect(
        await image.evaluate((element: HTMLImageElement) => element.decode().then(() => element.naturalWidth)),
      ).toBeGreaterThan(100);
      expect(await page.locator('b').count()).toBe(0);
      expect(app.complaints).toEqual([]);
      expect(app.requestsElsewhere()).toEqual([]);
    });
  });
});
